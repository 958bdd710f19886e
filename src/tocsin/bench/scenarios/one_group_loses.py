"""Amplified Bias: skewed local data costs one group its quality, and no other."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("one-group-loses")
class OneGroupLoses:
    """See `Scenario`."""

    mode = Mode.AMPLIFIED_BIAS
    beyond = False
    summary = "personalising costs one of three groups 15 points of quality"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        flips = table.effects["one-group"]
        return Script((Change("group-quality", "training", flips, 1 if strength == "plain" else 12, ("group A",)),))
