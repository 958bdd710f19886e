"""How differently groups are treated, by fairlearn's definitions (Bird et al., 2020; Hardt et al., 2016).

`predicted` and `actual` hold a 0 or 1 for each case and `groups` its group, all of shape (n,). Every figure is a
difference between the group with the highest rate and the one with the lowest, in [0, 1]: 0 is equal treatment, one
group alone has 0, and no cases have NaN.
"""

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

Flags = NDArray[np.bool_]


def demographic_parity_difference(predicted: ArrayLike, groups: Sequence[str]) -> float:
    """Of the rates at which 1 is predicted. Raises ValueError for arrays of different lengths or values that are
    neither 0 nor 1."""
    (said,) = _flags(groups, predicted)
    return _difference(said, np.ones_like(said), groups)


def equalised_odds_difference(actual: ArrayLike, predicted: ArrayLike, groups: Sequence[str]) -> float:
    """The larger one of the differences of true and of false positive rates (Hardt et al., 2016, arXiv 1610.02413,
    definition 2.1; the larger one is fairlearn's "worst_case").

    A group without cases of one kind has the rate 0 there, as in fairlearn; look at such a group's size first.
    Raises ValueError as `demographic_parity_difference` does.
    """
    true, said = _flags(groups, actual, predicted)
    return max(_difference(said, true, groups), _difference(said, ~true, groups)) if len(said) else nan


def _difference(said: Flags, among: Flags, groups: Sequence[str]) -> float:
    """The largest less the smallest rate of `said` in a group, among the cases marked."""
    if not len(said):
        return nan
    _, places = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    cases = np.bincount(places, weights=among)
    rates = np.bincount(places, weights=said & among) / np.maximum(cases, 1.0)
    return float(rates.max() - rates.min())


def _flags(groups: Sequence[str], *arrays: ArrayLike) -> tuple[Flags, ...]:
    flags = []
    for array in map(np.asarray, arrays):
        if array.shape != (len(groups),):
            raise ValueError(f"{len(groups)} groups do not belong to an array of shape {array.shape}")
        if not np.isin(array, (0, 1)).all():
            raise ValueError("a value is neither 0 nor 1")
        flags.append(array.astype(np.bool_))
    return tuple(flags)
