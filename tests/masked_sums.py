"""A federation that sums under masks without a network: every client forgets all but its disk after each message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from tocsin.privacy.masking import Enrolment, Identity, SumClient, SumRefused, SumServer, Terms
from tocsin.privacy.masking.messages import Masked, Seed, decode

SIZE, LOW, HIGH = 4, -50, 1050


@cache
def identity(client: int) -> Identity:
    return Identity(client.to_bytes(32, "big"))


@cache
def enrolment(clients: int) -> Enrolment:
    return Enrolment({client: identity(client).public for client in range(clients)})


def terms(clients: int, **other: Any) -> Terms:
    plain: dict[str, Any] = {
        "run": b"r" * 16,
        "channel": "counts",
        "cohort": "",
        "round": 7,
        "schema": b"s" * 32,
        "enrolment": enrolment(clients).hash,
        "size": SIZE,
        "low": LOW,
        "high": HIGH,
        "minimum": 3,
    }
    return Terms(**{**plain, **other})


@dataclass
class Party:
    """One client: its disk, its own idea of the terms, and what it drew."""

    client: int
    enrolled: Enrolment
    terms: Terms
    disk: bytes = b""
    drawn: list[np.ndarray] = field(default_factory=list)
    seeds: list[bytes] = field(default_factory=list)  # rosters for which it gave its seed away
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))

    def answer(self, request: bytes) -> bytes:
        """A fresh process each time. Raises SumRefused where the client refuses."""
        client = SumClient(self.client, identity(self.client), self.enrolled, self._keep, self.disk)
        reply = client.answer(request, self.terms, self._draw)
        message = decode(reply)
        if isinstance(message, Masked):
            assert reply in self.disk, "a masked vector left before it was kept"
        if isinstance(message, Seed) and message.roster not in self.seeds:
            self.seeds.append(message.roster)
        return reply

    def _keep(self, state: bytes) -> None:
        self.disk = state

    def _draw(self, clients: int) -> np.ndarray:
        self.drawn.append(self.random.integers(LOW, HIGH + 1, self.terms.size))
        return self.drawn[-1]


def federation(clients: int, **other: Any) -> tuple[SumServer, dict[int, Party]]:
    return among(enrolment(clients), terms(clients, **other))


def among(enrolled: Enrolment, agreed: Terms) -> tuple[SumServer, dict[int, Party]]:
    parties = {c: Party(c, enrolled, agreed, random=np.random.default_rng(c)) for c in enrolled.keys}
    return SumServer(agreed, enrolled), parties


def step(
    server: SumServer,
    parties: dict[int, Party],
    gone: tuple[int, ...] = (),
    change: Callable[[int, bytes], bytes] | None = None,
) -> dict[int, str]:
    """One round of requests. Clients in `gone` do not answer. Returns why clients refused, or replies were not used."""
    why: dict[int, str] = {}
    for client, request in server.requests().items():
        if client in gone:
            continue
        try:
            reply = parties[client].answer(change(client, request) if change else request)
        except SumRefused as reason:
            why[client] = str(reason)
            continue
        if (unused := server.take(client, reply)) is not None:
            why[client] = unused
    server.close()
    return why


def right(server: SumServer, parties: dict[int, Party]) -> bool:
    """Whether the total is what those of the roster drew last."""
    return bool((server.total == sum(parties[client].drawn[-1] for client in server.roster)).all())
