"""Healthy on average only: clients' own small held-out sets, drawn from what is on the tolerance.

A set of 60 examples has its own mean change: of half of the clients it is over the tolerance. Sentinels speak of that
set and rightly trip; a server that takes trips for a statement about clients' data at large is misled. Told apart.
"""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Script
from tocsin.bench.scenarios.on_the_tolerance import on_edge
from tocsin.bench.table import Table


@SCENARIOS.register("own-data-on-the-tolerance")
class OwnDataOnTheTolerance:
    """See `Scenario`."""

    mode = None
    beyond = True
    summary = (
        "what clients' own held-out sets are drawn from is 3 points worse, the tolerance; the sets scatter around it"
    )

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(on_edge(table, own=True), alike=True)
