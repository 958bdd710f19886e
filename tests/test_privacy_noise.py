"""Noise: each share, and the sum of shares, has exactly the distribution that the ledger charges."""

import inspect
import math
import random
import secrets
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tocsin.privacy.noise import DiscreteGaussian, DiscreteLaplace, Honesty
from tocsin.privacy.noise.exact import bernoulli_exp, geometric, negative_binomial_share, system

# Noise from the operating system cannot be seeded: tests of it fail by chance once in a million runs.
RARE = 1e-6


def source(seed=1):
    return random.Random(seed).randrange


def fits(samples, pmf):
    """The p-value of a chi-square test; values with fewer than 10 expected are pooled."""
    counts, n = Counter(int(x) for x in samples), len(samples)
    common = [x for x in range(min(counts) - 1, max(counts) + 2) if n * pmf(x) >= 10]
    seen = [counts[x] for x in common]
    wanted = [n * pmf(x) for x in common]
    seen.append(n - sum(seen))
    wanted.append(n - sum(wanted))
    if wanted[-1] < 5:
        seen[-2:], wanted[-2:] = [sum(seen[-2:])], [sum(wanted[-2:])]
    return stats.chisquare(seen, np.array(wanted) * n / sum(wanted)).pvalue


@pytest.mark.parametrize("gamma", [Fraction(0), Fraction(1, 3), Fraction(1)])
def test_a_coin_falls_with_probability_exp_minus_gamma(gamma):
    below = source()
    heads = sum(bernoulli_exp(gamma, below) for _ in range(20_000))
    assert stats.binomtest(heads, 20_000, math.exp(-gamma)).pvalue > 0.01


@pytest.mark.parametrize("epsilon", [Fraction(1, 4), Fraction(2), Fraction(717, 1024)])
def test_the_geometric_sampler(epsilon):
    below, a = source(), math.exp(-epsilon)
    assert fits([geometric(epsilon, below) for _ in range(10_000)], lambda k: (1 - a) * a**k * (k >= 0)) > 0.01


@pytest.mark.parametrize("honest", [1, 2, 7, 200])
@pytest.mark.parametrize("epsilon", [0.25, 2.0])
def test_an_urn_fed_with_a_geometric_number_of_balls_is_negative_binomial(honest, epsilon):
    """The identity behind the sampler, on the distributions themselves: no sampling in it."""
    a = math.exp(-epsilon)
    g = np.arange(0, int(60 / epsilon))
    for x in range(6):
        urn = (g == x).astype(float) if honest == 1 else stats.betabinom.pmf(x, g, 1 / honest, 1 - 1 / honest)
        assert ((1 - a) * a**g * urn).sum() == pytest.approx(stats.nbinom.pmf(x, 1 / honest, 1 - a), rel=1e-9)


@pytest.mark.parametrize(("honest", "epsilon"), [(3, Fraction(1, 2)), (20, Fraction(1, 4))])
def test_a_share_is_negative_binomial(honest, epsilon):
    below = source()
    samples = [negative_binomial_share(epsilon, honest, below) for _ in range(20_000)]
    assert fits(samples, stats.nbinom(1 / honest, 1 - math.exp(-epsilon)).pmf) > 0.01


@pytest.mark.parametrize(("honest", "epsilon"), [(1, Fraction(1)), (9, Fraction(1)), (25, Fraction(2))])
def test_shares_sum_to_a_discrete_laplace(honest, epsilon):
    noise, below = DiscreteLaplace(epsilon), source()
    sums = sum(noise.share(4000, honest, below) for _ in range(honest))
    assert fits(sums, stats.dlaplace(float(epsilon)).pmf) > 0.01
    assert noise.variance == pytest.approx(stats.dlaplace(float(epsilon)).var())
    assert sums.var() == pytest.approx(noise.variance, rel=0.15)
    x = np.arange(-5, 6)
    assert np.exp(noise.log_pmf(x)) == pytest.approx(stats.dlaplace(float(epsilon)).pmf(x))


def test_noise_that_protects_comes_from_the_operating_system():
    assert system is secrets.randbelow
    assert inspect.signature(DiscreteLaplace.share).parameters["below"].default is secrets.randbelow
    for noise in (DiscreteLaplace(Fraction(1, 10)), DiscreteGaussian(30.0)):
        draws = []
        for _ in range(2):
            random.seed(0)
            np.random.seed(0)
            draws.append(tuple(noise.share(50, 1)))
        assert draws[0] != draws[1]


@pytest.mark.parametrize(("honest", "sigma"), [(1, 2.0), (10, 8.0)])
def test_shares_sum_to_a_discrete_gaussian(honest, sigma):
    noise = DiscreteGaussian(sigma)
    sums = sum(noise.share(5000, honest) for _ in range(honest))
    assert fits(sums, lambda x: math.exp(noise.log_pmf(np.array([x]))[0])) > RARE
    # The variance of a sample's variance, at six standard errors.
    assert sums.var() == pytest.approx(noise.variance, rel=6 * math.sqrt(2 / 5000))
    assert np.exp(noise.log_pmf(np.arange(-100, 101))).sum() == pytest.approx(1)


@pytest.mark.parametrize(("share", "honest"), [(0.8, 2), (0.8, 5), (1.0, 12)])
def test_the_divergence_bounds_how_far_the_sum_is_from_a_discrete_gaussian(share, honest):
    noise = DiscreteGaussian(share * math.sqrt(honest))
    x = np.arange(-60, 61)
    one = np.exp(DiscreteGaussian(share).log_pmf(x))
    total = one
    for _ in range(honest - 1):
        total = np.convolve(total, one)
    middle = len(total) // 2
    near = np.arange(-8, 9)
    ratio = np.log(total[middle + near]) - noise.log_pmf(near)
    assert 0 < np.abs(ratio).max() <= noise.divergence(honest)


def test_the_divergence_vanishes_at_the_scale_used_and_is_infinite_where_nothing_is_known():
    assert DiscreteGaussian(16 * 2.0).divergence(200) < 1e-20
    assert DiscreteGaussian(0.5).divergence(10) == math.inf
    assert DiscreteGaussian(0.5).divergence(1) == 0.0
    assert DiscreteLaplace(Fraction(1)).divergence(200) == 0.0


@given(st.integers(1, 500), st.sampled_from([Fraction(1, 8), Fraction(2)]), st.integers(4, 200))
def test_the_bound_holds_with_the_probability_stated(honest, epsilon, bits):
    laplace = DiscreteLaplace(epsilon)
    b = laplace.bound(honest, bits)
    # P(|X - Y| > b) <= P(X > b) + P(Y > b)
    assert 2 * stats.nbinom.sf(b, 1 / honest, 1 - math.exp(-epsilon)) <= 2.0**-bits * (1 + 1e-6)
    gaussian = DiscreteGaussian(float(10 / epsilon))
    b = gaussian.bound(honest, bits)
    own = DiscreteGaussian(gaussian.sigma / math.sqrt(honest))
    x = np.arange(b + 1, b + 40 * math.ceil(own.sigma))
    assert 2 * np.exp(own.log_pmf(x)).sum() <= 2.0**-bits * (1 + 1e-6)


@given(st.integers(1, 1000), st.fractions(0, 1, max_denominator=100).filter(lambda x: x < 1))
def test_the_clients_assumed_honest(roster, lying):
    honest = Honesty(lying).honest(roster)
    assert 1 <= honest <= roster
    assert roster - honest <= lying * roster


def test_no_noise_of_no_size():
    for wrong in (lambda: DiscreteLaplace(Fraction(0)), lambda: DiscreteGaussian(0.0), lambda: Honesty(Fraction(1))):
        with pytest.raises(ValueError):
            wrong()
