"""The server's test of the histogram of client scores against round 0: does a tail grow, or the spread?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.baseline import EstimatedRate
from tocsin.alarm.counts import CountNoise
from tocsin.alarm.e_process import Floats, log_mean_exp
from tocsin.alarm.laws import Gaussian
from tocsin.alarm.paired import TOLERANCE


class Histograms:
    """E-processes of the histograms over clients of each client's mean outcome: is round t wider than round 0?

    Null of a histogram: each client's chance of a vote in any of the sets of bins below is, in every round, at most
    what it was in round 0, on average over the round-0 roster and but for `tolerance`. Units of independence: a
    client's fresh items of a round, and the noise. A client that votes every round is no new client, and need not be:
    given each client's chances, its votes of different rounds are independent as their items are. A count over clients
    with chances pi_i has at most the moments of Binomial(clients, mean pi_i), so that `EstimatedRate` holds, with
    round 0 as its calibration: uncertainty and noise of round 0 are in the test.

    Sets: upper tails, from each second bin on (some clients do badly), and all outside of a window (clients come apart,
    both ways). A set's noise has as many times the variance as it has bins. The e-process of a histogram is the mean
    over its sets', tails and windows having half of it each. A shift of all clients alike moves a tail too: that is
    a failure, but whether it is a *widening* is for the diagnosis to say.

    Counts are against the *round-0 roster*. A client that is gone, because of its score or not, has no vote and can
    only lower a count; one that has joined since could have any score, and `joined` votes are taken off each count.

    Round 0 decides what can be seen: nothing that is within its noise. Release it with less noise than later rounds
    (`start_noise`): at a quarter of their standard deviation it costs as much as 16 of them.

    Raises ValueError for fewer than 4 bins, and an unknown round 0 (NaN): nothing can be tested against that.
    """

    def __init__(
        self,
        start: NDArray[np.floating],
        clients: int,
        rounds: int,
        start_noise: Gaussian,
        tolerance: float = TOLERANCE,
    ) -> None:
        """`start` are the votes of round 0, (histograms, bins), of `clients`, with `start_noise` in each entry."""
        votes = np.asarray(start, dtype=float)
        if votes.ndim != 2 or votes.shape[1] < 4:
            raise ValueError(f"histograms of shape {votes.shape}: (histograms, bins), 4 or more of them, is wanted")
        self._shape = votes.shape
        self._clients = clients
        self._tails, self._windows = _sets(votes.shape[1])
        self._tests = [
            EstimatedRate(votes @ one, np.full(len(votes), float(clients)), rounds, tolerance, _over(one, start_noise))
            for one in (*self._tails, *self._windows)
        ]

    def update(self, votes: NDArray[np.floating], noise: Gaussian, joined: int = 0) -> Floats:
        """The next release, (histograms, bins), NaN where unknown; `joined` clients were not in round 0's roster.

        Returns log_e, (histograms,). Raises ValueError for another shape.
        """
        votes = np.asarray(votes, dtype=float)
        if votes.shape != self._shape:
            raise ValueError(f"histograms of shape {votes.shape}, where round 0 had {self._shape}")
        number = np.full(len(votes), float(self._clients))
        paths = np.stack(
            [
                test.update(votes @ one - joined, number, _over(one, noise))
                for test, one in zip(self._tests, (*self._tails, *self._windows), strict=True)
            ]
        )
        split = len(self._tails)
        halves = np.stack([log_mean_exp(paths[:split], axis=0), log_mean_exp(paths[split:], axis=0)])
        return log_mean_exp(halves, axis=0)

    def state(self) -> list[dict[str, Any]]:
        """Plain values that JSON can hold: of the rounds. Round 0 is given again."""
        return [test.state() for test in self._tests]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Go on from `state`. Raises ValueError when it is of other histograms."""
        for test, one in zip(self._tests, state, strict=True):
            test.restore(one)


def _sets(bins: int) -> tuple[list[Floats], list[Floats]]:
    """Upper tails and outsides of windows, each a 0-1 vector over bins."""
    at = np.arange(bins)
    tails = [(at >= edge).astype(float) for edge in range(2, bins, 2)]
    width = max(2, bins // 4)
    windows = [((at < low) | (at >= low + width)).astype(float) for low in range(0, bins - width + 1, 2)]
    return tails, windows


def _over(one: Floats, noise: Gaussian) -> CountNoise:
    return CountNoise(Gaussian(noise.sd * float(np.sqrt(one.sum()))))
