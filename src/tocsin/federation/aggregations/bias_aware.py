"""Bias-aware aggregation: a client's update counts the less, the further it is from unbiased on public items.

After "Investigating Social Bias Propagation in Federated Fine-tuning of Large Language Models" (Zhao et al., 2026, doi
10.1609/aaai.v40i46.41316), whose abstract names the idea; weights and temperature are ours.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from tocsin.federation.aggregation import (
    AGGREGATIONS,
    Aggregation,
    Judge,
    Options,
    State,
    above,
    at_least,
    options,
    step,
)
from tocsin.federation.judging import check_public
from tocsin.federation.messages import Arrays, Update


class BiasAware:
    """The mean by weights exp(-|b_k - ideal| / temperature), b_k being the mean outcome of client k's own adapter.

    The server sees which client's update is how biased: it has all updates in the clear, and could ask without this.
    """

    client_options: Mapping[str, float] = {}
    fewest = 1
    weighs = True

    def __init__(self, probe: str, items: int, ideal: float, temperature: float) -> None:
        self._probe, self._items, self._ideal, self._temperature = probe, items, ideal, temperature
        self._judge: Judge | None = None

    def judge_by(self, judge: Judge) -> None:
        """See `Judging.judge_by`."""
        self._judge = judge

    def aggregate(self, round_: int, current: Arrays, updates: Sequence[Update]) -> dict[str, NDArray[np.float32]]:
        """See `Aggregation.aggregate`."""
        assert self._judge is not None
        outcomes = [self._judge(self._probe, self._items, round_, update.arrays) for update in updates]
        distances = np.array([abs(fmean(one.value for one in of) - self._ideal) for of in outcomes])
        weights = np.array([update.examples for update in updates]) * np.exp(
            -(distances - distances.min()) / self._temperature
        )
        return step(current, updates, weights / weights.sum())

    def state(self) -> State:
        """See `Aggregation.state`."""
        return {}

    def restore(self, state: State) -> None:
        """See `Aggregation.restore`."""


@AGGREGATIONS.register("bias-aware")
def bias_aware(given: Options) -> Aggregation:
    """Options `probe` (default "stereotype"), `items` (default 96) asked of each update in each round, `ideal` (default
    0.5), the mean outcome of an unbiased model, and `temperature` (default 0.05): the larger, the more alike the
    weights. A mean outcome of 96 items is itself off by about 0.05, so that a lower one follows chance."""
    given = options("bias-aware", given, {"probe": "stereotype", "items": 96, "ideal": 0.5, "temperature": 0.05})
    check_public(given["probe"])
    at_least("items", given["items"], 1)
    above("temperature", given["temperature"], 0.0)
    return BiasAware(given["probe"], int(given["items"]), float(given["ideal"]), float(given["temperature"]))
