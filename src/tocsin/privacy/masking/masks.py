"""The masks: X25519 -> HKDF-SHA256 -> ChaCha20 -> words; and the entries that tell whether they all came off."""

from collections.abc import Iterable

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.masking.modulus import Modulus, Words
from tocsin.privacy.masking.terms import Terms
from tocsin.privacy.masking.wire import Text

_CHECK_BYTES = 8


def checks(modulus: Modulus) -> int:
    """Entries at a masked vector's end in which each client sends 1.

    Their sums are the roster's size where every mask came off, and random where one did not: a wrong sum passes
    with probability 2^-64.
    """
    return -(-_CHECK_BYTES // modulus.width)


def pair_key(
    own: X25519PrivateKey, other: bytes, terms: Terms, attempt: int, roster: bytes, pair: Iterable[int]
) -> bytes:
    """The key that two clients share and nobody else has (32 bytes), for one attempt at one sum over one roster.

    `pair` are both client numbers. Everything that must not be mixed up is in HKDF's `info`: run, round, attempt,
    the roster's and the schema's hash, and with the terms' digest all the rest. Raises SumRefused for a key of
    small order.
    """
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:
        raise SumRefused("A key of the roster gives no shared secret; the roster was refused.") from None
    first, second = sorted(pair)
    numbers = b"".join(n.to_bytes(4, "big") for n in (terms.round, attempt, first, second))
    info = b"tocsin pair 1\0" + terms.run + numbers + roster + terms.schema + terms.digest
    # The channel and cohort are of varied length; the digest has them, these make the plain text of `info` readable.
    info += Text().write(terms.channel) + Text().write(terms.cohort)
    return HKDF(hashes.SHA256(), 32, None, info).derive(shared)


def stream(key: bytes, size: int, modulus: Modulus) -> Words:
    """`size` words of ChaCha20 under a key that is used for nothing else."""
    kind = np.dtype(modulus.words).newbyteorder("<")
    data = Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor().update(bytes(size * kind.itemsize))
    words: Words = np.frombuffer(data, kind).astype(modulus.words, copy=False)
    return words
