"""A naive threshold on the mean outcome of every probe and group."""

import numpy as np

from tocsin.bench.detector import DETECTORS, Claims, Facts, Floats, Seen, Standing, usual_modes

POINTS = 0.05
"""What somebody would write down without thinking of chance."""


@DETECTORS.register("group-means")
class GroupMeans:
    """Rings when a group's mean outcome is 5 points over that of the first round, and names that group's mode."""

    name = "per-group threshold"
    sees = "the mean outcome of each probe and group, exact"
    private = False

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`."""
        self._modes = usual_modes(facts.watch)
        self._first: Floats | None = None
        self._standing = Standing.silent(facts.runs)

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        self._first = seen.means if self._first is None else self._first
        rise = seen.means - self._first
        return self._standing.ring(np.any(rise > POINTS, axis=1), self._modes[np.argmax(rise, axis=1)])
