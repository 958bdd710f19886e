"""Distributed discrete Laplace noise: pure differential privacy, no delta, no divergence term."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tocsin.privacy.noise.exact import Below, negative_binomial_share, system
from tocsin.privacy.tally import Vector


@dataclass(frozen=True)
class DiscreteLaplace:
    """P(x) = (1-a)/(1+a) a^|x| with a = exp(-epsilon), for the sum over the honest clients' shares.

    It is infinitely divisible: client i adds X_i - Y_i, each NegativeBinomial(1/h, a), and over h clients these sum
    to the difference of two geometric variables, which is discrete Laplace (Goryczka and Xiong 2015; Ghosh,
    Roughgarden and Sundararajan 2009). Shares of clients beyond the h assumed only add noise.
    """

    epsilon: Fraction

    def __post_init__(self) -> None:
        if self.epsilon <= 0:
            raise ValueError(f"a discrete Laplace of epsilon {self.epsilon} is no distribution")

    def share(self, size: int, honest: int, below: Below = system) -> Vector:
        """One client's noise, int64 of (size,), where `honest` >= 1 clients are assumed to add theirs."""
        draw = negative_binomial_share
        return np.array(
            [draw(self.epsilon, honest, below) - draw(self.epsilon, honest, below) for _ in range(size)], dtype=np.int64
        )

    @property
    def variance(self) -> float:
        """Of the sum over the honest clients assumed, per entry: 2a/(1-a)^2."""
        a = math.exp(-self.epsilon)
        return 2 * a / (1 - a) ** 2

    def log_pmf(self, x: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log-probability of the sum being `x`, entry by entry."""
        a = math.exp(-self.epsilon)
        return math.log((1 - a) / (1 + a)) - float(self.epsilon) * np.abs(x)

    def bound(self, honest: int, bits: int = 100) -> int:
        """A share is larger than this, in absolute value, with probability at most 2^-bits per entry.

        A share is between -Y and X, and neither is larger than a geometric variable: P(|share| > b) <= 2 a^(b+1).
        """
        return math.ceil((bits + 1) * math.log(2) / self.epsilon)

    def divergence(self, honest: int) -> float:
        """How far (max-divergence) the sum of shares is from the distribution named: it is that distribution."""
        return 0.0

    def __str__(self) -> str:
        return f"discrete Laplace, epsilon {float(self.epsilon):.4g}"
