"""What is said of a finished run of the model tier, beside what its alarm said: trips, behaviour, loss, accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm import Mode, Sentinel
from tocsin.bench.cells import Watch
from tocsin.bench.injected.injection import Injection
from tocsin.bench.recording import Recording
from tocsin.records import Record


class Tripped(Record):
    """A client's first trip, in the round in which it came: it is told in the next release."""

    client: int
    round: int
    stream: str
    mode: Mode


class Finished(Record):
    """One run. Of each round, from 1, the mean over clients; NaN, as None, where nobody was asked.

    rang      the round of the alarm, None where there was none; `named` is the mode it gave then, `settled` the one
              after the last round, None for none
    trips     clients' sentinels
    received  of clients whom it concerns: mean outcome of the global model, less that of the start model, of the probe
              that tells
    personal  the same of the personalised models
    loss      mean training loss, nats a token
    error     mean outcome of personalised models on clients' own held-out data: one less accuracy
    seconds   processor time
    """

    scenario: str
    seed: int
    mode: Mode | None
    onset: int
    rang: int | None
    named: Mode | None
    settled: Mode | None
    trips: tuple[Tripped, ...]
    received: tuple[float | None, ...]
    personal: tuple[float | None, ...]
    loss: tuple[float | None, ...]
    error: tuple[float | None, ...]
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether the alarm came after the onset; never where nothing fails."""
        return self.onset > 0 and self.rang is not None and self.rang >= self.onset


def finished(
    injection: Injection,
    seed: int,
    recording: Recording,
    false_trip: float,
    tolerance: float,
    said: tuple[int | None, Mode | None, Mode | None],
    seconds: float,
) -> Finished:
    """`said` is what the alarm did: round, name then, name at the end. Sentinels are gone through again on what was
    recorded, with the study's `false_trip` and `tolerance`: they trip where those of the run did."""
    who = list(injection.concerned)
    start, received, personal = (_means(recording, who, injection.tells, model) for model in range(3))
    own = np.array([cell.about == "in-domain" for cell in recording.cells])
    return Finished(
        scenario=injection.scenario,
        seed=seed,
        mode=injection.about.mode,
        onset=injection.onset,
        rang=said[0],
        named=said[1],
        settled=said[2],
        trips=tuple(_trips(recording, false_trip, tolerance)),
        received=_plain(received - start),
        personal=_plain(personal - start),
        loss=_plain(_mean(recording.loss, axis=1)),
        error=_plain(_mean(recording.outcomes[:, :, own][..., 2].astype(float), axis=(1, 2, 3))),
        seconds=seconds,
    )


@dataclass(frozen=True)
class Monitor:
    """A dashboard: it rings when a mean has risen further over its lowest so far than in any healthy run."""

    what: Literal["loss", "error"]
    threshold: float

    def rang(self, run: Finished) -> int | None:
        """The first round in which it rings, from the onset on (from round 1 where nothing fails)."""
        rises = _rises(getattr(run, self.what))
        return next((at for at, rise in enumerate(rises, 1) if at >= run.onset and rise > self.threshold), None)


def monitor(what: Literal["loss", "error"], healthy: Sequence[Finished]) -> Monitor | None:
    """With the threshold that the healthy runs set, which is kind to it; None without one."""
    return Monitor(what, max(max(_rises(getattr(run, what))) for run in healthy)) if healthy else None


def _rises(values: Sequence[float | None]) -> list[float]:
    known = np.array([np.nan if value is None else value for value in values], dtype=float)
    return [float(rise) for rise in np.nan_to_num(known - np.fmin.accumulate(known))]


def _trips(recording: Recording, false_trip: float, tolerance: float) -> list[Tripped]:
    watch = Watch.of(recording.cells)
    rounds, clients = recording.outcomes.shape[:2]
    found = []
    for client in range(clients):
        subjects = [stream.subject for stream in watch.streams]
        sentinel = Sentinel(len(subjects), rounds, false_trip, tolerance, subjects=subjects)
        for at in range(rounds):
            if np.isnan(recording.loss[at, client]):  # it was not there
                continue
            sentinel.observe(watch.differences(recording.outcomes[at, client : client + 1].astype(np.float32))[0])
            if sentinel.first is not None:
                stream = watch.streams[sentinel.first]
                name = f"{stream.probe}, {stream.moment}"
                found.append(Tripped(client=client, round=at + 1, stream=name, mode=stream.mode))
                break
    return found


def _means(recording: Recording, who: list[int], probe: str, model: int) -> NDArray[np.floating]:
    """(rounds,) of some clients, over items with all three outcomes."""
    cells = np.array([cell.probe == probe for cell in recording.cells])
    its = recording.outcomes[:, who][:, :, cells].astype(float)
    whole = ~np.isnan(its).any(axis=-1)
    return _mean(np.where(whole, its[..., model], np.nan), axis=(1, 2, 3))


def _mean(values: NDArray[np.floating], axis: int | tuple[int, ...]) -> NDArray[np.floating]:
    known = ~np.isnan(values)
    number = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis, dtype=float)
    got: NDArray[np.floating] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return got


def _plain(values: NDArray[np.floating]) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else round(float(value), 5) for value in values)
