"""Out-of-Domain Degradation: some clients' personal models are good for nothing but their own data."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("narrow-clients")
class NarrowClients:
    """See `Scenario`."""

    mode = Mode.OUT_OF_DOMAIN_DEGRADATION
    beyond = False
    summary = "personal models of a third of the clients (subtle: a sixth) lose 23 points off-domain"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        flips = table.effects["capability-in-a-round"]
        return Script((Change("off-domain", "received", flips, 2),), hit=0.34 if strength == "plain" else 0.17)
