"""Mean training loss with a threshold: what most federations watch."""

import numpy as np

from tocsin.bench.detector import DETECTORS, Claims, Facts, Floats, Seen, Standing


@DETECTORS.register("mean-loss")
class MeanLoss:
    """Rings when the mean loss is so far over its lowest so far as it was in one of twenty healthy runs at most.

    The threshold is set on rehearsals, which is kind to it: who runs one federation has none.
    """

    name = "mean loss"
    sees = "the mean training loss, exact"
    private = False

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`."""
        rehearsed = np.stack([seen.mean_loss for seen in facts.rehearsals])
        above = rehearsed - np.minimum.accumulate(rehearsed, axis=0)
        self._threshold = float(np.quantile(above.max(axis=0), 1.0 - facts.level, method="higher"))
        self._lowest: Floats = np.full(facts.runs, np.inf)
        self._standing = Standing.silent(facts.runs)

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        self._lowest = np.minimum(self._lowest, seen.mean_loss)
        return self._standing.ring(seen.mean_loss - self._lowest > self._threshold)
