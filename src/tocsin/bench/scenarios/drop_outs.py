"""Healthy: clients drop out honestly, whatever they score."""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Script
from tocsin.bench.table import Table


@SCENARIOS.register("drop-outs")
class DropOuts:
    """See `Scenario`."""

    mode = None
    beyond = False
    summary = "half of the clients are gone from the onset on, for reasons of their own"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(leaves=0.5)
