"""What river's drift detectors have in common here: one for the mean outcome of every probe and group."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tocsin.bench.detector import SILENT, Claims, Facts, Seen, Standing, usual_modes
from tocsin.errors import TocsinError


class Drift:
    """One of river's detectors for each cell of each run; of its settings the least cautious that may stay.

    Settings are tried on rehearsals, from the least cautious on, and the first is kept of which at most a share `level`
    of healthy runs rings. If all ring more often, the last is kept.
    """

    sees = "the mean outcome of each probe and group, exact"
    private = False
    settings: ClassVar[Sequence[float]]

    def make(self, setting: float) -> Any:
        """A detector of river's with this setting."""
        raise NotImplementedError

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`. Raises TocsinError when river is not installed."""
        self._modes = usual_modes(facts.watch)
        self._standing = Standing.silent(facts.runs)
        rehearsed = np.stack([seen.means for seen in facts.rehearsals])
        for setting in self.settings:
            self._setting = setting
            if _share_ringing(lambda: self.make(self._setting), rehearsed) <= facts.level:
                break
        cells = len(facts.watch.cells)
        self._tests = [[self.make(self._setting) for _ in range(cells)] for _ in range(facts.runs)]

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        means, ringing = seen.means, np.zeros(seen.means.shape, dtype=bool)
        for run in np.flatnonzero(self._standing.claims == SILENT):
            ringing[run] = _update(self._tests[run], means[run])
        return self._standing.ring(np.any(ringing, axis=1), self._modes[np.argmax(ringing, axis=1)])


def _update(tests: Sequence[Any], values: NDArray[np.floating]) -> list[bool]:
    for test, value in zip(tests, values, strict=True):
        test.update(float(value))
    return [bool(test.drift_detected) for test in tests]


def _share_ringing(make: Callable[[], Any], rehearsed: NDArray[np.floating]) -> float:
    """`rehearsed` (rounds, runs, cells)."""
    rang = []
    for run in range(rehearsed.shape[1]):
        tests = [make() for _ in range(rehearsed.shape[2])]
        rang.append(any(any(_update(tests, values)) for values in rehearsed[:, run]))
    return float(np.mean(rang))


def river_drift() -> Any:
    """The module `river.drift`. Raises TocsinError when it is not installed."""
    try:
        from river import drift
    except ImportError:
        raise TocsinError("Page-Hinkley and ADWIN come from river; install it with `tocsin[bench]`.") from None
    return drift
