"""Distributed discrete Gaussian noise: for what composes over rounds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.privacy.tally import Vector

Draw = Callable[[int, float], list[int]]
"""`draw(size, sigma)`: so many independent discrete Gaussians."""


def opendp(size: int, sigma: float) -> list[int]:
    """OpenDP's sampler: exact (Canonne, Kamath and Steinke 2020, in rational arithmetic on the float's exact value),
    with randomness from the operating system."""
    sample: list[int] = _measurement(sigma)([0] * size)
    return sample


@lru_cache(maxsize=16)
def _measurement(sigma: float) -> Any:
    import opendp.prelude as dp  # takes a second; only who makes such noise needs it

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64")
    return dp.m.make_gaussian(*space, scale=sigma)


@dataclass(frozen=True)
class DiscreteGaussian:
    """P(x) in proportion to exp(-x^2 / (2 sigma^2)) over the integers, for the sum over the honest clients' shares.

    Client i adds a discrete Gaussian of variance parameter sigma^2/h. The sum of h of them is not exactly a discrete
    Gaussian; `divergence` bounds by how much, and the ledger charges it. `sigma` is in steps of what is released
    (1/16 of a count).
    """

    sigma: float

    def __post_init__(self) -> None:
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"a discrete Gaussian of sigma {self.sigma} is no distribution")

    def share(self, size: int, honest: int, draw: Draw = opendp) -> Vector:
        """One client's noise, int64 of (size,), where `honest` >= 1 clients are assumed to add theirs."""
        return np.array(draw(size, self._share_sigma(honest)), dtype=np.int64)

    def _share_sigma(self, honest: int) -> float:
        # Rounded up: the sum's variance is never under the one that is charged.
        return self.sigma if honest == 1 else math.nextafter(self.sigma / math.sqrt(honest), math.inf)

    @property
    def variance(self) -> float:
        """Of the sum over the honest clients assumed, per entry; at most sigma^2, and nearly that from sigma 1 on."""
        return self.sigma**2

    def log_pmf(self, x: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log-probability of a discrete Gaussian at `x`, entry by entry."""
        reach = math.ceil(40 * self.sigma) + 1
        k = np.arange(-reach, reach + 1)
        norm = math.log(np.exp(-(k**2) / (2 * self.sigma**2)).sum())
        return -(x.astype(float) ** 2) / (2 * self.sigma**2) - norm

    def bound(self, honest: int, bits: int = 100) -> int:
        """A share is larger than this, in absolute value, with probability at most 2^-bits per entry.

        A discrete Gaussian is sub-Gaussian with its own sigma (Canonne, Kamath and Steinke 2020), hence
        P(|share| > b) <= 2 exp(-b^2 / (2 sigma_share^2)).
        """
        return math.ceil(self._share_sigma(honest) * math.sqrt(2 * (bits + 1) * math.log(2)))

    def divergence(self, honest: int) -> float:
        """Max-divergence, both ways and per entry, between the sum of shares and the discrete Gaussian charged.

        tau = 10 * sum over k = 1..h-1 of exp(-2 pi^2 s^2 k/(k+1)), s the shares' sigma: Kairouz, Liu and Steinke
        2021, "The Distributed Discrete Gaussian Mechanism for Federated Learning with Secure Aggregation", the
        corollary on the convolution of many discrete Gaussians. It asks for s^2 >= 1/2: infinite below that.
        """
        square = self._share_sigma(honest) ** 2
        if honest == 1:
            return 0.0
        if square < 0.5:
            return math.inf
        k = np.arange(1, honest)
        return float(10 * np.exp(-2 * math.pi**2 * square * k / (k + 1)).sum())

    def __str__(self) -> str:
        return f"discrete Gaussian, sigma {self.sigma:.4g}"
