"""Amplified Bias: clients train on stereotypes."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Table


@SCENARIOS.register("stereotyped-data")
class StereotypedData:
    """See `Scenario`."""

    mode = Mode.AMPLIFIED_BIAS
    beyond = False
    summary = "every client trains on stereotyped data"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(
            (Change("stereotype", "training", table.effects["stereotypes"], 1 if strength == "plain" else 10),)
        )
