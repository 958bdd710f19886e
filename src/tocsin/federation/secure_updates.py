"""Masked sums of updates: the server reads the sum of the clients' changes to the adapter, and no single change.

Each client keeps its change on its own disk and answers training with nothing. The changes travel as fixed-point
integers in masked sums (`privacy.masking`), one for each cohort, and these add up. What the server could check of a
single update, and no longer can, the client checks of its own before it masks: shape, finiteness, range. A client that
lies can move the mean by `2 * update_range / clients` in each entry if it keeps to the range, and to anywhere within
the range if it does not: masks and robust aggregation exclude each other, and a study has to choose.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import FederationError, TocsinError
from tocsin.federation.aggregation import (
    AGGREGATIONS,
    ENTRIES,
    Aggregation,
    Judging,
    OfSum,
    SelfWeighed,
)
from tocsin.federation.client_privacy import Changes, clipped
from tocsin.federation.job import Job
from tocsin.federation.messages import Arrays, Task, Update
from tocsin.federation.self_weighing import weighed
from tocsin.federation.summing import ClientSums, Send, ServerSums, fewest_summed
from tocsin.privacy import Sum, SumRefused, Terms, Vector, asks_for_seed, keep_secret
from tocsin.study import Study

CHANNEL = "update"

PROTECTION = (
    "Updates are summed under masks, too: the server reads the sum of the clients' changes to the adapter and no "
    "client's own."
)

LEVELS = (1 << 23) - 1
"""Steps from 0 to `privacy.update_range`. The sums of up to 256 clients fit four bytes an entry, as a float does."""

_TRIES = 1000
"""Sums that a round may try: the number of a sum is round * _TRIES + try, so that clients see it rise."""

_FILE = "update.npz"


@dataclass(frozen=True)
class FixedPoint:
    """Changes of an adapter as integers in [-LEVELS, LEVELS], in steps of `limit / LEVELS`.

    Rounding is to the nearest step, so that a client's entry, and the mean of entries, is off by half a step at most:
    6e-8 at the limit of 1. A change beyond the limit is refused and not cut: an adapter of which one entry moved
    that far in a round has diverged, and cutting would change the mean without anybody knowing.
    """

    limit: float

    @property
    def step(self) -> float:
        """The change that 1 stands for."""
        return self.limit / LEVELS

    def encode(self, change: Changes) -> NDArray[np.int32]:
        """All entries, by the arrays' names in order. Raises TocsinError for one that is not finite or beyond."""
        entries = np.concatenate([change[name].ravel() for name in sorted(change)])
        if not np.isfinite(entries).all():
            raise TocsinError("its update holds NaN or infinite numbers")
        if np.abs(entries).max(initial=0.0) > self.limit:
            raise TocsinError(
                f"its update moves an entry by more than privacy.update_range = {self.limit:g}; "
                "lower training.learning_rate, or raise that range for all"
            )
        return np.rint(entries / self.step).astype(np.int32)

    def decode(self, total: Vector, like: Arrays) -> Changes:
        """A sum of encoded changes as arrays with the names, shapes and order of `like`."""
        names = sorted(like)
        entries = np.split(total * self.step, np.cumsum([like[name].size for name in names])[:-1])
        parts = dict(zip(names, entries, strict=True))
        return {name: parts[name].reshape(array.shape) for name, array in like.items()}


def summed(aggregation: Aggregation, study: Study) -> OfSum:
    """The aggregation as one that needs no more than the sum. Raises TocsinError where the study's cannot do, or
    weighs clients."""
    if not isinstance(aggregation, OfSum):
        why = "see them all to find the false ones: either the server cannot look or a liar can be found out"
        if isinstance(aggregation, Judging):
            why = "try each of them on public items"
        raise TocsinError(
            "privacy.secure_updates hides each single update from the server, and "
            f'aggregation.name = "{study.aggregation.name}" must {why}; set secure_updates = false, or take an '
            'aggregation of the mean such as "fedavg".'
        )
    if study.aggregation.weights != "equal":
        raise TocsinError(
            "privacy.secure_updates counts each client once, since nobody could check a number of examples that is "
            'hidden in a sum; set aggregation.weights = "equal".'
        )
    if study.split.clients < fewest_summed(study):
        raise TocsinError(
            f"privacy.secure_updates sums over {fewest_summed(study)} clients or more and split.clients is "
            f"{study.split.clients}; raise that, or set secure_updates = false."
        )
    return aggregation


# -- the client ----------------------------------------------------------------------------------------------------


def keep(job: Job, task: Task, update: Update) -> None:
    """Keep the change that `update` makes to the adapter of `task`, on the client's own disk.

    With privacy.training = "client" it is clipped here, the server having nothing to clip: a client's own guarantee
    rests on its own clipping. What rounding can add to the norm is left out before. Raises TocsinError, in words for
    the server, for a change that cannot be summed.
    """
    privacy = job.study.privacy
    point = FixedPoint(privacy.update_range)
    shapes = {name: array.shape for name, array in task.arrays.items()}
    if {name: array.shape for name, array in update.arrays.items()} != shapes:
        raise TocsinError("its update has other arrays than the adapter")
    change: Changes = {name: update.arrays[name].astype(np.float64) - array for name, array in task.arrays.items()}
    if privacy.training == "client" and all(np.isfinite(array).all() for array in change.values()):
        size = sum(array.size for array in change.values())
        norm = privacy.clip - point.step / 2 * size**0.5
        if norm <= 0.0:
            raise TocsinError(
                f"privacy.clip = {privacy.clip:g} is lost in the rounding of {size} entries; lower privacy.update_range"
            )
        change = clipped(task.arrays, update.arrays, norm)
    aggregation = AGGREGATIONS.get(job.study.aggregation.name)(job.study.aggregation.options)
    if isinstance(aggregation, SelfWeighed):
        point.encode(change)  # no further than the range, whatever its weight
        change, entries = weighed(aggregation, task.round, update, change, task.options, job.run_folder(update.client))
        change = {**change, ENTRIES: entries * point.limit}
    file = BytesIO()
    digest = np.frombuffer(_digest(point, task.arrays, task.options), np.uint8)
    np.savez(file, round=task.round, digest=digest, entries=point.encode(change))
    keep_secret(job.run_folder(update.client) / _FILE, file.getvalue())


def answer(
    sums: ClientSums, job: Job, client: int, number: int, requests: Mapping[str, bytes]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """A client's reply, or its reason, to a request for its part in the sum `number`; see `ClientSums.answer`."""
    file = job.run_folder(client) / _FILE

    def terms(channel: str, run: bytes, cohort: str, number: int, enrolment: bytes) -> Terms:
        revealed = sums.revealed(CHANNEL)
        if revealed is not None and revealed != number and revealed // _TRIES == number // _TRIES:
            raise SumRefused(
                f"it has unmasked its update of round {number // _TRIES} and adds it to no second sum, "
                "which the first could be subtracted from; start a new run from the last adapter"
            )
        digest, entries = _kept(file, number // _TRIES)
        return _terms(job.study, digest, len(entries), channel, run, cohort, number, enrolment)

    def vector(channel: str, clients: int) -> Vector:
        return _kept(file, number // _TRIES)[1].astype(np.int64)

    return sums.answer(number, requests, terms, vector)


def _kept(file: Path, round_: int) -> tuple[bytes, NDArray[np.int32]]:
    if file.exists():
        with np.load(file) as kept:
            if int(kept["round"]) == round_:
                return kept["digest"].tobytes(), kept["entries"]
    raise SumRefused(f"it has no update of round {round_}; it has to train first")


# -- the server ----------------------------------------------------------------------------------------------------


class UpdateSum:
    """The sum of one round's updates, cohort by cohort, as it comes about in one try or several.

    A try is a masked sum of its own, with its two attempts. A further one is safe because a client that has unmasked
    in a round refuses to: see `answer`. What was kept of a round that was stopped is gone through again.
    """

    def __init__(self, study: Study, sums: ServerSums, aggregation: Aggregation, round_: int, current: Arrays) -> None:
        """Raises TocsinError as `summed` does."""
        self._study, self._sums, self._round, self._current = study, sums, round_, current
        self._aggregation = summed(aggregation, study)
        self._point = FixedPoint(study.privacy.update_range)
        self._digest = _digest(self._point, current, aggregation.client_options)
        self._like = dict(current)
        if isinstance(aggregation, SelfWeighed):
            self._like[ENTRIES] = np.zeros(aggregation.entries, np.float32)
        self._size = sum(array.size for array in self._like.values())
        self._done: dict[str, Sum] = {}
        self._tries = 0
        self._forget()

    @property
    def roster(self) -> tuple[int, ...]:
        """The clients whose updates are in the sums that came about."""
        return tuple(sorted(client for one in self._done.values() for client in one.roster))

    def collect(self, clients: Collection[int], sender: Callable[[int], Send]) -> dict[int, str]:
        """Sum the updates of `clients`, in cohorts that have no sum yet; why a client's was left out, where it says.
        `sender(number)` sends the requests of the sum `number`.

        Raises FederationError where a client that masked does not unmask, however often it is asked: the sum stays
        as it is until the run is resumed, because the others would not mask a second time.
        """
        reasons: dict[int, str] = {}
        began = False
        while not began:
            open_ = [c for c in clients if self._sums.membership.of_client(c) not in self._done]
            if not open_:
                break
            number = self._round * _TRIES + self._tries
            self._tries += 1
            sending = _Sending(sender(number), self._round, self._study.federation.round_attempts)
            results, reasons = self._sums.collect(number, open_, (CHANNEL,), self._terms, sending)
            began = sending.began
            for cohort, channels in results.items():
                result = channels[CHANNEL]
                if isinstance(result, Sum):
                    self._done.setdefault(cohort, result)
                elif cohort not in self._done:
                    why = f"its cohort's updates were not summed: {result.partition(': ')[2]}"  # without the number
                    mine = [c for c in open_ if self._sums.membership.of_client(c) == cohort]
                    if not any(c in reasons or c in sending.silent for c in mine):  # else those are to blame
                        reasons |= dict.fromkeys(mine, why)
        return reasons

    def next_adapter(self) -> dict[str, NDArray[np.float32]]:
        """What the aggregation makes of the sum over `roster`, which has a client at least."""
        total = np.sum([one.total for one in self._done.values()], axis=0)
        change = self._point.decode(total, self._like)
        if ENTRIES in change:
            change = {**change, ENTRIES: change[ENTRIES] / self._point.limit}
        return self._aggregation.aggregate_sum(self._round, self._current, change, len(self.roster))

    def _terms(self, channel: str, run: bytes, cohort: str, number: int, enrolment: bytes) -> Terms:
        return _terms(self._study, self._digest, self._size, channel, run, cohort, number, enrolment)

    def _forget(self) -> None:
        """Remove what was kept of earlier rounds' sums: several bytes for each entry of the adapter."""
        for file in self._sums.folder.glob(f"*-{CHANNEL}-*"):
            number, channel, _ = file.name.split("-", 2)
            if channel == CHANNEL and int(number) // _TRIES < self._round:
                file.unlink()


class _Sending:
    """Sends requests, and those that ask to unmask again and again, because of those the sum cannot do without one.

    `began` says whether anything was sent, and `silent` has the clients that gave no part when they were last asked.
    """

    def __init__(self, send: Send, round_: int, times: int) -> None:
        self._send, self._round, self._times = send, round_, times
        self.began = False
        self.silent: set[int] = set()

    def __call__(
        self, requests: Mapping[int, Mapping[str, bytes]]
    ) -> Iterator[tuple[int, Mapping[str, bytes], Mapping[str, str]]]:
        self.began = True
        left = dict(requests)
        reasons: dict[int, str] = {}
        for _ in range(self._times):
            for client, replies, refusals in self._send(left):
                if CHANNEL in replies:
                    del left[client]
                if CHANNEL in refusals:
                    reasons[client] = refusals[CHANNEL]
                yield client, replies, refusals
            self.silent |= left.keys()
            left = {client: asked for client, asked in left.items() if asks_for_seed(asked[CHANNEL])}
            if not left:
                return
        client = min(left)
        raise FederationError(
            f"Round {self._round}: client {client} masked its update and does not unmask it "
            f"({reasons.get(client, 'it did not answer')}), and without that there is no sum; mend that client and "
            "resume, or, if it is gone for good, start a new run from the last adapter."
        )


def _terms(
    study: Study, digest: bytes, size: int, channel: str, run: bytes, cohort: str, number: int, enrolment: bytes
) -> Terms:
    """Those of one sum. Raises KeyError for another channel."""
    if channel != CHANNEL:
        raise KeyError(channel)
    return Terms(run, channel, cohort, number, digest, enrolment, size, -LEVELS, LEVELS, fewest_summed(study))


def _digest(point: FixedPoint, current: Arrays, told: Mapping[str, float]) -> bytes:
    """What all parties must have in common (32 bytes): the steps, the adapter that the changes are from, and what the
    aggregation told the clients.

    With the adapter itself in the terms, clients that were sent different ones have no masks in common. A server
    could otherwise send one client an adapter from which the others' updates come out as zero, and read its update in
    the sum (Pasquini et al., 2022, arXiv 2111.07380). By options that differ it could make the others' weights small.
    """
    digest = hashlib.sha256(f"tocsin update 2 {point.limit.hex()} {LEVELS}\0".encode())
    for name in sorted(told):
        digest.update(f"{name} {float(told[name]).hex()}\0".encode())
    for name in sorted(current):
        digest.update(f"{name} {current[name].shape}\0".encode())
        digest.update(np.ascontiguousarray(current[name], "<f4").data)
    return digest.digest()
