"""DP-SGD on the adapter: against definitions, against Opacus' own optimizer, and against what could give it away."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tocsin import study
from tocsin.errors import TocsinError
from tocsin.models import Model, RecordPrivacy, Sample, TrainingPlan, load
from tocsin.models import private_training as private
from tocsin.privacy.noise import noised

# So little noise that nothing shows, and a clipping norm that nothing reaches.
NOTHING = RecordPrivacy(clip=1e3, multiplier=1e-15, rate=1.0)


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return tiny(tiny_folder, "float32")


def tiny(folder: Path, precision: str) -> Model:
    model = load(study.Model(source=str(folder), precision=precision, device="cpu", threads=1), study.Lora())
    rng = np.random.default_rng(0)  # a fresh adapter's gradients are half zeros
    start = {name: (a + 0.1 * rng.normal(size=a.shape)).astype(np.float32) for name, a in model.fresh().items()}
    model.use(start)
    return model


@pytest.fixture
def samples(model: Model) -> list[Sample]:
    return samples_of(model)


def samples_of(model: Model) -> list[Sample]:
    asked = [model.chat(f"What is {i} and {i}?" * (1 + i % 3)) for i in range(10)]
    return [model.sample(prompt, f"It is {2 * i}.", 200) for i, prompt in enumerate(asked)]


@pytest.fixture
def sgd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain steps in place of AdamW's: the parameters then tell the gradient."""
    monkeypatch.setattr(torch.optim, "AdamW", lambda parameters, lr, weight_decay: torch.optim.SGD(parameters, lr=lr))


def parameters_of(model: Model) -> dict[str, torch.nn.Parameter]:
    return dict(sorted(model._parameters().items()))


def flat(model: Model) -> np.ndarray:
    return np.concatenate([array.ravel() for array in model.adapter().values()]).astype(np.float64)


def one_by_one(model: Model, samples: list[Sample]) -> torch.Tensor:
    """Each sample's gradient by a backward pass of its own, in the packed form that plain training uses."""
    rows = []
    for sample in samples:
        loss = model._losses([sample])[0].mean()
        slopes = torch.autograd.grad(loss, list(parameters_of(model).values()))
        rows.append(torch.cat([slope.flatten() for slope in slopes]).double())
    return torch.stack(rows)


def by_opacus(model: Model, samples: list[Sample]) -> torch.Tensor:
    parameters = parameters_of(model)
    with private._gradients_by_example(model.network, parameters):
        model._example_losses(samples).sum().backward()
        return private._take_gradients(parameters)


def clipped_sum(model: Model, samples: list[Sample], clip: float, rows: int) -> np.ndarray:
    parameters = parameters_of(model)
    with private._gradients_by_example(model.network, parameters):
        return private._clipped_sum(model._example_losses, parameters, samples, clip, rows)


def train(model: Model, samples: list[Sample], plan: TrainingPlan, random=None, losses_of=None) -> None:
    private.train_privately(
        model.network,
        losses_of or model._example_losses,
        parameters_of(model),
        samples,
        plan,
        random=random or np.random.default_rng(1).bytes,
    )


def test_gradients_by_example_are_those_of_single_passes(model: Model, samples: list[Sample]) -> None:
    ours, theirs = by_opacus(model, samples), one_by_one(model, samples)
    assert ((ours - theirs).norm(dim=1) < 1e-5 * theirs.norm(dim=1)).all()


def test_example_losses_are_means_over_each_answer(model: Model, samples: list[Sample]) -> None:
    alone = [float(model._losses([sample])[0].detach().mean()) for sample in samples]
    assert model._example_losses(samples).tolist() == pytest.approx(alone, rel=1e-5)


def test_the_sum_is_that_of_clipped_gradients_whatever_the_pieces(model: Model, samples: list[Sample]) -> None:
    single = one_by_one(model, samples)
    norm = float(single.norm(dim=1).median())  # half of them are clipped
    wanted = sum(row * min(1.0, norm / float(row.norm())) for row in single)
    for rows in (1, 3, 8, 100):
        np.testing.assert_allclose(clipped_sum(model, samples, norm, rows), wanted.numpy(), atol=1e-5 * norm)


def test_opacus_own_optimizer_clips_to_the_same_sum(model: Model, samples: list[Sample]) -> None:
    from opacus.optimizers import DPOptimizer

    parameters = parameters_of(model)
    optimizer = DPOptimizer(
        torch.optim.SGD(parameters.values(), lr=1.0),
        noise_multiplier=0.0,
        max_grad_norm=0.3,
        expected_batch_size=1,
    )
    with private._gradients_by_example(model.network, parameters):
        model._example_losses(samples).sum().backward()
        optimizer.clip_and_accumulate()
        theirs = torch.cat([p.summed_grad.flatten() for p in parameters.values()])
        optimizer.zero_grad()
    np.testing.assert_allclose(clipped_sum(model, samples, 0.3, 8), theirs.numpy(), atol=1e-5)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.lists(st.floats(width=32), min_size=4, max_size=4),
        min_size=1,
        max_size=5,
    ),
    st.floats(1e-3, 1e3),
)
def test_no_row_is_longer_than_the_norm_and_short_ones_stay(rows: list[list[float]], norm: float) -> None:
    given_rows = torch.tensor(rows, dtype=torch.float64)
    clipped = private._clip(given_rows, norm)
    for before, after in zip(given_rows, clipped, strict=True):
        if not torch.isfinite(before).all():
            assert (after == 0).all()
        elif before.norm() <= norm:
            assert (after == before).all()
        else:
            assert float(after.norm()) == pytest.approx(norm, rel=1e-12)
            torch.testing.assert_close(after / norm, before / before.norm(), rtol=1e-12, atol=1e-12)


def test_one_record_moves_the_sum_by_the_norm_at_most(model: Model, samples: list[Sample]) -> None:
    everything = clipped_sum(model, samples, 0.1, 8)
    for left_out in range(len(samples)):
        rest = [s for i, s in enumerate(samples) if i != left_out]
        # All have larger gradients than that, so each moves it by exactly so much.
        moved = np.linalg.norm(everything - clipped_sum(model, rest, 0.1, 8))
        assert moved == pytest.approx(0.1, rel=1e-5)


def test_in_bfloat16_each_example_goes_alone(tiny_folder: Path) -> None:
    """Else the others' gradients would depend on it: see `train_privately`."""
    model = tiny(tiny_folder, "bfloat16")
    seen: list[int] = []
    losses_of = model._example_losses

    def counted(batch):
        seen.append(len(batch))
        return losses_of(batch)

    train(model, samples_of(model), TrainingPlan(1, 4, 1e-3, 0, privacy=NOTHING), losses_of=counted)
    assert seen == [1] * 10


def test_without_noise_and_clipping_it_is_plain_training(model: Model, samples: list[Sample]) -> None:
    start = model.adapter()
    train(model, samples, TrainingPlan(3, len(samples), 1e-2, 0, privacy=NOTHING))
    ours = flat(model)

    model.use(start)
    optimizer = torch.optim.AdamW(parameters_of(model).values(), lr=1e-2, weight_decay=0.0)
    for _ in range(3):
        optimizer.zero_grad()
        torch.stack([model._losses([s])[0].mean() for s in samples]).mean().backward()
        optimizer.step()
    plain = flat(model)
    optimizer.zero_grad()
    model.use(start)
    assert np.abs(ours - plain).max() < 1e-3 * np.abs(plain - flat(model)).max()


def test_the_sum_is_divided_by_what_is_expected_not_by_what_came(
    sgd: None, model: Model, samples: list[Sample]
) -> None:
    start, before = model.adapter(), flat(model)
    train(model, samples, TrainingPlan(1, 4, 1.0, 0, privacy=NOTHING))
    steps = before - flat(model)
    model.use(start)
    np.testing.assert_allclose(steps, one_by_one(model, samples).sum(0).numpy() / 4, atol=1e-6)


def test_the_noise_in_a_step_has_the_law_that_is_charged(sgd: None, model: Model, samples: list[Sample]) -> None:
    """An empty sample is a step of noise alone, of standard deviation multiplier x clip / batch size."""
    before = flat(model)
    nobody = RecordPrivacy(clip=0.5, multiplier=3.0, rate=1e-15)
    train(model, samples, TrainingPlan(1, 4, 10.0, 0, privacy=nobody), np.random.default_rng(8).bytes)
    noise = (before - flat(model)) / 10.0
    assert stats.kstest(noise * 4 / (0.5 * 3.0), "norm").pvalue > 0.001
    assert abs(noise.std() * 4 / 1.5 - 1) < 4 / math.sqrt(2 * noise.size)


def test_each_step_has_its_own_noise(sgd: None, model: Model, samples: list[Sample]) -> None:
    before = flat(model)
    nobody = RecordPrivacy(clip=1.0, multiplier=1.0, rate=1e-15)
    train(model, samples, TrainingPlan(9, 1, 1.0, 0, privacy=nobody))
    walked = before - flat(model)
    assert stats.kstest(walked / 3.0, "norm").pvalue > 0.001


def test_noise_and_gradient_add_up(sgd: None, model: Model, samples: list[Sample]) -> None:
    before = flat(model)
    total = clipped_sum(model, samples, 0.2, 8)
    train(
        model, samples, TrainingPlan(1, 4, 1.0, 0, privacy=RecordPrivacy(0.2, 2.0, 1.0)), np.random.default_rng(3).bytes
    )
    random = np.random.default_rng(3).bytes
    random(8 * len(samples))  # the sample's
    np.testing.assert_allclose(before - flat(model), noised(total, 0.4, random) / 4, atol=1e-6)


def test_batches_come_by_chance(model: Model, samples: list[Sample]) -> None:
    seen: list[int] = []
    losses_of = model._example_losses

    def counted(batch):
        seen.extend(samples.index(s) for s in batch)
        return losses_of(batch)

    privacy = RecordPrivacy(1.0, 1.0, 0.3)
    train(model, samples, TrainingPlan(60, 3, 1e-6, 0, privacy=privacy), losses_of=counted)
    joined = np.bincount(seen, minlength=10)
    assert stats.chi2.sf(((joined - 18) ** 2 / (60 * 0.3 * 0.7)).sum(), 10) > 0.001


def test_noise_is_not_made_from_the_studys_seed(sgd: None, model: Model, samples: list[Sample]) -> None:
    plan = TrainingPlan(1, 4, 1e-2, seed=5, privacy=RecordPrivacy(1.0, 1.0, 0.5))
    start, results = model.adapter(), []
    for _ in range(2):
        model.use(start)
        model.train(samples, plan)
        results.append(flat(model))
    assert (results[0] != results[1]).all()


def test_injected_randomness_decides_everything(model: Model, samples: list[Sample]) -> None:
    plan = TrainingPlan(2, 4, 1e-2, 0, privacy=RecordPrivacy(1.0, 1.0, 0.5))
    start, results = model.adapter(), []
    for seed in (1, 1, 2):
        model.use(start)
        train(model, samples, plan, np.random.default_rng(seed).bytes)
        results.append(flat(model).tobytes())
    assert results[0] == results[1] != results[2]


def test_an_example_without_a_finite_gradient_counts_nothing(model: Model, samples: list[Sample]) -> None:
    losses_of = model._example_losses

    def broken(batch):
        return losses_of(batch) * torch.tensor([math.nan if s is samples[4] else 1.0 for s in batch])

    plan = TrainingPlan(1, 10, 1e-2, 0, privacy=NOTHING)
    start = model.adapter()
    train(model, samples, plan, losses_of=broken)
    with_it = flat(model)
    model.use(start)
    train(model, [s for s in samples if s is not samples[4]], plan)
    assert np.isfinite(with_it).all()
    np.testing.assert_allclose(with_it, flat(model), atol=1e-5)


def test_the_report_tells_nothing_of_the_records(model: Model, samples: list[Sample]) -> None:
    report = model.train(samples, TrainingPlan(3, 4, 1e-3, 0, privacy=RecordPrivacy(1.0, 1.0, 0.4)))
    assert report.losses == [[], [], []]
    assert report.tokens == 0


def test_the_proximal_term_is_added_after_the_noise(sgd: None, model: Model, samples: list[Sample]) -> None:
    anchor = {name: array + np.float32(0.5) for name, array in model.adapter().items()}
    nobody = RecordPrivacy(clip=1.0, multiplier=1e-12, rate=1e-15)
    before = flat(model)
    train(model, samples, TrainingPlan(1, 4, 0.1, 0, proximal=2.0, anchor=anchor, privacy=nobody))
    np.testing.assert_allclose(flat(model) - before, 0.1 * 2.0 * 0.5, atol=1e-6)


def test_the_learning_rate_falls_where_the_plan_says_so(sgd: None, model: Model, samples: list[Sample]) -> None:
    moved = []
    for decay in (False, True):
        before = flat(model)
        privacy = RecordPrivacy(1.0, 1.0, 1e-15)
        train(model, samples, TrainingPlan(50, 1, 1.0, 0, decay=decay, privacy=privacy))
        moved.append(np.square(flat(model) - before).sum())
    # The sum of (1 - s/50)^2 over 50 steps is 17.2.
    assert moved[1] / moved[0] == pytest.approx(17.17 / 50, rel=0.15)


@pytest.mark.parametrize("stopped", [False, True])
def test_nothing_of_it_stays_behind(stopped: bool, model: Model, samples: list[Sample]) -> None:
    def stop(step: int) -> None:
        if step == 1 and stopped:
            raise TimeoutError

    start = model.adapter()
    plain = TrainingPlan(2, 4, 1e-2, 5)
    model.train(samples, plain)
    wanted = flat(model)
    model.use(start)
    try:
        model.train(samples, TrainingPlan(2, 4, 1e-2, 5, privacy=RecordPrivacy(1.0, 1.0, 0.5)), stop)
    except TimeoutError:
        assert stopped
    assert not any(module.training for module in model.network.modules())
    assert not any(hasattr(p, "grad_sample") for p in model.network.parameters())
    model.use(start)
    model.train(samples, plain)
    assert (flat(model) == wanted).all()


def test_no_usable_example_is_one_sentence(model: Model) -> None:
    with pytest.raises(TocsinError, match=r"No training example .* training\.max_tokens; raise it\."):
        model.train([], TrainingPlan(1, 4, 1e-3, 0, privacy=NOTHING))


def test_an_adapter_that_leaves_the_numbers_is_one_sentence(model: Model, samples: list[Sample]) -> None:
    model.use({name: np.full_like(array, 3.3e38) for name, array in model.adapter().items()})
    with pytest.raises(TocsinError, match=r"not finite after step 1 .* lower training\.learning_rate"):
        model.train(samples, TrainingPlan(1, 4, 3e37, 0, privacy=RecordPrivacy(1.0, 1.0, 0.5)))


@pytest.mark.parametrize("wrong", [(0.0, 1.0, 0.5), (1.0, 0.0, 0.5), (1.0, math.inf, 0.5), (1.0, 1.0, 1.5)])
def test_what_is_no_mechanism(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="no mechanism"):
        RecordPrivacy(*wrong)
