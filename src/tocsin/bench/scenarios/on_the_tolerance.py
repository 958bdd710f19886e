"""Healthy, and only just: every client's mean change, on all shared pools, lies on the tolerance of 3 points."""

from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Kept, Script
from tocsin.bench.table import Flips, Healthy, Table

EDGE = 0.015
"""Half of the tolerance: one half received, one half by training."""


@SCENARIOS.register("on-the-tolerance")
class OnTheTolerance:
    """See `Scenario`."""

    mode = None
    beyond = False
    summary = "from the onset on every client is 3 points worse, the tolerance, on every probe but its own data"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        return Script(on_edge(table, own=False), alike=True)


def on_edge(table: Table, own: bool) -> tuple[Change, ...]:
    """Changes that put the probes of shared pools, or those of clients' own data, on the tolerance."""
    return tuple(
        Change(probe.cells[0].probe, moment, flips.by(EDGE))
        for probe in table.probes
        if probe.cells[0].own == own
        for moment, flips in _moments(probe)
    )


def _moments(probe: Healthy) -> tuple[tuple[Kept, Flips], ...]:
    return ("received", probe.received), ("training", probe.training)
