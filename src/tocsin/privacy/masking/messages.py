"""The six messages of a masked sum, their only encoding, and what is signed in them.

server -> client    Call      these are the terms, this is the attempt
client -> server    Key       my key of this attempt, signed
server -> client    View      the roster's hash, and the keys of those you mask with
client -> server    Masked    my masked vector, and signed: I masked for this roster
server -> client    Unmask    that signature of everyone you mask with
client -> server    Seed      what takes my last mask off
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.masking.terms import MOST_ATTEMPTS, TERMS, Terms
from tocsin.privacy.masking.wire import Blob, Field, Fixed, Many, Number, Reader, Record

_MAGIC = b"TSUM\1"


@dataclass(frozen=True)
class Call:
    """The server asks for a key."""

    terms: Terms
    attempt: int


@dataclass(frozen=True)
class Key:
    """A client's X25519 key for one attempt. `terms` is the terms' digest, here and below."""

    terms: bytes
    attempt: int
    client: int
    public: bytes
    signature: bytes


@dataclass(frozen=True)
class Entry:
    """One place of a roster: whose it is, its key, and the path that proves it (empty where all are shown)."""

    index: int
    client: int
    public: bytes
    signature: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class View:
    """What a client sees of a roster of `count`: its own place and its neighbours', in order; or all of it."""

    terms: bytes
    attempt: int
    roster: bytes
    count: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Receipt:
    """Signed by a client: I masked for this roster, at this place; `payload` and `seed` are SHA-256 hashes."""

    index: int
    client: int
    payload: bytes
    seed: bytes
    signature: bytes


@dataclass(frozen=True)
class Masked:
    """A masked vector with its receipt."""

    terms: bytes
    attempt: int
    roster: bytes
    receipt: Receipt
    payload: bytes


@dataclass(frozen=True)
class Unmask:
    """The receipts of a client's neighbours, in order of their places."""

    terms: bytes
    attempt: int
    roster: bytes
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class Seed:
    """The seed of a client's own mask."""

    terms: bytes
    attempt: int
    roster: bytes
    client: int
    seed: bytes
    signature: bytes


Message = Call | Key | View | Masked | Unmask | Seed

_HASH, _SIGNATURE, _INDEX = Fixed(32), Fixed(64), Number()
_ATTEMPT = Number(1, MOST_ATTEMPTS)
ENTRY = Record(
    Entry,
    {"index": _INDEX, "client": _INDEX, "public": _HASH, "signature": _SIGNATURE, "path": Many(_HASH)},
)
RECEIPT = Record(Receipt, {"index": _INDEX, "client": _INDEX, "payload": _HASH, "seed": _HASH, "signature": _SIGNATURE})
_WHICH: Mapping[str, Field[Any]] = {"terms": _HASH, "attempt": _ATTEMPT}
_KINDS: Mapping[int, Record[Any]] = {
    1: Record(Call, {"terms": TERMS, "attempt": _ATTEMPT}),
    2: Record(Key, {**_WHICH, "client": _INDEX, "public": _HASH, "signature": _SIGNATURE}),
    3: Record(View, {**_WHICH, "roster": _HASH, "count": Number(1), "entries": Many(ENTRY)}),
    4: Record(Masked, {**_WHICH, "roster": _HASH, "receipt": RECEIPT, "payload": Blob()}),
    5: Record(Unmask, {**_WHICH, "roster": _HASH, "receipts": Many(RECEIPT)}),
    6: Record(Seed, {**_WHICH, "roster": _HASH, "client": _INDEX, "seed": _HASH, "signature": _SIGNATURE}),
}
_NUMBERS = {record.make: kind for kind, record in _KINDS.items()}


def encode(message: Message) -> bytes:
    """The message's only encoding."""
    kind = _NUMBERS[type(message)]
    return _MAGIC + bytes([kind]) + _KINDS[kind].write(message)


def decode(data: bytes) -> Message:
    """The message. Raises SumRefused, with one sentence, for anything that `encode` does not make."""
    reader = Reader(data)
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise SumRefused("These bytes are no message of a masked sum of this version; they were ignored.")
    (kind,) = reader.take(1)
    if kind not in _KINDS:
        raise SumRefused(f"A masked sum has no message of kind {kind}; it was ignored.")
    message: Message = _KINDS[kind].read(reader)
    reader.end()
    return message


def is_vector(reply: bytes) -> bool:
    """Whether a client's reply holds its masked vector: the others hold keys and seeds."""
    return isinstance(decode(reply), Masked)


def asks_for_seed(request: bytes) -> bool:
    """Whether a server's request is the last one of an attempt, to unmask."""
    return isinstance(decode(request), Unmask)


def key_statement(terms: bytes, attempt: int, client: int, public: bytes) -> bytes:
    """What a client signs with its key."""
    return b"tocsin key 1\0" + terms + _numbers(attempt, client) + public


def receipt_statement(terms: bytes, attempt: int, roster: bytes, receipt: Receipt) -> bytes:
    """What a client signs with its masked vector."""
    where = _numbers(attempt, receipt.client, receipt.index)
    return b"tocsin masked 1\0" + terms + roster + where + receipt.payload + receipt.seed


def seed_statement(terms: bytes, attempt: int, roster: bytes, client: int, seed: bytes) -> bytes:
    """What a client signs with its seed."""
    return b"tocsin seed 1\0" + terms + roster + _numbers(attempt, client) + seed


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def _numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)
