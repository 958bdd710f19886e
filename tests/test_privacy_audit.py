"""The audit: what an attacker can tell of the server's view is below the ledger, and shows noise that is too small."""

import math
from fractions import Fraction

import numpy as np
import pytest

from tocsin.privacy.audit import audit, audit_gaussian
from tocsin.privacy.channels import STEP, Counts, Histogram, Trips
from tocsin.privacy.ledger import Budget, Horizon, Plan, calibrate
from tocsin.privacy.noise import DiscreteGaussian, DiscreteLaplace, Honesty
from tocsin.privacy.schema import Schema

# Noise from the operating system cannot be seeded: an audit that is wrong once in 100,000 lets the tests be stable.
SURE = 1 - 1e-5
SCHEMA = Schema({"refusal": ("all",)})
# One of four clients tells the server its noise: the server takes it off, and is left with that of the three others.
ROSTER = 4
HORIZON = Horizon(2, ROSTER, ROSTER, attempts=2, honesty=Honesty(Fraction(1, 4)))


def views(noise, honest, runs, moved, shift):
    """What the server sees of the entries that a unit moves, in `runs` runs: the noise that it cannot take off, without
    and with the unit's contribution, each (runs, moved). All other entries are the same on both inputs."""
    seen = [sum(noise.share(runs * moved, honest) for _ in range(honest)) for _ in range(2)]
    return seen[0].reshape(runs, moved), seen[1].reshape(runs, moved) + shift


def score(noise, seen, shift):
    """The strongest there is: the log-likelihood ratio (for the Gaussian, that of the ideal one)."""
    return (noise.log_pmf(seen - shift) - noise.log_pmf(seen)).sum(axis=1)


def audited(channel, unit, planned: Plan, noise, runs=2500):
    """The lower bound on what the channel tells of one unit, over the whole horizon, at the budget's delta."""
    honest = planned.horizon.honesty.honest(ROSTER)
    assert honest == ROSTER - 1
    uses = planned.most_uses[channel.name]
    moved = channel.moved(unit, "add-or-remove") * uses
    without, with_ = views(noise, honest, runs, moved, channel.step)
    scores = score(noise, without, channel.step), score(noise, with_, channel.step)
    how = audit if isinstance(noise, DiscreteLaplace) else audit_gaussian
    bound = how(*scores, planned.budget.delta, confidence=SURE)
    return bound.epsilon, planned.epsilon(unit, {channel.name: uses})


CHANNELS = [
    (Trips((("refusal", "all", "ward"), ("refusal", "all", "office"))), "client"),
    (Trips((("refusal", "all", "ward"), ("refusal", "all", "office"))), "record"),
    (Counts(SCHEMA), "record"),
    (Histogram(SCHEMA, (("refusal", "after"),)), "client"),
]


@pytest.mark.parametrize(("channel", "unit"), CHANNELS, ids=lambda x: getattr(x, "name", x))
def test_the_servers_view_tells_no_more_than_the_ledger_says(channel, unit):
    planned = calibrate(Budget(2.0, 1e-5), HORIZON, [channel])
    noise = planned.releases[channel.name].noise
    found, claimed = audited(channel, unit, planned, noise)
    assert found <= claimed
    if isinstance(noise, DiscreteLaplace):  # at its limit in every view; a Gaussian's is rarer than these runs show
        assert found > 0.3 * claimed


@pytest.mark.parametrize(("channel", "unit"), CHANNELS, ids=lambda x: getattr(x, "name", x))
def test_noise_that_is_too_small_is_found_out(channel, unit):
    planned = calibrate(Budget(1.0, 1e-5), HORIZON, [channel])
    right = planned.releases[channel.name].noise
    if isinstance(right, DiscreteLaplace):
        wrong = DiscreteLaplace(right.epsilon * 4)
    else:
        wrong = DiscreteGaussian(right.sigma / 4)
    found, claimed = audited(channel, unit, planned, wrong)
    assert found > claimed


def test_shares_for_more_clients_than_add_them_are_found_out():
    """The honest-fraction assumption matters: with three of four shares missing the noise is too small."""
    noise = DiscreteLaplace(Fraction(1))
    seen = [noise.share(10_000, 4) for _ in range(2)]
    found = audit(score(noise, seen[0][:, None], 1), score(noise, seen[1][:, None] + 1, 1), confidence=SURE)
    assert found.epsilon > 1.0


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_of_randomised_response_it_finds_nearly_all(epsilon):
    rng = np.random.default_rng(1)
    flip = 1 / (1 + math.exp(epsilon))
    without, with_ = (rng.random(40_000) < flip) * 1.0, (rng.random(40_000) >= flip) * 1.0
    found = audit(without, with_)
    assert 0.85 * epsilon < found.epsilon <= epsilon
    assert (found.confidence, found.samples) == (0.95, 80_000)


def test_of_a_gaussian_it_finds_nearly_all():
    rng = np.random.default_rng(4)
    without, with_ = rng.normal(size=40_000), rng.normal(1.0, size=40_000)
    exact = 4.3766  # (epsilon, 1e-5) of the Gaussian mechanism at mu = 1
    assert 0.85 * exact < audit_gaussian(without, with_, 1e-5).epsilon <= exact
    assert audit(without, with_, 1e-5).epsilon < exact
    assert audit_gaussian(with_, with_, 1e-5).epsilon == 0.0
    with pytest.raises(ValueError, match="delta 0"):
        audit_gaussian(without, with_, 0.0)


def test_it_finds_nothing_where_there_is_nothing_and_takes_delta_off():
    rng = np.random.default_rng(2)
    assert audit(rng.normal(size=5000), rng.normal(size=5000)).epsilon == 0.0
    # An event that only one input has, of probability 0.01, is what delta 0.02 allows.
    without, with_ = np.zeros(20_000), (rng.random(20_000) < 0.01) * 1.0
    assert audit(without, with_).epsilon > 2
    assert audit(without, with_, delta=0.02).epsilon == 0.0


def test_it_is_wrong_no_more_often_than_it_says():
    rng = np.random.default_rng(3)
    flip = 1 / (1 + math.exp(0.3))
    wrong = sum(
        audit((rng.random(400) < flip) * 1.0, (rng.random(400) >= flip) * 1.0, confidence=0.8).epsilon > 0.3
        for _ in range(400)
    )
    assert 0 < wrong <= 0.2 * 400


def test_no_audit_of_a_handful_of_runs():
    with pytest.raises(ValueError, match="4 samples"):
        audit(np.zeros(3), np.zeros(9))
    assert STEP == Counts.step == Histogram.step
