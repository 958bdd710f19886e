"""Out-of-Domain Degradation: quality at home rises round by round, and falls elsewhere."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("over-specialised")
class OverSpecialised:
    """See `Scenario`."""

    mode = Mode.OUT_OF_DOMAIN_DEGRADATION
    beyond = False
    summary = "in-domain quality rises by 21 points while off-domain quality falls by 10"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        rise = 2 if strength == "plain" else 7
        return Script(
            (
                Change("off-domain", "received", table.effects["off-domain"], rise),
                Change("group-quality", "received", table.effects["in-domain-gain"], rise),
            )
        )
