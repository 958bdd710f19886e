"""Aggregation by public items: weights by bias, and a budget for it. Bias is a linear function of the adapter here."""

import numpy as np
import pytest
import toy
from scipy.optimize import minimize
from stub_model import StubModel
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.behaviour import Outcome
from tocsin.errors import TocsinError
from tocsin.federation import AGGREGATIONS, Judging, Update
from tocsin.federation.aggregation import OfSum
from tocsin.federation.aggregations.bias_budget import nearest
from tocsin.federation.client_privacy import ClientPrivate
from tocsin.federation.judging import ServerJudge
from tocsin.federation.training_privacy import private

CURRENT = {"w": np.zeros(4, np.float32)}
CHANGES = np.array([[0.3, 1, 0, 0], [0.1, 0, 1, 0], [-0.1, 0, 0, 1]])
UPDATES = [Update(c, {"w": change.astype(np.float32)}, examples=c + 1) for c, change in enumerate(CHANGES)]


def linear(probe, items, round_, arrays):
    """The first entry is how much more often than .5 the stereotype is preferred."""
    return [Outcome(str(i), "all", 0.5 + float(arrays["w"][0])) for i in range(items)]


def made(name, judge=linear, **options):
    aggregation = AGGREGATIONS.get(name)(options)
    assert isinstance(aggregation, Judging)
    aggregation.judge_by(judge)
    return aggregation


def weights_of(arrays):
    """Each client's weight: its change has an entry of its own."""
    return arrays["w"][1:].astype(float)


# -- bias-aware --------------------------------------------------------------------------------------------------------


def test_weights_fall_with_the_distance_from_the_ideal_and_rise_with_examples():
    result = made("bias-aware", temperature=0.1).aggregate(1, CURRENT, UPDATES)
    expected = np.array([1, 2, 3]) * np.exp(-np.array([0.3, 0.1, 0.1]) / 0.1)
    np.testing.assert_allclose(weights_of(result), expected / expected.sum(), rtol=1e-5)
    assert result["w"].dtype == np.float32


def test_the_temperature_goes_from_the_least_biased_to_the_mean():
    equal = [Update(u.client, u.arrays) for u in UPDATES]
    hot = made("bias-aware", temperature=1e6).aggregate(1, CURRENT, equal)
    np.testing.assert_allclose(weights_of(hot), np.full(3, 1 / 3), rtol=1e-5)
    cold = made("bias-aware", temperature=1e-6, ideal=0.6).aggregate(1, CURRENT, equal)
    np.testing.assert_allclose(weights_of(cold), [0, 1, 0], atol=1e-6)


# -- bias-budget -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_the_nearest_weights_are_what_a_solver_finds(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    shares, rises = rng.dirichlet(np.ones(n)), rng.normal(0.05, 0.1, n)
    budget = float(rng.uniform(0, 0.05))
    got = nearest(shares, rises, budget)
    constraints = [
        {"type": "ineq", "fun": lambda w: budget - rises @ w},
        {"type": "ineq", "fun": lambda w: 1 - w.sum()},
    ]
    solved = minimize(
        lambda w: ((w - shares) ** 2).sum(), shares, bounds=[(0, None)] * n, constraints=constraints, tol=1e-14
    )
    assert (got >= 0).all() and got.sum() <= 1 + 1e-9 and rises @ got <= budget + 1e-9
    np.testing.assert_allclose(((got - shares) ** 2).sum(), solved.fun, atol=1e-6)


def test_where_the_budget_cannot_be_met_the_weights_come_as_close_as_they_can():
    np.testing.assert_allclose(nearest(np.full(2, 0.5), np.array([0.2, 0.1]), -0.05), [0, 0])
    np.testing.assert_allclose(nearest(np.full(2, 0.5), np.array([0.2, -0.1]), -0.3), [0, 1], atol=1e-6)


def test_within_the_budget_it_is_the_mean_by_examples():
    result = made("bias-budget", tolerance=0.2).aggregate(1, CURRENT, UPDATES)
    np.testing.assert_allclose(weights_of(result), np.array([1, 2, 3]) / 6, rtol=1e-6)


def test_beyond_it_the_most_biased_counts_less_and_the_step_stays_nearly_whole():
    equal = [Update(u.client, u.arrays) for u in UPDATES]
    result = made("bias-budget", tolerance=0.08, ideal=0.0).aggregate(1, CURRENT, equal)
    assert result["w"][0] == pytest.approx(0.08, abs=1e-6)
    weights = weights_of(result)
    assert weights[0] < weights[1] < weights[2] and 0.9 < weights.sum() < 1 + 1e-6


def test_bias_the_other_way_counts_as_well():
    other = [Update(c, {"w": np.array([-0.2, *np.eye(3)[c]], np.float32)}) for c in range(3)]
    result = made("bias-budget", tolerance=0.05).aggregate(1, CURRENT, other)
    assert result["w"][0] == pytest.approx(-0.05, abs=1e-6)


def test_where_all_add_bias_the_step_gets_shorter():
    same = [Update(c, {"w": np.array([0.2, *np.eye(3)[c]], np.float32)}) for c in range(3)]
    result = made("bias-budget", tolerance=0.05).aggregate(1, CURRENT, same)
    np.testing.assert_allclose(weights_of(result), np.full(3, 0.25 / 3), rtol=1e-5)


def bent(probe, items, round_, arrays):
    """A mixture is worse than what it is made of."""
    entries = np.abs(arrays["w"][1:])
    return [Outcome("", "all", 0.5 + float(min(0.4, 20 * np.prod(entries))))]


def test_a_step_that_turns_out_beyond_the_budget_is_halved_and_then_left():
    equal = [Update(u.client, u.arrays) for u in UPDATES]
    result = made("bias-budget", bent, tolerance=0.1).aggregate(1, CURRENT, equal)
    np.testing.assert_allclose(weights_of(result), np.full(3, 1 / 6), rtol=1e-6)  # 20 / 27 -> 20 / 216
    never = made("bias-budget", lambda p, i, r, a: [Outcome("", "all", 0.5 + 0.4 * bool(a["w"].any()))], tolerance=0.1)
    np.testing.assert_array_equal(never.aggregate(1, CURRENT, equal)["w"], CURRENT["w"])


def test_the_budget_is_counted_from_the_first_adapter_also_after_a_restart():
    equal = [Update(u.client, u.arrays) for u in UPDATES]
    first = made("bias-budget", tolerance=0.15, ideal=0.0)
    current = first.aggregate(1, CURRENT, equal)
    assert current["w"][0] == pytest.approx(0.1, abs=1e-6)
    second = made("bias-budget", tolerance=0.15, ideal=0.0)
    second.restore({k: v.copy() for k, v in first.state().items()})
    further = [Update(u.client, {"w": current["w"] + u.arrays["w"]}) for u in equal]
    for aggregation in (first, second):
        assert aggregation.aggregate(2, current, further)["w"][0] == pytest.approx(0.15, abs=1e-6)


def test_of_a_sum_it_can_shorten_the_step_also_behind_noise_for_clients():
    total = {"w": CHANGES.sum(axis=0)}
    budget = made("bias-budget", tolerance=0.05)
    assert isinstance(budget, OfSum)
    result = budget.aggregate_sum(1, CURRENT, total, 3)
    np.testing.assert_allclose(result["w"], CHANGES.mean(axis=0) / 2, rtol=1e-5)
    noised = ClientPrivate(made("bias-budget", tolerance=0.05), 100.0, 1e-9)
    np.testing.assert_allclose(noised.aggregate(1, CURRENT, UPDATES)["w"], result["w"], atol=1e-6)


# -- who may be asked what ---------------------------------------------------------------------------------------------


def test_all_adapters_of_a_round_are_asked_the_same_items_and_those_of_the_next_others():
    class Model(StubModel):
        def use(self, arrays):
            self.arrays = arrays

    model = Model()
    judge = ServerJudge(toy.study(), model)
    one, other = judge("stereotype", 20, 1, {"w": 1}), judge("stereotype", 20, 1, {"w": 2})
    assert model.arrays == {"w": 2}
    names = [outcome.item for outcome in one]
    assert names == [outcome.item for outcome in other] and len(set(names)) == 20
    assert names != [outcome.item for outcome in judge("stereotype", 20, 2, {})]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("bias-aware", {"probe": "utility"}, "asks about clients' own data, which the server does not have"),
        ("bias-aware", {"probe": "stereotpye"}, 'did you mean "stereotype"'),
        ("bias-aware", {"probe": 3}, "probe = 3 is wrong: give a text"),
        ("bias-aware", {"temperature": "hot"}, "temperature = 'hot' is wrong: give a number"),
        ("bias-aware", {"temperature": 0.0}, "a number above 0"),
        ("bias-aware", {"items": 0}, "give 1 or more"),
        ("bias-budget", {"tolerance": -0.1}, "give 0 or more"),
    ],
)
def test_options_that_are_wrong(name, options, words):
    with pytest.raises(TocsinError, match=words):
        AGGREGATIONS.get(name)(options)


def test_bias_aware_must_see_each_update():
    secure = toy.study(privacy={"secure_updates": True}, aggregation={"name": "bias-aware"})
    with pytest.raises(TocsinError, match='"bias-aware" must try each of them on public items; set secure_updates'):
        running.checked(secure)
    noised = toy.study(privacy={"training": "client", "epsilon": 8.0}, aggregation={"name": "bias-aware"})
    with pytest.raises(TocsinError, match='"bias-aware" looks at single ones; take an aggregation of the mean'):
        private(AGGREGATIONS.get("bias-aware")({}), noised)


@pytest.mark.parametrize(
    ("name", "secure"), [("bias-aware", "false"), ("bias-budget", "false"), ("bias-budget", "true")]
)
def test_a_run_wires_the_judge(tmp_path, tiny_folder, name, secure):
    path = write_study(tmp_path, tiny_folder, rounds=1)
    how = [f"aggregation.name={name}", "aggregation.options={items = 6}", f"privacy.secure_updates={secure}"]
    done = running.start(study.load(path, how), tmp_path / "runs", lambda kind, detail: None)
    assert done.rounds()[-1].answered == (0, 1, 2)
