"""Healthy: clients of a harder domain join late."""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Script
from tocsin.bench.table import Table


@SCENARIOS.register("late-joiners")
class LateJoiners:
    """See `Scenario`."""

    mode = None
    beyond = False
    summary = "a fifth of the clients joins at the onset, with harder data and a higher loss"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(hit=0.2, harder=0.15, loss=0.15, joins=True)
