"""ADWIN, from river."""

from typing import Any

from tocsin.bench.detector import DETECTORS
from tocsin.bench.drift import Drift, river_drift


@DETECTORS.register("adwin")
class Adwin(Drift):
    """Bifet & Gavalda 2007: settings are its delta; it looks for a change every round, with windows of 2 and more."""

    name = "ADWIN"
    settings = (0.5, 0.3, 0.1, 0.03, 0.01, 0.002)

    def make(self, setting: float) -> Any:
        """See `Drift.make`."""
        return river_drift().ADWIN(delta=setting, clock=1, min_window_length=2, grace_period=4)
