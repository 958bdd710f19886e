"""A budget for bias: as near to the plain mean as public items allow."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, Judge, Options, State, at_least, options, step
from tocsin.federation.judging import check_public
from tocsin.federation.messages import Arrays, Update

Floats = NDArray[np.float64]

HALVINGS = 3
"""How often a step that turns out too biased is halved before the round's updates are left alone."""

_START = "start."


class BiasBudget:
    """Convex weights, the nearest to equal ones that keep the bias within `tolerance` of the first round's adapter.

    The bias of an adapter is |mean outcome - ideal| on this round's items. To first order that of a step by weights w
    is the current one and sum w_k d_k, d_k being what client k's own update adds to it. Where that is more than the
    budget allows, the least change of the weights is made, in squares, under w >= 0 and sum w <= 1: clients that add
    most count for less, and where all of them do, the step gets shorter. Then the step itself is measured, and halved
    while it is beyond.

    Of a sum it sees one update, the mean: it can make the step shorter, and no more.
    """

    client_options: Mapping[str, float] = {}
    fewest = 1
    weighs = True

    def __init__(self, probe: str, items: int, ideal: float, tolerance: float) -> None:
        self._probe, self._items, self._ideal, self._tolerance = probe, items, ideal, tolerance
        self._judge: Judge | None = None
        self._start: Arrays = {}

    def judge_by(self, judge: Judge) -> None:
        """See `Judging.judge_by`."""
        self._judge = judge

    def aggregate(self, round_: int, current: Arrays, updates: Sequence[Update]) -> dict[str, NDArray[np.float32]]:
        """See `Aggregation.aggregate`."""
        self._start = self._start or {name: array.copy() for name, array in current.items()}
        limit = self._bias(round_, self._start) + self._tolerance
        here = self._bias(round_, current)
        examples = np.array([update.examples for update in updates], np.float64)
        rises = np.array([self._bias(round_, update.arrays) - here for update in updates])
        weights = nearest(examples / examples.sum(), rises, limit - here)
        slack = 0.5 / self._items  # of one item's outcome: weights that just meet the budget may round to beyond it
        for _ in range(HALVINGS + 1):
            result = step(current, updates, weights)
            if self._bias(round_, result) <= limit + slack:
                return result
            weights = weights / 2
        return {name: array.copy() for name, array in current.items()}

    def aggregate_sum(
        self, round_: int, current: Arrays, total: Mapping[str, Floats], clients: int
    ) -> dict[str, NDArray[np.float32]]:
        """See `OfSum.aggregate_sum`."""
        mean = {name: (array + total[name] / clients).astype(np.float32) for name, array in current.items()}
        return self.aggregate(round_, current, [Update(0, mean)])

    def _bias(self, round_: int, arrays: Arrays) -> float:
        assert self._judge is not None
        outcomes = self._judge(self._probe, self._items, round_, arrays)
        return abs(fmean(outcome.value for outcome in outcomes) - self._ideal)

    def state(self) -> State:
        """See `Aggregation.state`: the adapter that the budget is counted from."""
        return {_START + name: array for name, array in self._start.items()}

    def restore(self, state: State) -> None:
        """See `Aggregation.restore`."""
        self._start = {name.removeprefix(_START): array.astype(np.float32) for name, array in state.items()}


def nearest(shares: Floats, rises: Floats, budget: float) -> Floats:
    """The weights nearest to `shares`, >= 0 and together <= 1, of which sum w * rises <= `budget`; where none can do
    that, those that come closest to it. All (clients,)."""

    def pushed(by: float) -> Floats:
        return _onto_simplex(shares - by * rises)

    if rises @ shares <= budget:
        return shares
    high = 1.0
    while rises @ pushed(high) > budget:
        if high > 1e9:
            return pushed(high)
        high *= 2.0
    low = 0.0
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rises @ pushed(middle) > budget else (low, middle)
    return pushed(high)


def _onto_simplex(point: Floats) -> Floats:
    """The nearest point with no coordinate below 0 and a sum of at most 1 (Duchi et al., 2008)."""
    positive = np.maximum(point, 0.0)
    if positive.sum() <= 1.0:
        return positive
    falling = np.sort(point)[::-1]
    over = (np.cumsum(falling) - 1.0) / np.arange(1, len(point) + 1)
    level = over[np.flatnonzero(falling > over)[-1]]
    cut: Floats = np.maximum(point - level, 0.0)
    return cut


@AGGREGATIONS.register("bias-budget")
def bias_budget(given: Options) -> Aggregation:
    """Options `probe` (default "stereotype"), `items` (default 96) asked of each update in each round, `ideal` (default
    0.5), the mean outcome of an unbiased model, and `tolerance` (default 0.02): how much further from that the adapter
    may be than the one that the run began with."""
    given = options("bias-budget", given, {"probe": "stereotype", "items": 96, "ideal": 0.5, "tolerance": 0.02})
    check_public(given["probe"])
    at_least("items", given["items"], 1)
    at_least("tolerance", given["tolerance"], 0.0)
    return BiasBudget(given["probe"], int(given["items"]), float(given["ideal"]), float(given["tolerance"]))
