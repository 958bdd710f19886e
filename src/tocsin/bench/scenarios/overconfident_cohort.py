"""Confidence Miscalibration: local overconfidence that the mean over clients masks."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("overconfident-cohort")
class OverconfidentCohort:
    """See `Scenario`."""

    mode = Mode.CONFIDENCE_MISCALIBRATION
    beyond = False
    summary = "half of the clients are too sure (plain), or a quarter (subtle)"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        flips = table.effects["overconfident"]
        return Script((Change("calibration-choices", "training", flips),), hit=0.5 if strength == "plain" else 0.25)
