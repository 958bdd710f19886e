"""Who may take part: long-lived Ed25519 identities, and the list of those that are enrolled."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.privacy.masking.errors import SumRefused


class Identity:
    """One client's signing key. It never leaves the client; its public half is enrolled once, out of band."""

    def __init__(self, secret: bytes) -> None:
        """From the 32 bytes of `secret`."""
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    @classmethod
    def new(cls) -> "Identity":
        """A fresh one, from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def secret(self) -> bytes:
        """The 32 bytes to keep on the client's disk, for nobody else to read."""
        return self._key.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """The 32 bytes to enrol."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, statement: bytes) -> bytes:
        """64 bytes; the same for the same statement."""
        return self._key.sign(statement)


@dataclass(frozen=True)
class Enrolment:
    """Client number -> public identity, the same list at the server and at every client.

    Clients must get it from somewhere else than the server (with the study, signed or by hand): whoever
    writes this list decides who is summed with whom. Raises SumRefused for a list in which one identity
    stands twice (it would vote twice) or a key is no Ed25519 key.
    """

    keys: Mapping[int, bytes]

    def __post_init__(self) -> None:
        owners: dict[bytes, int] = {}
        for client, key in sorted(self.keys.items()):
            if not 0 <= client < 1 << 31:
                raise SumRefused(f"The enrolment has a client {client}; numbers begin at 0.")
            if key in owners:
                raise SumRefused(f"Clients {owners[key]} and {client} are enrolled with one identity; enrol each once.")
            owners[key] = client
            try:
                Ed25519PublicKey.from_public_bytes(key)
            except ValueError:
                raise SumRefused(f"Client {client} is enrolled with a key that is no Ed25519 key.") from None

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the list (32 bytes)."""
        entries = (client.to_bytes(4, "big") + key for client, key in sorted(self.keys.items()))
        return hashlib.sha256(b"tocsin enrolment 1\0" + b"".join(entries)).digest()

    def check(self, client: int, statement: bytes, signature: bytes) -> None:
        """Raises SumRefused unless `client` is enrolled and signed `statement`."""
        if client not in self.keys:
            raise SumRefused(f"Client {client} is not enrolled.")
        try:
            Ed25519PublicKey.from_public_bytes(self.keys[client]).verify(signature, statement)
        except InvalidSignature:
            raise SumRefused(f"Something in client {client}'s name is not signed by it.") from None

    def cohorts(self, members: Mapping[str, Collection[int]], minimum: int) -> dict[str, "Enrolment"]:
        """An enrolment for each cohort, to sum them apart.

        Cohorts may not overlap and each has at least `minimum` members; otherwise the difference of two sums would be
        a sum over fewer clients than that. For the same reason a total is the sum of the subtotals and never
        a masked sum of its own (a client refuses to be in two sums of one channel and round). Raises
        SumRefused for cohorts that cannot be summed apart.
        """
        seen: dict[int, str] = {}
        for name, clients in sorted(members.items()):
            for client in set(clients):
                if client not in self.keys:
                    raise SumRefused(f'Cohort "{name}" names client {client}, which is not enrolled.')
                if client in seen:
                    raise SumRefused(f'Client {client} is in the cohorts "{seen[client]}" and "{name}"; put it in one.')
                seen[client] = name
            if len(set(clients)) < minimum:
                raise SumRefused(f'Cohort "{name}" has {len(set(clients))} clients and the minimum is {minimum}.')
        return {name: Enrolment({c: self.keys[c] for c in set(clients)}) for name, clients in members.items()}
