"""The round loop: ours, on any Grid, because Flower's strategies have no hook between rounds."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from flwr.app import Message
from flwr.serverapp import Grid

from tocsin.errors import FederationError
from tocsin.federation import flower, guards, messages, secure_updates, surveying
from tocsin.federation.aggregation import Aggregation
from tocsin.federation.bell import Bell
from tocsin.federation.checkpoint import Checkpoint, Checkpoints
from tocsin.federation.exchange import exchange
from tocsin.federation.guards import Refused
from tocsin.federation.messages import Arrays, Task, Update
from tocsin.federation.roster import Roster
from tocsin.federation.secure_updates import UpdateSum
from tocsin.federation.sum_exchange import SumExchange
from tocsin.federation.summing import Send, ServerSums, fewest_summed
from tocsin.federation.told import measures_of, read_sums, spreads_of, unknown_of
from tocsin.privacy import Decoded, Release
from tocsin.records import NO_ANSWER, Measure, Refusal, RoundRecord, Surveyed
from tocsin.study import Study

Listener = Callable[[str, dict[str, Any]], None]
"""Told what happens: (kind, detail). Kinds: joined, round, client, retry, mending, measuring, finished."""


Mend = Callable[[int, Arrays, Arrays], tuple[Arrays, tuple[str, ...]]]
"""(round, adapter of the round before, aggregated one) -> the adapter that goes on, and what was done."""


@dataclass(frozen=True)
class Plan:
    """What the server brings to the rounds.

    `measure(round, arrays)` measures the global adapter; round 0 is the start. `patience(n)` is how many
    seconds the server waits for the answers of n clients. `bell(records)` is the alarm as those rounds left it, if
    the study has one.
    """

    study: Study
    start: Arrays
    fingerprint: str
    aggregation: Aggregation
    release: Release
    sums: ServerSums
    measure: Callable[[int, Arrays], Sequence[Measure]]
    patience: Callable[[int], float]
    mend: Mend | None = None
    bell: Callable[[Sequence[RoundRecord]], Bell | None] = lambda records: None


@dataclass
class _Round:
    """What has come in of one round so far. With `sum` the updates are masked, and those of `updates` are empty."""

    number: int
    sum: UpdateSum | None = None
    updates: dict[int, Update] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    attempts: int = 0
    down: int = 0
    up: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def run_rounds(grid: Grid, plan: Plan, checkpoints: Checkpoints, tell: Listener) -> None:
    """Run all rounds that have no checkpoint yet; each finished one is told as ("finished", {"record": ...}).

    Raises FederationError when too few clients are there, or too few of their updates are good.
    """
    arrays: Arrays = plan.start
    kept = checkpoints.rounds()
    if kept:
        last = checkpoints.read(kept[-1])
        arrays = last.arrays
        plan.aggregation.restore(last.state)
        if plan.sums.ledger is not None:
            plan.sums.ledger.check(last.record.ledger)
    else:
        _keep(plan, checkpoints, _start_record(plan, tell), arrays, tell)
    bell = plan.bell([checkpoints.read(number).record for number in kept])
    roster = Roster(grid, plan.study, plan.fingerprint, plan.release.schema.hash)
    wanted = plan.study.split.clients
    for number in range((kept[-1] if kept else 0) + 1, plan.study.training.rounds + 1):
        # Wait for all once; later for whoever it takes, since a client may be gone for good.
        roster.wait(wanted, lambda here, of: tell("joined", {"here": here, "of": of}))
        wanted = plan.study.federation.min_clients
        arrays, record = _one_round(grid, plan, number, arrays, roster, bell, tell)
        _keep(plan, checkpoints, record, arrays, tell)


def run_survey(grid: Grid, plan: Plan, tell: Listener) -> None:
    """The study's survey and no round; told as ("surveyed", {"record": ...}), a record with nothing but it."""
    roster = Roster(grid, plan.study, plan.fingerprint, plan.release.schema.hash)
    roster.wait(plan.study.split.clients, lambda here, of: tell("joined", {"here": here, "of": of}))
    now = _Round(1)
    survey = _survey(grid, plan, now, roster, tell)
    refused = tuple(Refusal(client=c, reason=r) for c, r in sorted(now.refused.items()))
    tell("surveyed", {"record": RoundRecord(round=1, survey=survey, refused=refused)})


def _keep(plan: Plan, checkpoints: Checkpoints, record: RoundRecord, arrays: Arrays, tell: Listener) -> None:
    checkpoints.write(Checkpoint(record, dict(arrays), plan.aggregation.state()))
    tell("finished", {"record": record})


def _start_record(plan: Plan, tell: Listener) -> RoundRecord:
    tell("measuring", {"round": 0})
    began = time.perf_counter()
    measures = tuple(plan.measure(0, plan.start))
    seconds = {"server probes": time.perf_counter() - began}
    return RoundRecord(round=0, measures=measures, seconds=seconds, ledger=plan.sums.ledger_head)


def _one_round(
    grid: Grid, plan: Plan, number: int, arrays: Arrays, roster: Roster, bell: Bell | None, tell: Listener
) -> tuple[Arrays, RoundRecord]:
    privacy = plan.study.privacy
    now = _Round(number)
    if privacy.secure_updates:
        now.sum = UpdateSum(plan.study, plan.sums, plan.aggregation, number, arrays)
    if privacy.training != "unprotected":
        # Clients train once in a round, whatever becomes of it, and the server noises one sum.
        plan.sums.charge_training(number, plan.study.split.clients)
    survey: tuple[Surveyed, ...] = ()
    if number == 1 and plan.study.survey is not None:
        survey = _survey(grid, plan, now, roster, tell)
    began = time.perf_counter()
    clients = _train(grid, plan, now, arrays, roster, tell)
    now.seconds["clients"] = time.perf_counter() - began

    began = time.perf_counter()
    read = _sum_tallies(grid, plan, now, clients)
    now.seconds["tallies"] = time.perf_counter() - began

    began = time.perf_counter()
    cap = plan.study.aggregation.weight_cap
    # In the clients' order, not that of arrival: a sum of floats depends on its order.
    updates = guards.capped([now.updates[c] for c in sorted(now.updates)], cap)
    result: Arrays = now.sum.next_adapter() if now.sum else plan.aggregation.aggregate(number, arrays, updates)
    if not all(np.isfinite(array).all() for array in result.values()):
        raise FederationError(
            f"Round {number}: the aggregated adapter is not finite though every update was; "
            "lower the server's learning rate in aggregation.options."
        )
    now.seconds["aggregation"] = time.perf_counter() - began
    done: tuple[str, ...] = ()
    if plan.mend is not None:
        tell("mending", {"round": number})
        began = time.perf_counter()
        result, done = plan.mend(number, arrays, result)
        now.seconds["remedies"] = time.perf_counter() - began

    tell("measuring", {"round": number})
    began = time.perf_counter()
    measures = [*measures_of(read), *plan.measure(number, result)]
    now.seconds["server probes"] = time.perf_counter() - began
    record = RoundRecord(
        round=number,
        asked=tuple(sorted(now.asked)),
        answered=tuple(sorted(now.updates)),
        refused=tuple(Refusal(client=c, reason=r) for c, r in sorted(now.refused.items())),
        attempts=now.attempts,
        measures=tuple(measures),
        spreads=spreads_of(read),
        unknown=unknown_of(read),
        trips=bell.hear(read, plan.sums.ledger_rows(number, "trips")) if bell is not None else (),
        seconds=now.seconds,
        bytes_down=now.down,
        bytes_up=now.up,
        protection=plan.release.protection + (f" {secure_updates.PROTECTION}" if privacy.secure_updates else ""),
        remedies=done,
        survey=survey,
        ledger=plan.sums.ledger_head,
    )
    return result, record


def _survey(grid: Grid, plan: Plan, now: _Round, roster: Roster, tell: Listener) -> tuple[Surveyed, ...]:
    tell("surveying", {})
    began = time.perf_counter()
    clients = roster.wait(plan.study.federation.min_clients, lambda here, of: None)
    send = _sender(grid, plan, now, clients, now.number)
    told, reasons = surveying.collect(plan.study, plan.sums, list(clients), send)
    for client, reason in reasons.items():
        now.refused.setdefault(client, reason)
    now.seconds["survey"] = time.perf_counter() - began
    return told


def _train(grid: Grid, plan: Plan, now: _Round, arrays: Arrays, roster: Roster, tell: Listener) -> dict[int, int]:
    """Fill `now` with good updates; returns client -> node. Those that failed are asked again in the next attempt."""
    settings = plan.study.federation
    enough = max(settings.min_clients, plan.aggregation.fewest, fewest_summed(plan.study) if now.sum else 1)
    clients: dict[int, int] = {}
    adapter = flower.array_record(arrays)
    for attempt in range(1, settings.round_attempts + 1):
        now.attempts = attempt
        clients = roster.wait(enough, lambda here, of: None)
        missing = [c for c in clients if c not in now.updates]
        now.asked.update(missing)
        tell("round", {"round": now.number, "of": plan.study.training.rounds, "clients": len(missing)})
        requests = [
            messages.train_request(
                clients[c],
                Task(c, now.number, arrays, settings.client_timeout, plan.aggregation.client_options),
                adapter,
            )
            for c in missing
        ]
        by_node = {clients[c]: c for c in missing}
        _note_silence(now, missing)

        def arrived(reply: Message, by_node: dict[int, int] = by_node) -> None:
            _take_update(reply, by_node, plan, now, arrays)
            tell("client", {"round": now.number, "client": by_node.get(reply.metadata.src_node_id)})

        now.down += sum(flower.content_bytes(request) for request in requests)
        exchange(grid, requests, plan.patience(len(requests)), arrived)
        if len(now.updates) >= enough and (now.sum is None or _sum_updates(grid, plan, now, clients, enough)):
            return clients
        tell(
            "retry",
            {"round": now.number, "attempt": attempt, "good": len(now.updates), "refused": dict(now.refused)},
        )
    reasons = "; ".join(f"client {c}: {r}" for c, r in sorted(now.refused.items())[:3])
    more = len(now.refused) - 3
    raise FederationError(
        f"Round {now.number} failed {settings.round_attempts} times: {len(now.updates)} good updates where "
        f"{enough} are needed ({reasons}{f'; and {more} more' if more > 0 else ''}); mend those clients and resume."
    )


def _note_silence(now: _Round, asked: Sequence[int]) -> None:
    """Until its answer comes, a client has not answered."""
    for client in asked:
        now.refused[client] = NO_ANSWER


def _take_update(reply: Message, by_node: dict[int, int], plan: Plan, now: _Round, arrays: Arrays) -> None:
    client = by_node.get(reply.metadata.src_node_id)
    if client is None or client in now.updates:
        return  # from a node that was not asked, or twice
    now.up += flower.content_bytes(reply)
    try:
        if now.sum:
            guards.trained(reply)
            now.updates[client] = Update(client, {})
        else:
            weigh = plan.study.aggregation.weights == "examples"
            now.updates[client] = guards.update_from(reply, client, arrays, weigh)
        del now.refused[client]
    except Refused as reason:
        now.refused[client] = str(reason)


def _sum_updates(grid: Grid, plan: Plan, now: _Round, clients: dict[int, int], enough: int) -> bool:
    """Whether as many updates as are needed were summed. Then those are the round's; otherwise whoever did its part
    keeps its place in the next attempt."""
    assert now.sum is not None
    there = [c for c in sorted(now.updates) if c in clients]
    reasons = now.sum.collect(there, partial(_sender, grid, plan, now, clients))
    for client, reason in reasons.items():
        now.refused.setdefault(client, reason)
    summed = now.sum.roster
    if len(summed) < enough:
        now.updates = {c: update for c, update in now.updates.items() if c in summed or c not in now.refused}
        return False
    for client in now.updates.keys() - summed:
        now.refused.setdefault(client, "its update was not in the sum")
    now.refused = {c: reason for c, reason in now.refused.items() if c not in summed}
    now.updates = {c: Update(c, {}) for c in summed}
    return True


def _sender(grid: Grid, plan: Plan, now: _Round, clients: Mapping[int, int], number: int) -> Send:
    """Sends requests of the sum `number`; why a client gives no part is noted where it does not say so itself."""
    timeout = plan.study.federation.client_timeout

    def request(node: int, requests: Mapping[str, bytes]) -> Message:
        return messages.sum_request(node, number, requests, timeout)

    return SumExchange(grid, clients, request, plan.patience, now)


def _sum_tallies(grid: Grid, plan: Plan, now: _Round, clients: dict[int, int]) -> dict[str, Decoded]:
    """What can be read of each cohort, over the clients whose updates are good; of a refused tally the update stays."""
    there = [c for c in sorted(now.updates) if c in clients]
    send = _sender(grid, plan, now, clients, now.number)
    channels = plan.release.channels(now.number)
    sums, reasons = plan.sums.collect(now.number, there, channels, plan.release.terms, send)
    for client, reason in reasons.items():
        now.refused.setdefault(client, reason)
    return read_sums(plan.release, sums)
