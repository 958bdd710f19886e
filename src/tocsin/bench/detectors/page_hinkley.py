"""Page-Hinkley, from river."""

from typing import Any

from tocsin.bench.detector import DETECTORS
from tocsin.bench.drift import Drift, river_drift


@DETECTORS.register("page-hinkley")
class PageHinkley(Drift):
    """Page 1954, Hinkley 1971: settings are thresholds, in shares of outcomes added up over rounds."""

    name = "Page-Hinkley"
    settings = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)

    def make(self, setting: float) -> Any:
        """See `Drift.make`."""
        return river_drift().PageHinkley(min_instances=3, delta=0.005, threshold=setting, mode="up")
