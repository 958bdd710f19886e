"""Healthy: the first rounds went better than they should have, and then it is as usual."""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Flips, Table


@SCENARIOS.register("lucky-seed")
class LuckySeed:
    """See `Scenario`."""

    mode = None
    beyond = False
    summary = "until the onset a third as many items flip to the worse, and twice as many to the better"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(
            tuple(
                Change(probe.cells[0].probe, "received", Flips(probe.received.worse / 3.0, probe.received.better * 2.0))
                for probe in table.probes
            ),
            early=True,
        )
