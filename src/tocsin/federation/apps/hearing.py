"""The server's side of the alarm on somebody else's app: what is asked along, summed, and heard, round by round."""

import logging
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flwr.app import Message
from flwr.serverapp import Grid

from tocsin.alarm import Diagnosis
from tocsin.errors import TocsinError
from tocsin.federation.apps import settings, wire
from tocsin.federation.apps.wire import Ask
from tocsin.federation.bell import bell_of, diagnosis
from tocsin.federation.disclosure import release_of
from tocsin.federation.sum_exchange import SumExchange
from tocsin.federation.summing import Sums, enrol_all, server_sums
from tocsin.federation.told import measures_of, read_sums, spreads_of, unknown_of
from tocsin.federation.watching import streams_of
from tocsin.records import Refusal, RoundRecord
from tocsin.study import Study

RECORD = "alarm.jsonl"
"""What was heard, in the server's folder of a run: a line for each round, `records.RoundRecord` as JSON."""

log = logging.getLogger("tocsin")


@dataclass
class _Round:
    """See `sum_exchange.Noted`."""

    number: int
    clients: dict[int, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    down: int = 0
    up: int = 0


class Hearing:
    """One run of an app, heard.

    What is wrong with the study is raised before the run. What goes wrong in it leaves a round unknown, is logged and
    recorded, and does not stop the app.
    """

    def __init__(self, study: Study, digest: str, folder: Path) -> None:
        self._study, self._digest = study, digest
        self._run = secrets.token_hex(16)
        self.folder = folder.resolve() / f"{study.name}-{self._run[:8]}"
        self.folder.mkdir(parents=True)
        job = settings.job(study, self._run, self.folder)
        if study.privacy.enrolment is None:
            enrol_all(job)  # a simulation: all clients are on this machine
        self._release = release_of(study, settings.schema(study), self.folder, streams_of(study))
        self._sums = server_sums(job, self._release)
        self._bell = bell_of(study, self._release, ())
        self._number = 0
        self.records: list[RoundRecord] = []

    @property
    def diagnosis(self) -> Diagnosis:
        """What the rounds so far say."""
        found = diagnosis(self._study, self.records)
        assert found is not None  # `settings.load` has seen to an [alarm]
        return found

    def ask(self, sent: Sequence[Message]) -> None:
        """Begin a round: ask along with the app's train messages. Rounds that the study does not plan are not heard."""
        self._number += 1
        if self._number > self._study.training.rounds:
            log.warning("Round %d is not watched: the study has %d.", self._number, self._study.training.rounds)
            return
        for message in sent:
            wire.ask_along(message, self._asked)

    @property
    def _asked(self) -> Ask:
        return Ask(self._run, self._number, self._digest)

    def hear(self, grid: Grid, replies: Iterable[Message]) -> None:
        """End a round: take what was told along out of the app's `replies`, sum under masks, and keep the record."""
        now = _Round(self._number)
        for reply in replies:
            self._take(reply, now)
        if now.number > self._study.training.rounds:
            return
        known = {one.mode for one in self.diagnosis.failing}
        began = time.perf_counter()
        sums = self._summed(grid, now)
        read = read_sums(self._release, sums)
        rows = self._sums.ledger_rows(now.number, "trips")
        record = RoundRecord(
            round=now.number,
            asked=tuple(sorted(c for c in {*now.clients, *now.refused} if c >= 0)),
            answered=tuple(sorted(now.clients)),
            refused=tuple(Refusal(client=c, reason=r) for c, r in sorted(now.refused.items())),
            measures=tuple(measures_of(read)),
            spreads=spreads_of(read),
            unknown=unknown_of(read),
            trips=self._bell.hear(read, rows) if self._bell is not None else (),
            seconds={"tallies": time.perf_counter() - began},
            bytes_down=now.down,
            bytes_up=now.up,
            protection=self._release.protection,
            ledger=self._sums.ledger_head,
        )
        self.records.append(record)
        self._keep()
        for client, why in sorted(now.refused.items()):
            log.warning("Round %d, client %d is not heard: %s.", now.number, client, why.rstrip("."))
        for one in self.diagnosis.failing:
            if one.mode not in known:
                log.warning("ALARM: %s.", one.sentence())

    def _take(self, reply: Message, now: _Round) -> None:
        told = wire.take_told(reply)
        if reply.has_error():
            return  # the app's own affair
        node = reply.metadata.src_node_id
        if told is None:
            now.refused.setdefault(-1, f"node {node} sent nothing for the alarm; add the mod to its ClientApp")
        elif told.failure:
            now.refused[told.client] = told.failure
        elif not 0 <= told.client < self._study.split.clients:
            now.refused[-1] = f"node {node} says that it is client {told.client}"
        elif told.client in now.clients:
            now.refused[-1] = f"node {node} says that it is client {told.client}, and so does another"
        else:
            now.clients[told.client] = node

    def _summed(self, grid: Grid, now: _Round) -> Sums:
        timeout = self._study.federation.client_timeout

        def request(node: int, requests: Mapping[str, bytes]) -> Message:
            return wire.sum_request(node, self._asked, requests, timeout)

        send = SumExchange(grid, now.clients, request, lambda clients: timeout, now)
        channels = self._release.channels(now.number)
        try:
            sums, reasons = self._sums.collect(now.number, sorted(now.clients), channels, self._release.terms, send)
        except (TocsinError, OSError) as error:
            log.error("Round %d could not be summed: %s", now.number, error)
            return {cohort: dict.fromkeys(channels, str(error)) for cohort in self._sums.membership.cohorts}
        for client, why in reasons.items():
            now.refused.setdefault(client, why)
        return sums

    def _keep(self) -> None:
        draft = self.folder / f".{RECORD}"
        draft.write_text("".join(f"{record.model_dump_json()}\n" for record in self.records), encoding="utf-8")
        draft.replace(self.folder / RECORD)
