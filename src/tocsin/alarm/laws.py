"""What is known of the noise in a release: as much of its law as an e-process needs to allow for it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]

_REACH = 60.0  # nats: noise that is rarer than exp(-60) is added to the rest of its tail
_SAFE = 1.0 + 1e-9  # tails are sums of many floats; a price is rounded up, never down


@dataclass(frozen=True)
class DiscreteLaplace:
    """P(x) = (1-a)/(1+a) a^|x|, a = exp(-epsilon): pure differential privacy, the noise of trips.

    `shares` is for noise that clients make together: the number who may have added their share, over the number whose
    shares sum to the law above (1 when nobody's is missing or beyond). All of a roster being honest where one in ten
    was assumed not to be gives 1/.9. More shares are more noise: state the largest number that is possible. The law is
    then the difference of two NegativeBinomial(shares, a), and what is said of tails and moments holds for fewer
    shares too, down to 1: a sum with one more independent symmetric unimodal part has larger ones.

    Raises ValueError for an epsilon that is not above 0, and for fewer shares than 1.
    """

    epsilon: float
    shares: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.epsilon < math.inf:
            raise ValueError(f"a discrete Laplace of epsilon {self.epsilon} is no distribution")
        if not 1.0 <= self.shares < math.inf:
            raise ValueError(f"{self.shares} shares of noise: under 1 the noise is less than was charged")

    @property
    def variance(self) -> float:
        """Per entry: shares * 2a / (1-a)^2."""
        a = math.exp(-self.epsilon)
        return self.shares * 2.0 * a / (1.0 - a) ** 2

    def log_moment(self, bet: Floats) -> Floats:
        """log E exp(bet * noise), |bet| < epsilon: shares * log((1-a)^2 / ((1 - a e^bet)(1 - a e^-bet)))."""
        a = math.exp(-self.epsilon)
        got: Floats = self.shares * (2.0 * math.log1p(-a) - np.log1p(-a * np.exp(bet)) - np.log1p(-a * np.exp(-bet)))
        return got

    def tail(self, at_least: int) -> float:
        """P(noise >= at_least), rounded up."""
        if at_least <= 0:
            return min(1.0, 1.0 - self.tail(1 - at_least) / _SAFE**2)
        return float(self._tails[min(at_least, len(self._tails) - 1)])

    def probability(self, value: int) -> float:
        """P(noise = value), rounded up."""
        return float(self._probabilities[min(abs(value), len(self._probabilities) - 1)])

    @cached_property
    def _probabilities(self) -> Floats:
        """P(noise = 0, 1, ...); the last entry is for all beyond."""
        size = math.ceil((_REACH + 10.0 * self.shares) / self.epsilon) + 2
        if self.shares == 1.0:
            a = math.exp(-self.epsilon)
            exact: Floats = (1.0 - a) / (1.0 + a) * np.exp(-self.epsilon * np.arange(size)) * _SAFE
            return exact
        one = np.arange(2 * size)
        log_one = (
            gammaln(one + self.shares)
            - gammaln(self.shares)
            - gammaln(one + 1.0)
            + self.shares * math.log1p(-math.exp(-self.epsilon))
            - self.epsilon * one
        )
        pmf = np.exp(log_one)
        got: Floats = np.array([pmf[k:] @ pmf[: len(pmf) - k] for k in range(size)]) * _SAFE
        return got

    @cached_property
    def _tails(self) -> Floats:
        got: Floats = np.cumsum(self._probabilities[::-1])[::-1] * _SAFE
        return got


@dataclass(frozen=True)
class Gaussian:
    """Noise whose moments are at most those of a Gaussian of standard deviation `sd`, 0 for none.

    That is all that is used, so it covers the discrete Gaussian (Canonne, Kamath and Steinke 2020) and sums of
    independent ones, whatever their number. Raises ValueError for a negative `sd`.
    """

    sd: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.sd < math.inf:
            raise ValueError(f"noise with a standard deviation of {self.sd} is no noise")

    @property
    def variance(self) -> float:
        """Per entry, at most."""
        return self.sd**2

    def log_moment(self, bet: Floats) -> Floats:
        """A bound on log E exp(bet * noise): bet^2 sd^2 / 2."""
        got: Floats = np.square(bet) * (self.sd**2 / 2.0)
        return got


Noise = DiscreteLaplace | Gaussian
NO_NOISE = Gaussian(0.0)
