"""How a study's level is split over channels, cohorts and cells, and what each cell then has to reach."""

import math
from collections.abc import Mapping

from tocsin.errors import TocsinError


def split(level: float, weights: Mapping[str, float]) -> dict[str, float]:
    """A share of `level` for each channel (or cohort), in proportion to its weight; they sum to `level`.

    By the union bound the chance of any false alarm in the run is at most `level`, however the parts depend on each
    other. A weight of 0 takes a part out. The split is fixed before the run: choosing it by results breaks it. Raises
    TocsinError for a level outside (0, 1) and for weights that are negative or all 0.
    """
    if not 0.0 < level < 1.0:
        raise TocsinError(f"A false-alarm level of {level:g} is not between 0 and 1; give the study one like 0.05.")
    total = math.fsum(weights.values())
    if any(weight < 0.0 for weight in weights.values()) or not 0.0 < total < math.inf:
        raise TocsinError(f"The level cannot be split by the weights {dict(weights)}; give each at least 0, one more.")
    return {name: level * weight / total for name, weight in weights.items() if weight > 0.0}


def threshold(level: float, cells: int) -> float:
    """What the e-value of one of `cells` has to reach: cells / level (Ville's inequality and Bonferroni's).

    The chance that any of them ever does in the run, all nulls being true, is at most `level`. Cells are all that are
    tested in the run, also those that turn out unknown. Raises ValueError for less than one cell or a level outside
    (0, 1).
    """
    if cells < 1 or not 0.0 < level < 1.0:
        raise ValueError(f"{cells} cells at level {level} have no threshold")
    return cells / level
