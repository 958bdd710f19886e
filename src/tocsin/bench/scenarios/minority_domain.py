"""Fairness Collapse: what is aggregated suits most clients better and a minority worse."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("minority-domain")
class MinorityDomain:
    """See `Scenario`."""

    mode = Mode.FAIRNESS_COLLAPSE
    beyond = False
    summary = "the global model loses 15 points for a minority and gains for the rest"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        rise, hit = (1, 0.3) if strength == "plain" else (6, 0.2)
        return Script(
            (
                Change("group-quality", "received", table.effects["minority"], rise),
                Change("group-quality", "received", table.effects["majority"], rise, who="others"),
            ),
            hit,
        )
