"""Which cells `responsible_fedllm.py` compares, and figures of them with intervals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from responsible_cells import NONE, Cell, Done, Outcomes
from responsible_figures import Figure, Resampled, Table

from tocsin.behaviour.refusal_detector import detector
from tocsin.behaviour.statistics import Interval

GENTLE, STRONG = 5e-4, 2e-3
"""Learning rates of the two strengths, chosen on `PILOT`, whose seed is in no table."""

STRENGTHS = {"gentle": GENTLE, "strong": STRONG}
SHARES = (0.0, 0.25, 0.5)
SEEDS = (1, 2, 3)
PILOT = tuple(Cell(rate, share, 0, NONE) for rate in (GENTLE, STRONG) for share in (0.0, 0.25))
JUDGED = (0.25, 0.5)
_REPLICATES = 2000

Unit = tuple[float, float, int]
"""Learning rate, share of openers, seed."""


@dataclass(frozen=True)
class Grid:
    """All that was measured, and its figures."""

    units: Mapping[Unit, Mapping[str, Done]]
    starts: Mapping[int, Outcomes]
    seeds: Sequence[int]

    def interval(self, figure: Figure, *tables: Table) -> Interval:
        """A figure of these tables over the seeds."""
        items = {name: values.shape[1] for name, values in tables[0].items()}
        drawn = Resampled(len(self.seeds), items, detector().errors(), _REPLICATES, seed=0)
        return drawn.interval(figure, *tables)

    def done(self, strength: str, share: float, arm: str) -> list[Done]:
        """A cell of every seed."""
        return [self.units[STRENGTHS[strength], share, seed][arm] for seed in self.seeds]

    def cells(self, strength: str, shares: Sequence[float], arm: str) -> tuple[Table, ...]:
        """A table for each of the shares."""
        return tuple(table_of([done.outcomes for done in self.done(strength, share, arm)]) for share in shares)

    def start(self) -> Table:
        """The aligned start."""
        return table_of([self.starts[seed] for seed in self.seeds])

    def operations(self, arm: str) -> Counter[str]:
        """Constitutional AI's floating-point operations by what they were for, of all federations that are judged."""
        return sum(
            (Counter(done.operations) for share in JUDGED for done in self.done("gentle", share, arm)), Counter()
        )


def table_of(by_seed: Sequence[Outcomes]) -> Table:
    return {name: np.array([outcomes[name] for outcomes in by_seed]) for name in by_seed[0]}
