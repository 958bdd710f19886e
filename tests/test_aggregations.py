"""Each aggregation against its definition, computed here in plain numpy."""

import numpy as np
import pytest
import toy

from tocsin.errors import TocsinError
from tocsin.federation import AGGREGATIONS, Judging, Update, check_weights
from tocsin.federation.aggregation import SelfWeighed

RNG = np.random.default_rng(0)
CURRENT = {"w": RNG.normal(size=(3, 4)).astype(np.float32), "b": RNG.normal(size=5).astype(np.float32)}
UPDATES = [
    Update(c, {k: (v + RNG.normal(size=v.shape)).astype(np.float32) for k, v in CURRENT.items()}, examples=c + 1)
    for c in range(7)
]
STACK = {k: np.stack([u.arrays[k] for u in UPDATES]) for k in CURRENT}
WEIGHTS = np.arange(1, 8) / np.arange(1, 8).sum()
MEAN = {k: np.tensordot(WEIGHTS, s, 1) for k, s in STACK.items()}


def aggregate(name, rounds=1, **options):
    aggregation = AGGREGATIONS.get(name)(options)
    current = CURRENT
    for round_ in range(1, rounds + 1):
        current = aggregation.aggregate(round_, current, UPDATES)
    return current


def close(result, expected, rtol=1e-4):
    assert result.keys() == expected.keys()
    for name in expected:
        assert result[name].dtype == np.float32
        np.testing.assert_allclose(result[name], expected[name], rtol=rtol, atol=1e-5)


def test_all_of_the_study_are_there():
    assert set(AGGREGATIONS) >= {"fedavg", "fedprox", "fedadam", "fedavgm", "median", "trimmed-mean", "krum"}
    assert set(AGGREGATIONS) >= {"bias-aware", "bias-budget", "q-ffl", "agnostic"}


def test_fedavg():
    close(aggregate("fedavg"), MEAN)


def test_fedprox_averages_and_tells_clients_mu():
    close(aggregate("fedprox", mu=0.3), MEAN)
    assert AGGREGATIONS.get("fedprox")({"mu": 0.3}).client_options == {"proximal": 0.3}


def test_median():
    close(aggregate("median"), {k: np.median(s, axis=0) for k, s in STACK.items()})


def test_trimmed_mean():
    # One of seven is cut at each end: int(0.2 * 7) = 1.
    close(aggregate("trimmed-mean", share=0.2), {k: np.sort(s, axis=0)[1:-1].mean(0) for k, s in STACK.items()})


def test_krum_takes_the_update_nearest_to_the_others():
    flat = np.stack([np.concatenate([u.arrays[k].ravel() for k in CURRENT]) for u in UPDATES]).astype(np.float64)
    distances = ((flat[:, None] - flat[None]) ** 2).sum(-1)
    scores = np.sort(distances, axis=1)[:, 1 : 7 - 1 - 2 + 1].sum(1)
    close(aggregate("krum", malicious=1), dict(UPDATES[int(scores.argmin())].arrays))


def test_fedavgm_over_two_rounds():
    velocity = {k: np.zeros_like(v) for k, v in CURRENT.items()}
    current = dict(CURRENT)
    for _ in range(2):
        velocity = {k: 0.5 * velocity[k] + (current[k] - MEAN[k]) for k in current}
        current = {k: current[k] - 0.8 * velocity[k] for k in current}
    close(aggregate("fedavgm", rounds=2, learning_rate=0.8, momentum=0.5), current)


def test_fedadam_over_two_rounds():
    """Reddi et al., algorithm 2, with the bias correction that Flower adds (Kingma and Ba, section 2.1)."""
    m = {k: np.zeros_like(v) for k, v in CURRENT.items()}
    v = {k: np.zeros_like(x) for k, x in CURRENT.items()}
    current = dict(CURRENT)
    for t in (1, 2):
        delta = {k: MEAN[k] - current[k] for k in current}
        m = {k: 0.9 * m[k] + 0.1 * delta[k] for k in current}
        v = {k: 0.99 * v[k] + 0.01 * delta[k] ** 2 for k in current}
        rate = 0.05 * np.sqrt(1 - 0.99 ** (t + 1)) / (1 - 0.9 ** (t + 1))
        current = {k: current[k] + rate * m[k] / (np.sqrt(v[k]) + 1e-3) for k in current}
    close(aggregate("fedadam", rounds=2, eta=0.05), current, rtol=1e-3)


@pytest.mark.parametrize("name", ["fedadam", "fedavgm"])
def test_state_goes_through_a_checkpoint(name):
    whole = aggregate(name, rounds=3)
    first = AGGREGATIONS.get(name)({})
    current = first.aggregate(1, CURRENT, UPDATES)
    second = AGGREGATIONS.get(name)({})
    second.restore({k: v.copy() for k, v in first.state().items()})
    for round_ in (2, 3):
        current = second.aggregate(round_, current, UPDATES)
    for key in whole:
        np.testing.assert_array_equal(whole[key], current[key])


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("fedavg", {"eta": 1}, "has no option eta"),
        ("fedadam", {"beta1": 0.9}, 'did you mean "beta_1"'),
        ("trimmed-mean", {"share": 0.5}, "less than 0.5"),
        ("krum", {"malicious": 1.5}, "whole number"),
    ],
)
def test_options_that_are_wrong(name, options, words):
    with pytest.raises(TocsinError, match=words):
        AGGREGATIONS.get(name)(options)


@pytest.mark.parametrize("name", sorted(set(AGGREGATIONS)))
def test_what_weighs_by_examples_says_so_and_nothing_else_is_told_them(name):
    aggregation = AGGREGATIONS.get(name)({})
    asked = toy.study(aggregation={"name": name, "weights": "examples"})
    if aggregation.weighs:
        check_weights(aggregation, asked)
    else:
        with pytest.raises(TocsinError, match=f'"{name}" counts each client once.*weights = "equal"'):
            check_weights(aggregation, asked)
    check_weights(aggregation, toy.study(aggregation={"name": name}))
    if isinstance(aggregation, (Judging, SelfWeighed)):
        return  # these have tests of their own
    heavy = [Update(u.client, u.arrays, 1000 if u.client == 3 else 1) for u in UPDATES]
    equal = [Update(u.client, u.arrays) for u in UPDATES]
    results = [AGGREGATIONS.get(name)({}).aggregate(1, CURRENT, updates) for updates in (heavy, equal)]
    assert aggregation.weighs == any(np.abs(results[0][k] - results[1][k]).max() > 1e-7 for k in CURRENT)
