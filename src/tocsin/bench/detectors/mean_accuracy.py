"""Mean held-out accuracy with a threshold: the other thing that federations watch."""

import numpy as np

from tocsin.bench.detector import DETECTORS, Claims, Facts, Floats, Seen, Standing


@DETECTORS.register("mean-accuracy")
class MeanAccuracy:
    """Rings when mean accuracy is so far under its highest so far as it was in one of twenty healthy runs at most."""

    name = "mean accuracy"
    sees = "the mean accuracy on clients' own held-out data, exact"
    private = False

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`."""
        self._watch = facts.watch
        rehearsed = np.stack([seen.error(facts.watch) for seen in facts.rehearsals])
        above = rehearsed - np.minimum.accumulate(rehearsed, axis=0)
        self._threshold = float(np.quantile(above.max(axis=0), 1.0 - facts.level, method="higher"))
        self._lowest: Floats = np.full(facts.runs, np.inf)
        self._standing = Standing.silent(facts.runs)

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        error = seen.error(self._watch)
        self._lowest = np.minimum(self._lowest, error)
        return self._standing.ring(error - self._lowest > self._threshold)
