"""Figures of `responsible_fedllm.py`, with intervals over seeds, items and what is not known of the detector."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.behaviour.refusal_correction import Errors
from tocsin.behaviour.statistics import Interval

Floats = NDArray[np.float64]
Table = Mapping[str, Floats]
"""Outcomes by measure, each of shape (seeds, items)."""


@dataclass(frozen=True)
class Means:
    """Means of outcomes: one number each, or one for every replicate, (replicates,). `refusal` and `over_refusal` are
    corrected for the detector's errors."""

    refusal: Floats
    over_refusal: Floats
    loss: Floats


Figure = Callable[[Sequence[Means]], Floats]
"""A figure of the means of several tables."""


class Resampled:
    """Draws seeds again, then the items within each seed, and the detector's errors; all arms in the same way, so that
    whatever they have in common cancels (a cluster bootstrap in two stages, paired by seed and item).

    Replicates are drawn out from the estimate by sqrt(S / (S - 1)), S the number of seeds: what a bootstrap of S
    clusters is too narrow by. Errors are drawn from Beta(k + 1, n - k + 1) for what the detector got right.
    """

    def __init__(self, seeds: int, items: Mapping[str, int], errors: Errors, replicates: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._seeds = random.integers(seeds, size=(replicates, seeds, 1))
        self._items = {name: random.integers(n, size=(replicates, seeds, n)) for name, n in sorted(items.items())}
        self._errors = errors
        self._sensitivity = _drawn(errors.sensitivity, errors.sensitivity_n, replicates, random)
        self._specificity = _drawn(errors.specificity, errors.specificity_n, replicates, random)
        self._stretch = np.sqrt(seeds / (seeds - 1)) if seeds > 1 else 1.0

    def interval(self, figure: Figure, *tables: Table) -> Interval:
        """The figure with its 95% percentile interval; a figure that is NaN has none. `n` is the number of seeds."""
        estimate = float(figure([self._means(table) for table in tables])[0])
        if not np.isfinite(estimate):
            return Interval(estimate, np.nan, np.nan, self._seeds.shape[1])
        drawn = figure([self._drawn_means(table) for table in tables])
        low, high = np.nanquantile(estimate + (drawn - estimate) * self._stretch, [0.025, 0.975]).tolist()
        return Interval(estimate, min(low, estimate), max(high, estimate), self._seeds.shape[1])

    def _means(self, table: Table) -> Means:
        se, sp = self._errors.sensitivity, self._errors.specificity
        return _corrected(
            {name: values.mean(keepdims=True).ravel() for name, values in table.items()}, np.array(se), np.array(sp)
        )

    def _drawn_means(self, table: Table) -> Means:
        means = {name: values[self._seeds, self._items[name]].mean((1, 2)) for name, values in table.items()}
        return _corrected(means, self._sensitivity, self._specificity)


def _drawn(share: float, n: float, replicates: int, random: np.random.Generator) -> Floats:
    return random.beta(share * n + 1.0, (1.0 - share) * n + 1.0, replicates)


def _corrected(means: Mapping[str, Floats], sensitivity: Floats, specificity: Floats) -> Means:
    refused, over = (true_share(means[name], sensitivity, specificity) for name in ("advbench", "xstest"))
    return Means(refused, over, means["loss"])


def true_share(observed: Floats, sensitivity: Floats, specificity: Floats) -> Floats:
    """Rogan & Gladen's (1978) estimate of the share that a detector counted as `observed`."""
    share: Floats = np.clip((observed + specificity - 1.0) / (sensitivity + specificity - 1.0), 0.0, 1.0)
    return share


# -- figures ----------------------------------------------------------------------------------------------------------


def refusal(means: Sequence[Means]) -> Floats:
    """Refusal, the mean over the tables."""
    return _mean([one.refusal for one in means])


def over_refusal(means: Sequence[Means]) -> Floats:
    """Over-refusal, the mean over the tables."""
    return _mean([one.over_refusal for one in means])


def gain(means: Sequence[Means]) -> Floats:
    """How much more the first half of the tables refuses than the second, in points."""
    first, second = _halves(means)
    return 100.0 * (refusal(first) - refusal(second))


def over_refusal_gained(means: Sequence[Means]) -> Floats:
    """How much more of what is safe the first half of the tables refuses than the second, in points."""
    first, second = _halves(means)
    return 100.0 * (over_refusal(first) - over_refusal(second))


def loss_added(means: Sequence[Means]) -> Floats:
    """By how much the loss of the first half of the tables is above the second's, in percent."""
    first, second = (_mean([one.loss for one in half]) for half in _halves(means))
    return 100.0 * (first / second - 1.0)


def kept(means: Sequence[Means]) -> Floats:
    """The first half's refusal as a share of the second's."""
    first, second = _halves(means)
    share: Floats = refusal(first) / refusal(second)
    return share


def gain_kept(means: Sequence[Means]) -> Floats:
    """The first third's gain over the last as a share of the second third's gain over it; NaN where that is none."""
    third = len(means) // 3
    first, second, base = (refusal(means[i * third : (i + 1) * third]) for i in range(3))
    gained = second - base
    return np.where(gained > 0.0, (first - base) / np.where(gained > 0.0, gained, 1.0), np.nan)


def _mean(values: Sequence[Floats]) -> Floats:
    mean: Floats = np.stack(values).mean(0)
    return mean


def _halves(means: Sequence[Means]) -> tuple[Sequence[Means], Sequence[Means]]:
    return means[: len(means) // 2], means[len(means) // 2 :]
