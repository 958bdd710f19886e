"""Which cells to look at first. It ranks a dashboard and decides nothing."""

from collections.abc import Sequence

import numpy as np


def e_bh(log_e: Sequence[float], level: float) -> tuple[int, ...]:
    """Indices of the cells that stand out, the highest first: the e-BH procedure.

    Of K cells the k highest, for the largest k at which the k-th highest e-value is at least K / (level * k). Among
    those named, the expected share of cells whose null is true is at most `level` *at a time fixed beforehand*, under
    any dependence (Wang & Ramdas, "False discovery rate control with e-values", JRSS-B, 2022). Looked at every round,
    or used to page somebody, it gives no such guarantee: a page is `levels.threshold`'s business. NaN (unknown) is
    never named and counts as a cell. Raises ValueError for a level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level of {level} is not between 0 and 1")
    values = np.nan_to_num(np.asarray(log_e, dtype=float), nan=-np.inf)
    order = np.argsort(-values, kind="stable")
    enough = values[order] >= np.log(len(values) / level) - np.log(np.arange(1, len(values) + 1))
    count = int(np.max(np.flatnonzero(enough), initial=-1)) + 1
    return tuple(int(i) for i in order[:count])
