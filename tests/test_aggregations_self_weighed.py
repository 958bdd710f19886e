"""Sums that clients weigh themselves: the paper's steps come out, and the server learns nobody's loss."""

import math
from dataclasses import replace

import numpy as np
import pytest
import toy
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.errors import TocsinError
from tocsin.federation import AGGREGATIONS, ENGINES, secure_updates, work
from tocsin.federation.aggregation import ENTRIES, SelfWeighed
from tocsin.federation.local_loss import EXAMPLES, mean_loss, tried
from tocsin.federation.messages import LocalLoss, Task, Update
from tocsin.federation.secure_updates import LEVELS, FixedPoint
from tocsin.federation.self_weighing import LEAST
from tocsin.federation.summing import ClientSums
from tocsin.models import load_adapter
from tocsin.privacy.masking.messages import Call, encode

RANGE = 2.0
LOSSES = [(0.5, 0.4), (1.0, 0.7), (2.5, 1.0), (4.0, 4.1)]


def made(name, **options):
    aggregation = AGGREGATIONS.get(name)(options)
    assert isinstance(aggregation, SelfWeighed)
    return aggregation


def summed(aggregation, round_, current, changes, losses, folder):
    """What comes of exact sums."""
    total = {name: np.zeros(array.shape) for name, array in current.items()}
    entries = np.zeros(aggregation.entries)
    for client, (change, loss) in enumerate(zip(changes, losses, strict=True)):
        weight, beside = aggregation.weigh(round_, LocalLoss(*loss), aggregation.client_options, folder / str(client))
        assert 0 < weight <= 1 and all(0 <= entry <= 1 for entry in beside)
        total = {name: total[name] + weight * change[name] for name in total}
        entries += beside
    return aggregation.aggregate_sum(round_, current, {**total, ENTRIES: entries}, len(changes))


# -- q-FFL -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [0.0, 1.0, 2.5])
def test_on_quadratics_it_is_the_papers_algorithm_2(tmp_path, q):
    """F_k(w) = L/2 ||w - a_k||^2 + b_k, and one step of gradient descent with rate 1/L."""
    rng, curvature = np.random.default_rng(0), 3.0
    w, goals, floors = rng.normal(size=6), rng.normal(size=(5, 6)), rng.uniform(0, 2, 5)
    before = curvature / 2 * ((w - goals) ** 2).sum(axis=1) + floors
    slopes = curvature * (w - goals)  # the paper's Delta w_k = L (w - w_k)
    deltas = before[:, None] ** q * slopes
    h = q * before ** (q - 1) * (slopes**2).sum(axis=1) + curvature * before**q
    expected = w - deltas.sum(axis=0) / h.sum()
    assert (before.min() / before.max()) ** q > LEAST  # a smaller weight would be raised
    changes = [{"w": goal - w} for goal in goals]
    losses = list(zip(before, floors, strict=True))
    got = summed(made("q-ffl", q=q, bound=before.max()), 1, {"w": w}, changes, losses, tmp_path)["w"]
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    if q == 0:
        np.testing.assert_allclose(got, goals.mean(axis=0), rtol=1e-5)


def test_the_client_of_the_highest_loss_moves_the_adapter_most(tmp_path):
    changes = [{"w": np.eye(4)[client]} for client in range(4)]
    flat = [(before, before) for before, _ in LOSSES]  # nobody gained: the divisor is the sum of weights
    got = summed(made("q-ffl", q=2.0), 1, {"w": np.zeros(4)}, changes, flat, tmp_path)["w"]
    losses = np.array([before for before, _ in LOSSES])
    np.testing.assert_allclose(got, losses**2 / (losses**2).sum(), rtol=1e-5)


def test_losses_out_of_bounds_stay_weights(tmp_path):
    for before, after in [(0.0, 0.0), (1e9, 0.0), (1.0, 50.0), (-0.1, 0.0)]:
        for name in ("q-ffl", "agnostic"):
            aggregation = made(name)
            weight, beside = aggregation.weigh(1, LocalLoss(before, after), aggregation.client_options, tmp_path)
            assert 0 < weight <= 1 and all(0 <= entry <= 1 for entry in beside)


# -- agnostic ----------------------------------------------------------------------------------------------------------


def test_weights_are_multiplied_by_the_exponential_of_losses(tmp_path):
    aggregation, eta = made("agnostic", eta=0.2, ratio=50.0), 0.2
    changes = [{"w": np.eye(4)[client]} for client in range(4)]
    losses = np.random.default_rng(1).uniform(0.5, 4.0, (5, 4))
    for round_ in range(1, 6):
        rows = [(loss, loss) for loss in losses[round_ - 1]]
        got = summed(aggregation, round_, {"w": np.zeros(4)}, changes, rows, tmp_path)["w"]
        weights = np.exp(eta * losses[: round_ - 1].sum(axis=0))
        np.testing.assert_allclose(got, weights / weights.sum(), rtol=1e-5)


def test_no_client_counts_for_more_than_the_ratio(tmp_path):
    aggregation = made("agnostic", eta=5.0, ratio=3.0)
    changes = [{"w": np.eye(4)[client]} for client in range(4)]
    for round_ in range(1, 4):
        rows = [(loss, loss) for loss in (5.0, 0.1, 0.1, 0.1)]
        got = summed(aggregation, round_, {"w": np.zeros(4)}, changes, rows, tmp_path)["w"]
    np.testing.assert_allclose(got, np.array([3, 1 / 3, 1 / 3, 1 / 3]) / 4, rtol=1e-5)


def test_a_repeated_round_weighs_as_before_and_a_missed_one_changes_nothing(tmp_path):
    aggregation = made("agnostic", eta=0.3)
    told = {**aggregation.client_options, "mean loss": 1.0}

    def weight(round_, loss):
        return math.log(aggregation.weigh(round_, LocalLoss(loss, loss), told, tmp_path)[0] * 3)

    assert weight(1, 2.0) == pytest.approx(0)
    assert weight(2, 3.0) == pytest.approx(0.3)  # 0.3 * (2 - 1)
    assert weight(2, 1.5) == pytest.approx(0.3)
    assert weight(3, 2.0) == pytest.approx(0.45)  # the loss of the repetition
    assert weight(6, 2.0) == pytest.approx(0.45)


def test_the_mean_loss_goes_through_a_checkpoint(tmp_path):
    first = made("agnostic")
    assert first.state() == {} and "mean loss" not in first.client_options
    changes = [{"w": np.ones(1)} for _ in LOSSES]
    summed(first, 1, {"w": np.zeros(1)}, changes, LOSSES, tmp_path)
    second = made("agnostic")
    second.restore({name: array.copy() for name, array in first.state().items()})
    assert second.client_options == first.client_options
    assert first.client_options["mean loss"] == pytest.approx(2.0)


# -- in a federation ---------------------------------------------------------------------------------------------------


class Losing(toy.ToyWork):
    """A toy client with a loss."""

    def train(self, task: Task) -> Update:
        return replace(super().train(task), loss=LocalLoss(*LOSSES[self.client]))


def losing(job, client):
    return Losing(job, client)


def job_of(folder, name, privacy=(), rounds=3):
    privacy = {"secure_updates": True, "update_range": RANGE, **dict(privacy)}
    made = toy.job(folder, privacy=privacy, aggregation={"name": name}, training={"rounds": rounds})
    return replace(made, work=f"{__name__}:losing")


def run(job):
    work._make.cache_clear(), work._sums.cache_clear(), work._egress.cache_clear()
    ENGINES.get("local")().run(job, lambda kind, detail: None)
    return toy.records(job.folder)


def adapters(folder):
    return [load_adapter(path / "adapter")[0] for path in sorted(folder.glob("checkpoints/round-*"))]


@pytest.mark.parametrize("name", ["q-ffl", "agnostic"])
@pytest.mark.parametrize("cohorts", [{}, {"north": [0, 3], "south": [1, 2]}])
def test_masked_sums_give_what_exact_ones_do_within_the_rounding(tmp_path, name, cohorts):
    records = run(job_of(tmp_path / "run", name, {"cohorts": cohorts}))
    assert [record.answered for record in records[1:]] == [(0, 1, 2, 3)] * 3
    aggregation, current = made(name), toy.START
    smallest = []
    for round_, got in enumerate(adapters(tmp_path / "run")[1:], 1):
        changes = [{k: np.full(a.shape, (c + 1) * round_ / 7) for k, a in current.items()} for c in range(4)]
        smallest.append(min(0.1 if name == "q-ffl" else 1 / 9, 1.0))
        current = summed(aggregation, round_, current, changes, LOSSES, tmp_path / "exact")
        # Half a step over the mean weight, a round; the entries' own rounding, relative to the change; and float32.
        error = RANGE / LEVELS / 2 / min(smallest) * round_ + 1e-6
        for key in current:
            assert np.abs(got[key] - current[key]).max() <= error


def test_a_small_weight_survives_the_fixed_point():
    rng, point = np.random.default_rng(2), FixedPoint(1.0)
    changes = rng.normal(0, 1e-3, (8, 1000))
    weights = np.full(8, LEAST)
    sums = sum(point.encode({"w": w * change}).astype(np.int64) for w, change in zip(weights, changes, strict=True))
    got = point.decode(sums, {"w": np.zeros(1000)})["w"] / weights.sum()
    error = np.abs(got - changes.mean(axis=0))
    assert error.max() <= point.step / 2 / LEAST and point.step / 2 / LEAST < 6.1e-5


def test_a_run_that_is_stopped_goes_on_to_the_same_adapter(tmp_path, monkeypatch):
    run(job_of(tmp_path / "whole", "agnostic"))
    job, aggregate_sum = job_of(tmp_path / "here", "agnostic"), type(made("agnostic")).aggregate_sum

    def stopped(self, round_, *args):
        if round_ == 2:
            raise KeyboardInterrupt
        return aggregate_sum(self, round_, *args)

    with monkeypatch.context() as patch:
        patch.setattr(type(made("agnostic")), "aggregate_sum", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(job)
    run(job)
    for whole, here in zip(adapters(tmp_path / "whole"), adapters(tmp_path / "here"), strict=True):
        for key in whole:
            np.testing.assert_array_equal(whole[key], here[key])


def test_a_client_without_a_loss_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "LOSSES", [*LOSSES[:3], (float("nan"), 1.0)])
    record = run(job_of(tmp_path, "q-ffl"))[1]
    assert record.answered == (0, 1, 2)
    assert [r.reason for r in record.refused] == ["it has no finite loss to weigh its update by"]


def test_a_small_weight_does_not_take_a_change_beyond_the_range_in(tmp_path):
    record = run(job_of(tmp_path, "q-ffl", {"update_range": 0.5}, rounds=1))[1]  # 4/7 is beyond, and its weight .8
    assert record.answered == (0, 1, 2)
    assert "moves an entry by more than privacy.update_range" in record.refused[0].reason


def test_a_server_that_tells_one_client_other_options_gets_no_sum_with_the_others(tmp_path):
    job = job_of(tmp_path, "agnostic")
    aggregation = made("agnostic")
    arrays = {name: array + np.float32(0.5) for name, array in toy.START.items()}
    update = Update(1, arrays, loss=LocalLoss(1.0, 1.0))
    secure_updates.keep(job, Task(1, 1, toy.START, 60.0, {"losses": 1.0, "mean loss": -50.0}), update)
    sums = ClientSums(job, 1)
    size = sum(array.size for array in arrays.values()) + aggregation.entries
    for told, agrees in ((aggregation.client_options, False), ({"losses": 1.0, "mean loss": -50.0}, True)):
        digest = secure_updates._digest(FixedPoint(RANGE), toy.START, told)
        enrolment, run_ = sums._enrolment.hash, bytes.fromhex(job.run)
        terms = secure_updates._terms(job.study, digest, size, "update", run_, "all", 1000, enrolment)
        replies, refusals = secure_updates.answer(sums, job, 1, 1000, {"update": encode(Call(terms, 1))})
        assert bool(replies) is agrees and bool(refusals) is not agrees


@pytest.mark.parametrize("name", ["q-ffl", "agnostic"])
def test_they_need_masks_and_no_noise(name):
    plain = toy.study(aggregation={"name": name})
    with pytest.raises(TocsinError, match=f'"{name}" has each client weigh its update by its loss, which whoever sees'):
        running.checked(plain)
    for privacy in ({"training": "client"}, {"training": "sample"}, {}):
        noised = toy.study(aggregation={"name": name}, privacy={"secure_updates": True, "epsilon": 8.0, **privacy})
        with pytest.raises(TocsinError, match=r"losses on training records, and the noise of privacy\.epsilon"):
            running.checked(noised)
    with pytest.raises(TocsinError, match="so that the server reads the sums alone"):
        made(name).aggregate(1, toy.START, [])


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("q-ffl", {"q": -1}, "q = -1 is wrong: give 0 or more"),
        ("q-ffl", {"bound": 0}, "bound = 0 is wrong: give a number above 0"),
        ("agnostic", {"ratio": 1}, "ratio = 1 is wrong: give a number above 1"),
        ("agnostic", {"eta": 0}, "eta = 0 is wrong: give a number above 0"),
    ],
)
def test_options_that_are_wrong(name, options, words):
    with pytest.raises(TocsinError, match=words):
        AGGREGATIONS.get(name)(options)


# -- a client's loss ---------------------------------------------------------------------------------------------------


def test_losses_are_of_the_same_examples_before_and_after_and_only_where_asked():
    examples = [toy_example(n) for n in range(50)]
    assert tried({"proximal": 0.1}, examples, "seed") == []
    chosen = tried({"losses": 1.0, "mean loss": 2.0}, examples, "seed")
    assert len(set(chosen)) == EXAMPLES and chosen == tried({"losses": 1.0}, examples, "seed")
    assert len(tried({"losses": 1.0}, examples[:3], "seed")) == 3


def toy_example(number):
    from tocsin.behaviour import HeldOut

    return HeldOut("prompt", "x" * (number + 1), "all")


def test_the_loss_is_a_token_not_an_example():
    from stub_model import StubModel

    model = StubModel(score=lambda prefix, text: -2.0 * len(text) if len(text) > 1 else -5.0)
    assert mean_loss(model, [toy_example(0), toy_example(3)]) == pytest.approx((5 + 8) / 5)
    assert mean_loss(model, []) == 0.0


@pytest.mark.parametrize("name", ["q-ffl", "agnostic"])
def test_a_run_on_a_language_model(tmp_path, tiny_folder, name):
    path = write_study(tmp_path, tiny_folder, rounds=2)
    how = [f"aggregation.name={name}", "privacy.secure_updates=true"]
    done = running.start(study.load(path, how), tmp_path / "runs", lambda kind, detail: None)
    assert [record.answered for record in done.rounds()[1:]] == [(0, 1, 2)] * 2
    loss = {(r.round, m.moment): m.total / m.n for r in done.rounds() for m in r.measures if m.probe == "training-loss"}
    assert loss[2, "after"] < loss[1, "before"]
