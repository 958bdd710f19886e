"""Confidence Miscalibration: training makes every client's model surer, and no better."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("overconfident")
class Overconfident:
    """See `Scenario`."""

    mode = Mode.CONFIDENCE_MISCALIBRATION
    beyond = False
    summary = "every personalised model is 20 points too sure"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        flips = table.effects["overconfident"]
        return Script((Change("calibration-choices", "training", flips, 1 if strength == "plain" else 10),))
