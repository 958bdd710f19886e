"""How well a number tells members from others: figures over two sets of scores, higher for members."""

from math import nan

import numpy as np
from numpy.typing import ArrayLike


def area_under_curve(members: ArrayLike, others: ArrayLike) -> float:
    """AUC, in [0, 1]: the chance that a member scores above another, ties half (Mann & Whitney, 1947; Hanley &
    McNeil, 1982). NaN without members, without others, or with a score that is NaN."""
    inside, outside = np.asarray(members, np.float64), np.sort(np.asarray(others, np.float64))
    if not len(inside) or not len(outside) or np.isnan(inside).any() or np.isnan(outside).any():
        return nan
    below = np.searchsorted(outside, inside, side="left")
    not_above = np.searchsorted(outside, inside, side="right")
    return float((below + not_above).mean() / (2.0 * len(outside)))


def true_positives_at(members: ArrayLike, others: ArrayLike, false_positives: float = 0.01) -> float:
    """The largest share of members found at a threshold that takes at most this share of the others for members
    (Carlini et al., 2022, arXiv 2112.03570): whether anybody is exposed, where AUC is an average.
    NaN as in `area_under_curve`.

    With fewer than 1/false_positives others the threshold lies above all of them.
    """
    inside, outside = np.asarray(members, np.float64), np.sort(np.asarray(others, np.float64))
    if not len(inside) or not len(outside) or np.isnan(inside).any() or np.isnan(outside).any():
        return nan
    allowed = int(np.floor(false_positives * len(outside) + 1e-9))  # .01 * 300 is a little under 3
    if allowed >= len(outside):
        return 1.0
    # At the highest score of those that must stay out: members above it are found, none of those is.
    return float((inside > outside[len(outside) - allowed - 1]).mean())
