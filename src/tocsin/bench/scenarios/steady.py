"""Healthy: flips as in measured benign training, all through the run."""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Script
from tocsin.bench.table import Table


@SCENARIOS.register("steady")
class Steady:
    """See `Scenario`."""

    mode = None
    beyond = False
    summary = "nothing happens"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script()
