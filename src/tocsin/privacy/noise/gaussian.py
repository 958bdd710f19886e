"""Gaussian noise for training: on sums of clipped gradients or updates, which are no integers."""

import math
import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Bytes = Callable[[int], bytes]
"""`random(n)` gives n uniform bytes. Noise that protects anyone uses `os.urandom`, the operating system's."""

# A release is rounded to this share of sigma, or up to twice finer.
_FINE = 2.0**-20


def noised(values: Floats, sigma: float, random: Bytes = os.urandom) -> Floats:
    """`values` with independent Gaussian noise of standard deviation `sigma` > 0 in each entry, on a common grid.

    What floating point can give away (Mironov 2012; Holohan and Braghin 2021, arXiv 2107.10138) is kept in twice: a
    normal is half the sum of four, so that running the generator backwards means trying 2^159 values, not 2^53; and
    what comes out is a multiple of a power of two near sigma/2^20, where each multiple is reached from a multitude of
    draws, whatever the values were. Rounding comes after the noise and costs no privacy; its error is a millionth of
    sigma. The law is the continuous Gaussian's up to double precision; nothing is larger than 17 sigma.
    """
    if not 0 < sigma < math.inf:
        raise ValueError(f"Gaussian noise of sigma {sigma} is no noise")
    noise = sigma / 2 * np.sum([_normals(values.size, random) for _ in range(4)], axis=0)
    grid = 2.0 ** math.floor(math.log2(sigma)) * _FINE
    rounded: Floats = np.rint((values + noise.reshape(values.shape)) / grid) * grid
    return rounded


def _normals(size: int, random: Bytes) -> Floats:
    """Standard normals, (size,), by Box and Muller (1958)."""
    pairs = -(-size // 2)
    radius = np.sqrt(-2 * np.log((_whole(pairs, random) + 0.5) * 2.0**-53))
    angle = 2 * math.pi * 2.0**-53 * _whole(pairs, random)
    normals: Floats = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:size]
    return normals


def _whole(size: int, random: Bytes) -> NDArray[np.uint64]:
    """Uniform whole numbers below 2^53, (size,)."""
    return np.frombuffer(random(8 * size), dtype=np.uint64) >> np.uint64(11)


def poisson_sample(count: int, rate: float, random: Bytes = os.urandom) -> list[int]:
    """Which of 0..count-1 are in a sample that each joins on its own with probability `rate` in (0, 1]; maybe none.

    The probability is exact: `rate` cut to a multiple of 2^-53. That the server cannot know the sample is part of what
    sampling gives, so it needs the same source as noise.
    """
    if not 0 < rate <= 1:
        raise ValueError(f"a sampling rate of {rate} is not in (0, 1]")
    return [int(i) for i in np.flatnonzero(_whole(count, random) < np.uint64(math.floor(rate * 2**53)))]
