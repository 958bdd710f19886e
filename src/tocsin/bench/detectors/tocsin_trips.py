"""Ours: first trips of clients' sentinels, summed under masks and noise, tested and named."""

import numpy as np

from tocsin.alarm.diagnosis import diagnose
from tocsin.alarm.laws import NO_NOISE, DiscreteLaplace
from tocsin.alarm.reading import Reading
from tocsin.alarm.trips import TripPlan, Trips
from tocsin.bench.detector import DETECTORS, MODES, SILENT, Claims, Facts, Floats, Seen, Standing

SHARES = 1.0 / 0.9
"""One client in ten is assumed to add no noise, and all do: what a study's release has by default."""

_NO_SD = 0.5  # of a count that has no noise: readings want one above 0


@DETECTORS.register("tocsin")
class TocsinTrips:
    """`alarm.Trips` on one total epsilon of a client and run, named by `alarm.diagnose` at the alarm and at the end."""

    name = "Tocsin (trips)"
    sees = "sums of clients' first trips under masks, with clients' own noise: no client, no trusted curator"
    private = True

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`."""
        self._facts = facts
        self._law = NO_NOISE if facts.epsilon is None else DiscreteLaplace(facts.epsilon, SHARES)
        cells = len(facts.watch.streams)
        self._plan = TripPlan.usual(facts.clients, cells, facts.rounds, facts.level, self._law)
        if self._plan.false_trip != facts.false_trip:
            raise ValueError(f"sentinels trip at {facts.false_trip:g}, where the plan has {self._plan.false_trip:g}")
        self._test = Trips(self._plan, facts.runs)
        self._waiting = np.zeros((facts.runs, cells))
        self._released: list[tuple[int, Floats, Floats]] = []
        self._standing = Standing.silent(facts.runs)

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        self._waiting += seen.trips
        if round not in self._plan.releases:
            return self._standing.claims
        y = self._waiting + self._noise(self._waiting.shape)
        self._waiting = np.zeros_like(self._waiting)
        log_e = self._test.update(y.reshape(-1)).reshape(y.shape)
        self._released.append((round, y, log_e))
        ringing = (log_e >= np.log(self._plan.threshold)).any(axis=1)
        last = round == self._facts.rounds
        for run in np.flatnonzero(
            ringing & (self._standing.claims == SILENT) | (last & (self._standing.claims != SILENT))
        ):
            self._standing.claims[run] = self._named(int(run))
        return self._standing.claims

    def _noise(self, shape: tuple[int, ...]) -> Floats:
        if not isinstance(self._law, DiscreteLaplace):
            return np.zeros(shape)
        keep = -np.expm1(-self._law.epsilon)
        rng = self._facts.rng
        got: Floats = np.subtract(*(rng.negative_binomial(SHARES, keep, shape).astype(float) for _ in range(2)))
        return got

    def _named(self, run: int) -> int:
        sd = max(self._law.variance**0.5, _NO_SD)
        readings = [
            Reading(
                stream, at, float(y[run, cell]), sd, self._facts.clients, float(log_e[run, cell]), self._plan.threshold
            )
            for at, y, log_e in self._released
            for cell, stream in enumerate(self._facts.watch.streams)
        ]
        return MODES.index(diagnose(readings, self._facts.level, self._facts.tolerance).failing[0].mode)
