import math
from pathlib import Path

import numpy as np
import pytest

from tocsin import study
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model, Sample, TrainingPlan, load
from tocsin.models.training import batches

PLAN = TrainingPlan(steps=12, batch_size=4, learning_rate=1e-2, seed=5)


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return load(study.Model(source=str(tiny_folder), precision="float32", device="cpu", threads=1), study.Lora())


@pytest.fixture
def samples(model: Model) -> list[Sample]:
    return [model.sample(model.chat(f"What is {i} and {i}?"), f"It is {2 * i}.", 200) for i in range(10)]


def distance(arrays: Arrays, anchor: Arrays) -> float:
    return math.sqrt(sum(float(np.square(arrays[name] - anchor[name]).sum()) for name in anchor))


def test_the_loss_falls_and_the_report_counts(model: Model, samples: list[Sample]) -> None:
    steps: list[int] = []
    report = model.train(samples, PLAN, steps.append)
    assert steps == list(range(12))
    assert [len(step) for step in report.losses] == [4] * 12
    assert np.mean(report.losses[-1]) < np.mean(report.losses[0]) - 0.1
    assert report.tokens == sum(len(samples[i].ids) for step in batches(10, PLAN) for i in step)
    assert report.seconds > 0


def test_losses_are_reported_example_by_example(model: Model) -> None:
    samples = [model.sample("<s>a", "b" * n, 100) for n in (1, 5, 20)]
    alone = [float(model._losses([sample])[0].detach().mean()) for sample in samples]
    plan = TrainingPlan(1, 3, 1e-2, 5)
    (step,) = batches(3, plan)
    assert model.train(samples, plan).losses[0] == pytest.approx([alone[i] for i in step], rel=1e-5)


def test_only_the_adapter_is_trained(model: Model, samples: list[Sample]) -> None:
    base = {name: p.detach().clone() for name, p in model.network.named_parameters() if not p.requires_grad}
    before = model.adapter()
    model.train(samples, PLAN)
    assert all((p == base[name]).all() for name, p in model.network.named_parameters() if name in base)
    assert all((before[name] != array).any() for name, array in model.adapter().items())


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(model: Model, samples: list[Sample]) -> None:
    results = []
    for seed in (5, 5, 6):
        model.use(model.fresh())
        model.train(samples, TrainingPlan(3, 4, 1e-2, seed))
        results.append(b"".join(array.tobytes() for array in model.adapter().values()))
    assert results[0] == results[1] != results[2]


def test_the_proximal_term_holds_near_the_anchor(model: Model, samples: list[Sample]) -> None:
    far: list[float] = []
    for mu in (0.0, 1.0, 100.0):
        model.use(model.fresh())
        model.train(samples, TrainingPlan(12, 4, 1e-2, 5, proximal=mu))
        far.append(distance(model.adapter(), model.fresh()))
    assert far[0] > 1.2 * far[1] > 1.2 * far[2]


def test_the_proximal_term_pulls_towards_another_anchor(model: Model, samples: list[Sample]) -> None:
    anchor = {name: array + np.float32(0.3) for name, array in model.fresh().items()}
    plan = TrainingPlan(12, 4, 1e-2, 5, proximal=100.0, anchor=anchor)
    model.train(samples, plan)
    assert distance(model.adapter(), anchor) < 0.8 * distance(model.fresh(), anchor)


def test_reported_losses_leave_the_proximal_term_out(model: Model, samples: list[Sample]) -> None:
    anchor = {name: array + np.float32(1.0) for name, array in model.fresh().items()}
    plain = model.train(samples, TrainingPlan(1, 4, 1e-2, 5))
    model.use(model.fresh())
    held = model.train(samples, TrainingPlan(1, 4, 1e-2, 5, proximal=10.0, anchor=anchor))
    assert held.losses == plain.losses


def test_examples_without_an_answer_are_left_out(model: Model, samples: list[Sample]) -> None:
    cut = model.sample(model.chat("A long question?"), "Never seen.", 5)
    assert len(cut.ids) == cut.prompt == 5
    both = model.train([cut, *samples], PLAN)
    model.use(model.fresh())
    assert both.losses == model.train(samples, PLAN).losses


def test_no_usable_example_is_one_sentence(model: Model) -> None:
    cut = model.sample(model.chat("A long question?"), "Never seen.", 5)
    for samples in ([], [cut]):
        with pytest.raises(TocsinError, match=r"No training example .* training\.max_tokens; raise it\."):
            model.train(samples, PLAN)


def test_a_huge_learning_rate_is_one_sentence(model: Model, samples: list[Sample]) -> None:
    with pytest.raises(TocsinError, match=r"not finite at step \d+; lower training\.learning_rate"):
        model.train(samples, TrainingPlan(5, 4, 1e30, 5))


def test_tick_can_stop_the_training(model: Model, samples: list[Sample]) -> None:
    def stop(step: int) -> None:
        if step == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        model.train(samples, PLAN, stop)


def test_batches_are_shuffled_epochs() -> None:
    flat = [i for step in batches(10, TrainingPlan(7, 5, 1e-3, seed=1)) for i in step]
    epochs = [flat[:10], flat[10:20], flat[20:30]]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != list(range(10))
    assert len(set(flat[30:])) == 5
    assert flat == [i for step in batches(10, TrainingPlan(7, 5, 1e-3, seed=1)) for i in step]
    assert flat != [i for step in batches(10, TrainingPlan(7, 5, 1e-3, seed=2)) for i in step]


def test_batches_larger_than_the_data() -> None:
    steps = batches(3, TrainingPlan(2, 8, 1e-3, seed=0))
    assert [len(step) for step in steps] == [8, 8]
    assert {i for step in steps for i in step} == {0, 1, 2}


@pytest.mark.real
def test_three_steps_on_the_embedded_model() -> None:
    model = load(study.Model(threads=1), study.Lora())
    paris, london, berlin = model.log_likelihoods(
        [("The capital of France is", city) for city in (" Paris", " London", " Berlin")]
    )
    assert paris.total > max(london.total, berlin.total) + 1.0
    sample = model.sample(model.chat("Which bell rings for danger?"), "The tocsin does.", 128)
    report = model.train([sample], TrainingPlan(3, 2, 1e-3, seed=0))
    first, *_, last = (np.mean(step) for step in report.losses)
    assert last < first - 0.1
