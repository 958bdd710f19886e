"""A client's own test, without noise: has the mean of paired differences risen above what is tolerated?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.e_process import Floats, StartMixture, log_mean_exp

BETS = (0.1, 0.2, 0.35, 0.5, 0.7)
TOLERANCE = 0.03
"""Points by which any training may move behaviour, by default: 3 of 100."""

_CHUNK = 20_000  # streams worked on at once: 20 items and 5 bets of so many are 16 MB


class Paired:
    """Many streams of paired differences d = outcome now - outcome before, on the same fresh item; bad direction up.

    Null of a stream: in every round the mean of d over the *pool* is at most `tolerance`, under the two models of that
    round.
    Unit of independence: the item. Items are drawn at random and with replacement, afresh each round, so that given
    the models the differences of a round are independent draws, however much items of one template resemble
    each other: resemblance is within the pool, and the null is about the pool's mean.

    Each item multiplies the capital of the bet p by 1 + p (d - tolerance). For any d in [-1, 1], a flip (+1, 0, -1) or
    the difference of two bounded outcomes, this is at least 1 - p (1 + tolerance) > 0 and its mean, given the past, is
    1 + p (mean of d - tolerance) <= 1. So the capital is a nonnegative supermartingale, the mean over bets and over
    starting rounds is one too (`StartMixture`), and P(log_e ever >= x) <= exp(-x) by Ville's inequality. It holds after
    every *item*: what is returned is the highest value after any item of the round, in the order in which they were
    drawn, which reaches a threshold a little sooner than the value after the round. Bets are those of Waudby-Smith &
    Ramdas ("Estimating means of bounded random variables by betting", JRSS-B, 2024).

    What breaks it: a drawn set that is asked again, items chosen by earlier results or ordered by their outcome, a
    pool that changes during the run, items shared between streams that are then combined, and a trip that steers
    training (a rollback) if the model to compare with is not fixed beforehand. On a client's own small held-out set
    the null is about that set.

    Raises ValueError for a tolerance outside [0, 1) and for bets outside (0, 1 / (1 + tolerance)).
    """

    def __init__(self, streams: int, rounds: int, tolerance: float = TOLERANCE, bets: Sequence[float] = BETS) -> None:
        if not 0.0 <= tolerance < 1.0:
            raise ValueError(f"a tolerance of {tolerance} is not in [0, 1)")
        if not bets or not all(0.0 < bet < 1.0 / (1.0 + tolerance) for bet in bets):
            raise ValueError(f"bets of {tuple(bets)}: between 0 and 1 / (1 + tolerance) is wanted")
        self._tolerance = tolerance
        self._bets: Floats = np.array(bets, dtype=float)
        self._process = StartMixture((streams, len(bets)), rounds)

    def update(self, differences: NDArray[np.floating]) -> Floats:
        """One round: `differences` (streams, items) in [-1, 1] in the order drawn, NaN where a stream has fewer items.

        Returns the highest log e-value reached in the round, (streams,). A stream without an item is skipped. Raises
        ValueError for a value outside [-1, 1], another number of streams, and a round more than the horizon has.
        """
        d = np.asarray(differences, dtype=float)
        streams = len(self._process.begun)
        if d.ndim != 2 or len(d) != streams:
            raise ValueError(f"differences of shape {d.shape}: ({streams}, items) is wanted")
        if (np.abs(d) > 1.0).any():
            raise ValueError("a difference of two outcomes is outside [-1, 1]")
        known = ~np.isnan(d).all(axis=1)
        self._process.start(known)
        highest: Floats = np.empty(streams)
        for begin in range(0, streams, _CHUNK):
            at = slice(begin, begin + _CHUNK)
            gains = np.nan_to_num(d[at] - self._tolerance)[..., np.newaxis] * self._bets  # 0: an item that is not
            path = self._process.log_m[at][:, np.newaxis] + np.cumsum(np.log1p(gains), axis=1)
            if d.shape[1]:
                highest[at] = log_mean_exp(path).max(axis=1)
                self._process.log_m[at] = path[:, -1]
        if not d.shape[1]:
            highest = log_mean_exp(self._process.log_m)
        return np.logaddexp(highest, np.log(np.maximum(self._process.cash, 1e-300)))

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold: what a client keeps on its disk between rounds."""
        return self._process.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of other streams."""
        self._process.restore(state)
