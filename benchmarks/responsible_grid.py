"""Which cells `responsible_fedllm.py` compares, and figures of them with intervals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from responsible_cells import NONE, Done, Outcomes
from responsible_figures import Figure, Resampled, Table, kept

from tocsin.behaviour.refusal_detector import detector
from tocsin.behaviour.statistics import Interval
from tocsin.errors import TocsinError

STRENGTHS = ("gentle", "strong")
LADDER = (5e-4, 7.5e-4, 1e-3, 2e-3, 4e-3)
"""Learning rates that the strengths are chosen from, by a pilot whose seed is in no table."""

PILOT_SEED = 0
GENTLE_KEEPS, STRONG_KEEPS = 0.7, 0.4
SHARES = (0.0, 0.25, 0.5)
SEEDS = (1, 2, 3)
JUDGED = (0.25, 0.5)
_REPLICATES = 2000

Unit = tuple[float, float, int]
"""Learning rate, share of openers, seed."""


@dataclass(frozen=True)
class Grid:
    """All that was measured, and its figures. `rates` are the strengths' learning rates."""

    units: Mapping[Unit, Mapping[str, Done]]
    starts: Mapping[int, Outcomes]
    seeds: Sequence[int]
    rates: Mapping[str, float]

    def interval(self, figure: Figure, *tables: Table) -> Interval:
        """A figure of these tables over the seeds."""
        items = {name: values.shape[1] for name, values in tables[0].items()}
        drawn = Resampled(len(self.seeds), items, detector().errors(), _REPLICATES, seed=0)
        return drawn.interval(figure, *tables)

    def done(self, strength: str, share: float, arm: str) -> list[Done]:
        """A cell of every seed."""
        return [self.units[self.rates[strength], share, seed][arm] for seed in self.seeds]

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


def strengths(shares: Mapping[float, float]) -> dict[str, float]:
    """The learning rates of both strengths, from what share of the start's refusal a benign-only pilot keeps at each.

    Gentle is the highest that keeps `GENTLE_KEEPS`, which leaves the least to benign data and the most to openers;
    strong is the lowest above it that keeps less than `STRONG_KEEPS`. Raises TocsinError where there is none.
    """
    gentle = max((rate for rate, share in shares.items() if share >= GENTLE_KEEPS), default=0.0)
    strong = min((rate for rate, share in shares.items() if rate > gentle and share < STRONG_KEEPS), default=0.0)
    if not gentle or not strong:
        told = ", ".join(f"{share:.2f} at {rate:g}" for rate, share in shares.items())
        raise TocsinError(f"No learning rate of the ladder is gentle, or none is strong ({told}); lengthen the ladder.")
    return {"gentle": gentle, "strong": strong}


def kept_in_pilot(units: Mapping[Unit, Mapping[str, Done]], start: Outcomes, share: float) -> dict[float, float]:
    """What share of the start's refusal the pilot keeps, by learning rate, without a remedy."""
    alone = Grid(units, {PILOT_SEED: start}, (PILOT_SEED,), {})
    done = {rate: unit[NONE] for (rate, of, seed), unit in sorted(units.items()) if (of, seed) == (share, PILOT_SEED)}
    return {rate: alone.interval(kept, table_of([one.outcomes]), alone.start()).estimate for rate, one in done.items()}


def table_of(by_seed: Sequence[Outcomes]) -> Table:
    return {name: np.array([outcomes[name] for outcomes in by_seed]) for name in by_seed[0]}
