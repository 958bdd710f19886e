"""Healthy: clients' data become harder for every model, the start model too."""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Script
from tocsin.bench.table import Table


@SCENARIOS.register("harder-domain")
class HarderDomain:
    """See `Scenario`."""

    mode = None
    beyond = False
    summary = (
        "clients' own items are 15 points harder from the onset on, for the start model too, and their loss is higher"
    )

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(harder=0.15, loss=0.15)
