"""Noise that many clients make together: each adds a share, and the sum has the distribution that is charged."""

from tocsin.privacy.noise.discrete_gaussian import DiscreteGaussian
from tocsin.privacy.noise.discrete_laplace import DiscreteLaplace
from tocsin.privacy.noise.exact import Below
from tocsin.privacy.noise.gaussian import Bytes, noised, poisson_sample
from tocsin.privacy.noise.honesty import Honesty

__all__ = ["Below", "Bytes", "DiscreteGaussian", "DiscreteLaplace", "Honesty", "noised", "poisson_sample"]
