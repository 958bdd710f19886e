"""Public probes of the global model: the server can ask for itself what the clients say they found."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from tocsin.errors import TocsinError


def disagreement(total: float, number: float, sd: float, own: Sequence[float]) -> float:
    """The p-value that clients' outcomes and the server's `own`, in [0, 1], are of one model on one pool of items.

    `total` and `number` are the sum of outcomes *before* training and the number of items over a roster (or a cohort),
    each with noise of standard deviation `sd`, for a probe whose pool is public and whose items clients draw at
    random. Two-sided: total - number x the mean of `own` is 0 on average when all tell the truth, and its variance is
    that of drawing n and m items, n s^2 (1 + n/m) with s^2 <= p(1 - p) for outcomes in [0, 1], and that of the noise,
    sd^2 (1 + p^2). Normal approximation: rejecting at p-values under a level is wrong about as often as the level says
    (`results/liars.md`), and less often where outcomes are not 0 or 1. Over several cells and rounds divide the level.
    Raises TocsinError for fewer than 30 own outcomes, or no items.

    It finds clients that run another model or other code, and crude lies. A liar who knows that it is asked about a
    public probe tells the truth there and lies elsewhere: that is not found.
    """
    m = len(own)
    if m < 30 or number <= 0:
        raise TocsinError(
            f"Clients' answers on {number:g} items cannot be compared with the server's on {m}; the server needs 30 or "
            "more of its own."
        )
    bad = float(np.sum(own))
    # A total with much noise may bring both samples' rate near 0: the server's own, with two items more of each kind
    # (Agresti and Coull 1998), is beside it.
    rates = min(max((bad + total) / (m + number), 0.0), 1.0), (bad + 2) / (m + 4)
    spread = max(rate * (1 - rate) for rate in rates)
    variance = spread * number * (1 + number / m) + sd**2 * (1 + (bad / m) ** 2)
    return float(2 * ndtr(-abs(total - number * bad / m) / math.sqrt(variance)))
