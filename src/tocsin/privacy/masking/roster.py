"""A roster as one hash: a Merkle tree over its keys, so that a client can check its own part of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.privacy.masking.errors import SumRefused


@dataclass(frozen=True)
class Member:
    """One client of a roster with its key of this attempt (X25519, 32 bytes)."""

    client: int
    public: bytes

    @property
    def leaf(self) -> bytes:
        """Its hash in the tree."""
        return hashlib.sha256(b"\0" + self.client.to_bytes(4, "big") + self.public).digest()


class Tree:
    """The Merkle tree over the members in the order of their numbers; an odd last node moves up as it is."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._levels = [[member.leaf for member in members]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append(
                [_join(*below[i : i + 2]) if i + 1 < len(below) else below[i] for i in range(0, len(below), 2)]
            )

    @property
    def top(self) -> bytes:
        """The hash of everything."""
        return self._levels[-1][0]

    def path(self, index: int) -> tuple[bytes, ...]:
        """The hashes beside the way from a leaf to the top."""
        return tuple(
            level[(index >> depth) ^ 1]
            for depth, level in enumerate(self._levels[:-1])
            if (index >> depth) ^ 1 < len(level)
        )


def top_of(member: Member, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """The top of a tree of `count` leaves with `member` at `index`. Raises SumRefused for a path that does not fit."""
    node, beside = member.leaf, list(path)
    while count > 1:
        if index ^ 1 < count:
            if not beside:
                raise SumRefused("A roster's proof is too short; the roster was refused.")
            node = _join(beside.pop(0), node) if index & 1 else _join(node, beside.pop(0))
        index, count = index >> 1, (count + 1) >> 1
    if beside:
        raise SumRefused("A roster's proof is too long; the roster was refused.")
    return node


def roster_hash(terms: bytes, attempt: int, count: int, top: bytes) -> bytes:
    """The roster's hash (32 bytes): whose keys, for which sum, in which attempt, how many."""
    head = b"tocsin roster 1\0" + terms + attempt.to_bytes(4, "big") + count.to_bytes(4, "big")
    return hashlib.sha256(head + top).digest()


def graph_seed(roster: bytes) -> bytes:
    """The public seed of a roster's graph."""
    return hashlib.sha256(b"tocsin graph 1\0" + roster).digest()


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
