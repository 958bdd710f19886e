"""Client-level privacy: clipping, noise and what the inner aggregation sees; against Flower's own wrapper too."""

import math

import numpy as np
import pytest
from flwr.serverapp.strategy import DifferentialPrivacyServerSideFixedClipping, FedAvg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from tocsin.federation import AGGREGATIONS, Update, flower
from tocsin.federation.aggregation import OfSum, _reply
from tocsin.federation.client_privacy import ClientPrivate, clipped

RNG = np.random.default_rng(0)
CURRENT = {"w": RNG.normal(size=(3, 4)).astype(np.float32), "b": RNG.normal(size=5).astype(np.float32)}
# Changes of norms from about 1 to about 16.
UPDATES = [
    Update(c, {k: (v + 2.0**c / 10 * RNG.normal(size=v.shape)).astype(np.float32) for k, v in CURRENT.items()})
    for c in range(6)
]


def private(inner="fedavg", clip=1.0, multiplier=1e-12, random=None, **options):
    return ClientPrivate(AGGREGATIONS.get(inner)(options), clip, multiplier, random or np.random.default_rng(1).bytes)


def close(result, expected, atol=1e-5):
    assert result.keys() == expected.keys()
    for name in expected:
        assert result[name].dtype == np.float32
        np.testing.assert_allclose(result[name], expected[name], atol=atol)


def norm(change):
    return math.sqrt(sum(float(np.square(array.astype(np.float64)).sum()) for array in change.values()))


def mean_of_clipped(current, updates, clip):
    """By the definition: float64 throughout."""
    total = {name: np.zeros(array.shape) for name, array in current.items()}
    for update in updates:
        change = {name: update.arrays[name].astype(np.float64) - current[name] for name in current}
        for name, array in change.items():
            total[name] += array * min(1.0, clip / norm(change))
    return {name: array / len(updates) for name, array in total.items()}


def test_without_noise_and_clipping_it_is_fedavg():
    plain = AGGREGATIONS.get("fedavg")({}).aggregate(1, CURRENT, UPDATES)
    close(private(clip=1e6, multiplier=1e-15).aggregate(1, CURRENT, UPDATES), plain)


def test_without_noise_it_is_flowers_wrapper():
    flower.ensure_identity()
    theirs = DifferentialPrivacyServerSideFixedClipping(FedAvg(), 0.0, 1.5, len(UPDATES))
    theirs.current_arrays = flower.held_record(CURRENT)
    result, _ = theirs.aggregate_train(1, [_reply(update) for update in UPDATES])
    close(private(clip=1.5).aggregate(1, CURRENT, UPDATES), flower.named_arrays(result))


@pytest.mark.parametrize("clip", [0.01, 1.0, 4.0])
def test_the_mean_is_that_of_the_clipped_changes(clip):
    mean = mean_of_clipped(CURRENT, UPDATES, clip)
    close(private(clip=clip).aggregate(1, CURRENT, UPDATES), {k: CURRENT[k] + mean[k] for k in CURRENT})


@settings(deadline=None, max_examples=200)
@given(
    arrays.arrays(np.float32, 6, elements=st.floats(-(2.0**50), 2.0**50, width=32)),
    arrays.arrays(np.float32, 6, elements=st.floats(-(2.0**50), 2.0**50, width=32)),
    st.floats(1e-3, 1e3),
)
def test_no_change_is_longer_than_the_norm_and_short_ones_stay(current, update, most):
    start = {"a": current[:2], "b": current[2:]}
    change = clipped(start, {"a": update[:2], "b": update[2:]}, most)
    exact = {
        name: np.float64(1) * part
        for name, part in zip("ab", np.split(np.subtract(update, current, dtype=float), [2]), strict=True)
    }
    if norm(exact) <= most:
        assert all((change[name] == exact[name]).all() for name in exact)
    else:
        assert norm(change) == pytest.approx(most, rel=1e-12)
        for name in exact:
            np.testing.assert_allclose(change[name] / most, exact[name] / norm(exact), atol=1e-12)


def test_a_client_that_changed_nothing_adds_nothing():
    still = Update(9, CURRENT)
    result = private().aggregate(1, CURRENT, [still, still])
    close(result, CURRENT, atol=0)


def test_one_client_moves_the_sum_by_the_norm_at_most():
    """Against a client of the roster that sends no change, as the ledger compares."""
    with_it = private(clip=0.5).aggregate(1, CURRENT, UPDATES)
    for left_out in range(1, len(UPDATES)):  # all but the first changed by more than that
        rest = [Update(u.client, CURRENT) if u.client == left_out else u for u in UPDATES]
        without = private(clip=0.5).aggregate(1, CURRENT, rest)
        moved = norm({k: with_it[k].astype(np.float64) - without[k] for k in CURRENT}) * len(UPDATES)
        assert moved == pytest.approx(0.5, rel=1e-5)


def test_the_noise_has_the_law_that_is_charged():
    """multiplier x clip in the sum, so that over the number of clients in the mean."""
    zeros = {"w": np.zeros((200, 100), np.float32)}
    still = [Update(c, zeros) for c in range(4)]
    result = private(clip=0.5, multiplier=3.0).aggregate(1, zeros, still)["w"].ravel()
    assert stats.kstest(result * 4 / 1.5, "norm").pvalue > 0.001
    assert abs(result.std() * 4 / 1.5 - 1) < 4 / math.sqrt(2 * result.size)


def test_the_noise_is_for_the_clients_that_answered():
    zeros = {"w": np.zeros(3, np.float32)}
    few, many = (private(multiplier=1.0).aggregate(1, zeros, [Update(c, zeros) for c in range(n)]) for n in (2, 8))
    np.testing.assert_allclose(few["w"], 4 * many["w"], rtol=1e-6)


def test_every_round_has_its_own_noise():
    aggregation = private(multiplier=1.0)
    first, second = (aggregation.aggregate(round_, CURRENT, UPDATES) for round_ in (1, 2))
    assert all((first[name] != second[name]).all() for name in CURRENT)


def test_noise_comes_from_the_system_when_nobody_says():
    first, second = (
        ClientPrivate(AGGREGATIONS.get("fedavg")({}), 1.0, 1.0).aggregate(1, CURRENT, UPDATES) for _ in range(2)
    )
    assert all((first[name] != second[name]).all() for name in CURRENT)


def test_claimed_examples_weigh_nothing():
    claimed = [Update(u.client, u.arrays, examples=10**u.client) for u in UPDATES]
    close(private().aggregate(1, CURRENT, claimed), private().aggregate(1, CURRENT, UPDATES), atol=0)


@pytest.mark.parametrize("name", ["fedavg", "fedprox", "fedadam", "fedavgm"])
def test_the_inner_aggregation_sees_the_noised_mean_alone(name):
    """Its result, over rounds and through a checkpoint, is what it makes of that mean as the only update."""
    ours, inner = private(name, multiplier=0.3), AGGREGATIONS.get(name)({})
    mean_only = private("fedavg", multiplier=0.3)
    current = CURRENT
    for round_ in (1, 2, 3):
        expected = inner.aggregate(round_, current, [Update(0, mean_only.aggregate(round_, current, UPDATES))])
        result = ours.aggregate(round_, current, UPDATES)
        close(result, expected, atol=1e-6)
        state = {key: array.copy() for key, array in ours.state().items()}
        assert state.keys() == inner.state().keys()
        ours._inner = AGGREGATIONS.get(name)({})
        ours.restore(state)
        current = result


def test_a_masked_sum_gives_the_same():
    """Clients that clip their own changes, and a server that sees nothing but the sum."""
    changes = [clipped(CURRENT, update.arrays, 0.7) for update in UPDATES]
    total = {name: np.sum([change[name] for change in changes], axis=0) for name in CURRENT}
    ours = private(clip=0.7, multiplier=0.3)
    assert isinstance(ours, OfSum)
    close(ours.aggregate_sum(1, CURRENT, total, 6), private(clip=0.7, multiplier=0.3).aggregate(1, CURRENT, UPDATES))


def test_what_clients_must_know_is_passed_on():
    assert private("fedprox", mu=0.3).client_options == {"proximal": 0.3}
    assert private().fewest == 1
