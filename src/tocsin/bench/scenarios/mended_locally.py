"""Fairness Collapse: some clients receive a worse model and mend it by training, so their own scores hide it."""

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.table import Flips, Table


@SCENARIOS.register("mended-locally")
class MendedLocally:
    """See `Scenario`."""

    mode = Mode.FAIRNESS_COLLAPSE
    beyond = False
    summary = "a minority receives 15 points less and trains it back within the round"

    def script(self, table: Table, strength: Strength) -> Script:
        """See `Scenario.script`."""
        lost = table.effects["minority"]
        healthy = next(probe.training for probe in table.probes if probe.cells[0].probe == "group-quality")
        back = Flips(healthy.worse, healthy.better + lost.worse - lost.better)
        rise, hit = (1, 0.3) if strength == "plain" else (6, 0.2)
        return Script(
            (Change("group-quality", "received", lost, rise), Change("group-quality", "training", back, rise)),
            hit,
        )
