"""Masked sums over Flower messages, at both ends: one message to a client holds the requests of all its sums."""

import fcntl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.federation.job import Job
from tocsin.privacy import (
    ENROLMENT,
    MODEL,
    BudgetSpent,
    Enrolment,
    Ledger,
    Release,
    Row,
    Sum,
    SumClient,
    SumRefused,
    SumServer,
    Terms,
    Vector,
    enrol_here,
    identity_in,
    keep_secret,
    read_enrolment,
)
from tocsin.study import Study

LEDGER = "ledger.jsonl"
"""The privacy ledger, in a run's folder on the server."""

EVERYONE = "all"
"""The cohort of a study that has none."""

TermsOf = Callable[[str, bytes, str, int, bytes], Terms]
"""The terms of (channel, run, cohort, round, hash of the cohort's enrolment)."""

Sums = Mapping[str, Mapping[str, Sum | str]]
"""cohort -> channel -> the sum, or why there is none."""

Send = Callable[[Mapping[int, Mapping[str, bytes]]], Iterable[tuple[int, Mapping[str, bytes], Mapping[str, str]]]]
"""Send each client its requests, by channel; what comes back: (client, replies, refusals), again by channel."""


@dataclass(frozen=True)
class Membership:
    """Who is summed with whom: each cohort's own list of enrolled clients."""

    cohorts: Mapping[str, Enrolment]

    @classmethod
    def of(cls, study: Study, enrolment: Enrolment) -> "Membership":
        """Raises SumRefused for cohorts that cannot be summed apart."""
        if not study.privacy.cohorts:
            return cls({EVERYONE: enrolment})
        return cls(enrolment.cohorts(study.privacy.cohorts, fewest_summed(study)))

    def of_client(self, client: int) -> str:
        """The cohort of a client. Raises SumRefused for one that is not enrolled."""
        for name, enrolment in self.cohorts.items():
            if client in enrolment.keys:
                return name
        raise SumRefused(f"Client {client} is not enrolled.")


def fewest_summed(study: Study) -> int:
    """Fewer clients than this are never summed: a sum over one alone would be that client's tally. With cohorts each
    has its own sum, and the quorum of the round is over all of them."""
    return 2 if study.privacy.cohorts else max(2, study.federation.min_clients)


def enrol_all(job: Job) -> None:
    """Give all clients of a job an identity, where they are all on this machine."""
    if job.study.federation.superlink is None:
        enrol_here(job.home, {c: job.home / f"client-{c:04d}" for c in range(job.study.split.clients)})


def server_enrolment(study: Study, path: Path) -> Enrolment:
    """The list that the server goes by. Raises TocsinError unless it holds the study's clients and no others."""
    enrolment = read_enrolment(path)
    clients = study.split.clients
    if set(enrolment.keys) != set(range(clients)):
        raise TocsinError(
            f"The list of enrolled clients holds {len(enrolment.keys)} clients and split.clients = {clients}; "
            f"it needs the numbers 0 to {clients - 1}."
        )
    return enrolment


def server_sums(job: Job, release: Release) -> "ServerSums":
    """The server's part in a job's sums, with the ledger of the run where there is one."""
    ledger = Ledger(job.folder / LEDGER, release.plan) if release.plan is not None else None
    named = job.study.privacy.enrolment
    enrolment = server_enrolment(job.study, Path(named) if named else job.home / ENROLMENT)
    membership = Membership.of(job.study, enrolment)
    return ServerSums(membership, bytes.fromhex(job.run), job.folder / "sums", ledger)


class ClientSums:
    """One client's part in the masked sums of a run. What it must not forget is in its folder of that run, and read
    there for each message: the one before may have gone to another process."""

    def __init__(self, job: Job, client: int) -> None:
        """Raises TocsinError where this client has no identity, or no list of enrolled clients of its own."""
        membership = Membership.of(job.study, read_enrolment(job.enrolment()))
        self.cohort = membership.of_client(client)
        self._enrolment = membership.cohorts[self.cohort]
        self._run = bytes.fromhex(job.run)
        self._number, self._identity = client, identity_in(job.client_folder(client))
        self._state = job.run_folder(client) / "sums"
        self._client()  # what is wrong with the identity is said now

    def revealed(self, channel: str) -> int | None:
        """The round of the newest sum of a channel, where this client has unmasked in it; else None."""
        return self._client().revealed(self._run, channel)

    def _client(self) -> SumClient:
        """As it is on the disk."""
        state = self._state.read_bytes() if self._state.exists() else b""
        return SumClient(self._number, self._identity, self._enrolment, partial(keep_secret, self._state), state)

    @contextmanager
    def _alone(self) -> Iterator[SumClient]:
        """As it is on the disk, while no other process may change that."""
        self._state.parent.mkdir(parents=True, exist_ok=True)
        with self._state.with_name("sums.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file closes
            yield self._client()

    def answer(
        self,
        round_: int,
        requests: Mapping[str, bytes],
        terms: TermsOf,
        vector: Callable[[str, int], Vector],
    ) -> tuple[dict[str, bytes], dict[str, str]]:
        """Replies, and reasons where a request is refused, by channel. `vector(channel, clients)` is what this client
        adds in a roster of so many, with its share of the noise."""
        replies, refusals = {}, {}
        with self._alone() as client:
            for channel, request in requests.items():
                try:
                    agreed = terms(channel, self._run, self.cohort, round_, self._enrolment.hash)
                    replies[channel] = client.answer(request, agreed, partial(vector, channel))
                except KeyError:
                    refusals[channel] = "The study has no such channel."
                except TocsinError as reason:
                    refusals[channel] = str(reason)
        return replies, refusals


@dataclass
class _Open:
    """A sum that is under way."""

    server: SumServer
    row: Row | None = None
    spent: str | None = None

    @property
    def over(self) -> bool:
        return self.spent is not None or self.server.over

    @property
    def result(self) -> Sum | str:
        if self.spent is not None:
            return self.spent
        try:
            return Sum(self.server.total, self.server.roster)
        except SumRefused as reason:
            return str(reason)


@dataclass(frozen=True)
class ServerSums:
    """The server's part in all masked sums of a run. `ledger` is None where nothing is charged."""

    membership: Membership
    run: bytes
    folder: Path
    ledger: Ledger | None = None

    @property
    def ledger_head(self) -> str:
        """What stands for the ledger as it is; empty where there is none."""
        return self.ledger.head if self.ledger is not None else ""

    def ledger_rows(self, round_: int, channel: str) -> tuple[int, ...]:
        """The numbers of the rows of a channel in a round."""
        rows = self.ledger.rows if self.ledger is not None else ()
        return tuple(row.number for row in rows if (row.round, row.channel) == (round_, channel))

    def charge_training(self, round_: int, clients: int) -> None:
        """Write down what a round of private training costs, before it begins. Raises BudgetSpent."""
        if self.ledger is not None:
            self.ledger.settle(self.ledger.reserve(round_, 1, MODEL, clients, ""), "released")

    def collect(
        self, round_: int, clients: Collection[int], channels: Iterable[str], terms: TermsOf, send: Send
    ) -> tuple[Sums, dict[int, str]]:
        """The sums of a round over `clients`, and for each client whose part was not used the first reason.

        A server that was killed on the way, and asks again, goes on with the attempts that it had begun.
        """
        sums: dict[tuple[str, str], _Open] = {}
        of = {client: self.membership.of_client(client) for client in clients}
        for channel in channels:
            for cohort, enrolment in self.membership.cohorts.items():
                agreed = terms(channel, self.run, cohort, round_, enrolment.hash)
                asked = tuple(client for client in sorted(of) if of[client] == cohort)
                state = self.folder / f"{round_:04d}-{channel}-{cohort}"
                kept = state.read_bytes() if state.exists() else b""
                keep = partial(keep_secret, state)
                sums[cohort, channel] = _Open(SumServer(agreed, enrolment, keep, kept, asked))
        reasons: dict[int, str] = {}
        while under_way := {key: one for key, one in sums.items() if not one.over}:
            self._step(round_, under_way, send, reasons)
        for one in sums.values():
            self._settle(one)
        results: dict[str, dict[str, Sum | str]] = {cohort: {} for cohort in self.membership.cohorts}
        for (cohort, channel), one in sums.items():
            results[cohort][channel] = one.result
        return results, reasons

    def _step(
        self,
        round_: int,
        under_way: Mapping[tuple[str, str], _Open],
        send: Send,
        reasons: dict[int, str],
    ) -> None:
        requests: dict[int, dict[str, bytes]] = {}
        for (cohort, channel), one in under_way.items():
            if one.server.exposing:
                try:
                    self._reserve(round_, cohort, channel, one)
                except BudgetSpent as spent:
                    one.spent = str(spent)
                    continue
            for client, request in one.server.requests().items():
                requests.setdefault(client, {})[channel] = request
        for client, replies, refusals in send(requests):
            for channel, reason in refusals.items():
                reasons.setdefault(client, f"it refused its part in the sum of {channel}: {reason}")
            cohort = self.membership.of_client(client)  # a kept roster may have others than are asked for now
            for channel, reply in replies.items():
                if (mine := under_way.get((cohort, channel))) and (unused := mine.server.take(client, reply)):
                    reasons.setdefault(client, unused)
        for one in under_way.values():
            if one.spent is None:
                one.server.close()

    def _reserve(self, round_: int, cohort: str, channel: str, one: _Open) -> None:
        if self.ledger is None or channel not in self.ledger.plan.releases:
            return
        server = one.server
        if one.row is not None and one.row.attempt != server.attempt:
            self.ledger.settle(one.row, "failed")
        one.row = self.ledger.reserve(
            round_, server.attempt, channel, len(server.roster), server.roster_hash.hex(), cohort
        )

    def _settle(self, one: _Open) -> None:
        if self.ledger is not None and one.row is not None:
            self.ledger.settle(one.row, "failed" if isinstance(one.result, str) else "released")
