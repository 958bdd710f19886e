"""Samplers without floating point: integers and rational probabilities only, so no rounding leaks (Mironov 2012).

Each returns *exactly* the distribution that it names, given a source of exactly uniform integers. Running time depends
on what is drawn: they are not constant-time.
"""

import secrets
from collections.abc import Callable
from fractions import Fraction

Below = Callable[[int], int]
"""`below(n)` is uniform on 0..n-1. Noise that protects anyone uses `secrets.randbelow`, the operating system's."""

system: Below = secrets.randbelow


def bernoulli_exp(gamma: Fraction, below: Below) -> bool:
    """True with probability exp(-gamma), gamma in [0, 1] (Canonne, Kamath and Steinke 2020, Algorithm 1)."""
    k = 1
    while below(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1


def geometric(epsilon: Fraction, below: Below) -> int:
    """k >= 0 with probability (1 - a) a^k, a = exp(-epsilon), epsilon > 0.

    Canonne, Kamath and Steinke 2020, Algorithm 2 up to where it draws a sign: with epsilon = s/t, u + t*v is geometric
    at exp(-1/t), and its quotient by s at exp(-s/t).
    """
    s, t = epsilon.numerator, epsilon.denominator
    u = below(t)
    while not bernoulli_exp(Fraction(u, t), below):
        u = below(t)
    v = 0
    while bernoulli_exp(Fraction(1), below):
        v += 1
    return (u + t * v) // s


def negative_binomial_share(epsilon: Fraction, honest: int, below: Below) -> int:
    """One of `honest` independent shares whose sum is `geometric(epsilon)`: NegativeBinomial(1/honest, exp(-epsilon)).

    The shares of h parties given their sum g are Dirichlet-multinomial with parameters 1/h, so that one share given g
    is what falls into the first of two colours when g balls are drawn from a Pólya urn that starts with 1/h and
    (h-1)/h balls. Drawing g, then the urn, gives the share's exact marginal; the other shares are thrown away.
    """
    mine = 0
    for drawn in range(geometric(epsilon, below)):
        # (1/h + mine) / (1 + drawn), as a ratio of integers.
        if below(honest * (1 + drawn)) < 1 + honest * mine:
            mine += 1
    return mine
