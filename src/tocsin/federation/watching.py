"""What a study watches for its alarm, and the client's side of it: a sentinel that remembers from round to round."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tocsin.alarm import NO_NOISE, DiscreteLaplace, Sentinel, Stream, TripPlan, streams, subject
from tocsin.behaviour import Outcome, find_probe
from tocsin.privacy import keep_secret
from tocsin.study import Study

Outcomes = Mapping[str, Sequence[Outcome]]
"""By probe, in the order in which the items were drawn."""

_WITHOUT_PERSONAL = ("received",)


def watched(study: Study) -> tuple[Stream, ...]:
    """The streams of a study's sentinels, in the order in which the first of a round is told; none without an [alarm].

    Over all groups of a probe: a client has few items in each, and every stream more costs all others power.
    """
    if study.alarm is None:
        return ()
    found: list[Stream] = []
    for use in study.probe:
        if use.at != "server":
            probe = find_probe(use.name)
            if (about := subject(probe.kind, probe.source)) is not None:
                found += streams(probe.name, about, "trips")
    if study.personalisation.name == "none":  # nothing is measured after training
        found = [one for one in found if one.moment in _WITHOUT_PERSONAL]
    return tuple(found)


def streams_of(study: Study) -> tuple[tuple[str, ...], ...]:
    """The layout of a study's trips."""
    return tuple(in_words(stream) for stream in watched(study))


def in_words(stream: Stream) -> tuple[str, ...]:
    """How a stream is called in the layout of the trips. Cohorts are summed apart, so that it has none."""
    return (stream.mode, stream.probe, stream.group, stream.moment)


def trip_plan(study: Study, cells: int, epsilon: float | None) -> TripPlan | None:
    """The plan of the trips of a study over `cells` streams; `epsilon` is that of the noise in each cell of a release.

    None without an [alarm] or a stream. Each cohort is tested by itself, as cells of its own.
    """
    if study.alarm is None or not cells:
        return None
    # All of a roster may add the share that was made for the honest part of it.
    noise = NO_NOISE if epsilon is None else DiscreteLaplace(epsilon, 1.0 / study.privacy.honest)
    cohorts = max(1, len(study.privacy.cohorts))
    return TripPlan.usual(study.split.clients, cells * cohorts, study.training.rounds, study.alarm.level, noise)


class Watch:
    """One client's sentinel, on its disk: one file for each round, so that a round which is repeated counts once."""

    def __init__(self, plan: TripPlan, watched: Sequence[Stream], tolerance: float, folder: Path) -> None:
        self._plan, self._watched, self._tolerance, self._folder = plan, watched, tolerance, folder

    def observe(self, round_: int, start: Outcomes | None, before: Outcomes, after: Outcomes | None) -> None:
        """The outcomes of one round on the same items: of the round-0 model, before and after local training.

        Without `start` (a client that joined late does not have that model) nothing is compared with it.
        """
        pairs = {"training": (before, after), "received": (start, before), "personalised": (start, after)}
        rows = [_differences(stream.probe, *pairs[stream.moment]) for stream in self._watched]
        differences = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
        for row, values in zip(differences, rows, strict=True):
            row[: len(values)] = values
        sentinel = self._sentinel(round_ - 1)
        sentinel.observe(differences)
        keep_secret(self._file(round_), json.dumps(sentinel.state()).encode())

    def trip(self, round_: int) -> Stream | None:
        """The stream of the first trip, in the one round in which it is told, and however often that is asked."""
        told = self._folder / "told.json"
        if told.exists():
            kept = json.loads(told.read_text(encoding="ascii"))
            return self._watched[kept["stream"]] if kept["round"] == round_ else None
        first = self._sentinel(round_).first if round_ in self._plan.releases else None
        if first is None:
            return None
        keep_secret(told, json.dumps({"round": round_, "stream": first}).encode())  # before it can be sent
        return self._watched[first]

    def tripped(self, round_: int) -> Stream | None:
        """The stream of the first trip where it came in this round; for the client itself, whenever it may be told."""
        first = self._sentinel(round_).first
        return self._watched[first] if first is not None and self._sentinel(round_ - 1).first is None else None

    def _sentinel(self, round_: int) -> Sentinel:
        """As it was after `round_`, or after the last round before in which this client took part."""
        subjects = [stream.subject for stream in self._watched]
        plan = self._plan
        sentinel = Sentinel(len(subjects), plan.rounds, plan.false_trip, self._tolerance, subjects=subjects)
        if (kept := next((f for r in range(round_, 0, -1) if (f := self._file(r)).exists()), None)) is not None:
            sentinel.restore(json.loads(kept.read_text(encoding="ascii")))
        return sentinel

    def _file(self, round_: int) -> Path:
        return self._folder / f"sentinel-{round_:04d}.json"


def _differences(probe: str, old: Outcomes | None, new: Outcomes | None) -> list[float]:
    if old is None or new is None:
        return []
    return [now.value - was.value for was, now in zip(old[probe], new[probe], strict=True)]
