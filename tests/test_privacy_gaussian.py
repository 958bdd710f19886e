"""Gaussian noise and Poisson samples from bytes: what law they have, and where they come from."""

import inspect
import math
import os

import numpy as np
import pytest
from scipy import stats

from tocsin.privacy.noise import noised, poisson_sample


@pytest.mark.parametrize("sigma", [1e-9, 0.7, 1.0, 3e5])
def test_the_law_is_the_gaussian(sigma: float) -> None:
    noise = noised(np.zeros(40_000), sigma, np.random.default_rng(1).bytes)
    assert stats.kstest(noise / sigma, "norm").pvalue > 0.001


def test_the_law_with_the_systems_randomness() -> None:
    # Wrong once in a million runs.
    assert stats.kstest(noised(np.zeros(40_000), 2.0) / 2, "norm").pvalue > 1e-6


def test_entries_are_independent() -> None:
    """Both of a Box-Muller pair, which are half the vector apart, and neighbours: 8 x 8 equally likely cells."""
    ranks = stats.norm.cdf(noised(np.zeros(80_000), 1.0, np.random.default_rng(2).bytes))
    for apart in (1, 40_000):
        cells = np.histogram2d(ranks[:-apart], ranks[apart:], bins=8, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(cells.ravel()).pvalue > 0.001


def test_an_odd_number_of_entries_and_any_shape() -> None:
    noise = noised(np.zeros((3, 5)), 1.0, np.random.default_rng(3).bytes)
    assert noise.shape == (3, 5)
    assert len(np.unique(noise)) == 15


def test_the_noise_is_around_the_values() -> None:
    values = np.array([0.0, 1e3, -7.25])
    sources = [np.random.default_rng(4).bytes for _ in range(2)]
    grid = 2.0**-20
    np.testing.assert_allclose(noised(values, 1.0, sources[0]) - values, noised(0 * values, 1.0, sources[1]), atol=grid)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 5e4])
def test_all_that_comes_out_is_on_one_grid_whatever_went_in(sigma: float) -> None:
    grid = 2.0 ** (math.floor(math.log2(sigma)) - 20)
    for value in (0.0, 1 / 3, sigma * math.pi):
        steps = noised(np.full(1000, value), sigma, np.random.default_rng(5).bytes) / grid
        assert (steps == np.rint(steps)).all()


def test_where_it_comes_from_when_nobody_says() -> None:
    for function in (noised, poisson_sample):
        assert inspect.signature(function).parameters["random"].default is os.urandom


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.inf, math.nan])
def test_a_sigma_that_is_none(sigma: float) -> None:
    with pytest.raises(ValueError, match="no noise"):
        noised(np.zeros(2), sigma)


def test_a_record_joins_below_the_rate_and_not_at_it() -> None:
    def drawn(*numbers: int):
        return lambda n: np.array([k << 11 for k in numbers], dtype=np.uint64).tobytes()

    quarter = 2**51
    assert poisson_sample(4, 0.25, drawn(0, quarter - 1, quarter, 2**53 - 1)) == [0, 1]
    assert poisson_sample(1, 1.0, drawn(2**53 - 1)) == [0]
    assert poisson_sample(1, 2.0**-60, drawn(0)) == []


def test_samples_have_binomial_sizes() -> None:
    random = np.random.default_rng(6).bytes
    sizes = np.bincount([len(poisson_sample(12, 0.3, random)) for _ in range(5000)], minlength=13)
    expected = 5000 * stats.binom.pmf(np.arange(13), 12, 0.3)
    pooled = [[*x[:8], x[8:].sum()] for x in (sizes, expected)]
    assert stats.chisquare(*pooled).pvalue > 0.001


def test_each_record_joins_alike_and_samples_differ() -> None:
    random = np.random.default_rng(7).bytes
    samples = [tuple(poisson_sample(12, 0.3, random)) for _ in range(5000)]
    joined = np.bincount([i for sample in samples for i in sample], minlength=12)
    # Binomial variances, not multinomial ones.
    assert stats.chi2.sf(((joined - 1500) ** 2 / (5000 * 0.3 * 0.7)).sum(), 12) > 0.001
    assert len(set(samples)) > 1000


def test_empty_and_impossible_samples() -> None:
    assert poisson_sample(0, 0.5) == []
    for rate in (0.0, 1.1, math.nan):
        with pytest.raises(ValueError, match="sampling rate"):
            poisson_sample(3, rate)
