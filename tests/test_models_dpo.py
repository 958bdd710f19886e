import math
from pathlib import Path

import pytest
import torch

from tocsin import study
from tocsin.errors import TocsinError
from tocsin.models import Model, Preference, TrainingPlan, load
from tocsin.models.preferring import margins, preference_losses

PLAN = TrainingPlan(steps=8, batch_size=2, learning_rate=1e-2, seed=3)


def tiny(folder: Path) -> Model:
    return load(study.Model(source=str(folder), precision="float32", device="cpu", threads=1), study.Lora())


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return tiny(tiny_folder)


def pairs_of(model: Model) -> list[Preference]:
    asked = [
        ("What is red?", "A colour."),
        ("And two?", "Some number, I think."),
        ("Hm?", "Yes"),
        ("What now?", "Tea."),
    ]
    return [
        Preference(
            model.sample(model.chat(prompt), good, 200), model.sample(model.chat(prompt), "I will not say.", 200)
        )
        for prompt, good in asked
    ]


def shift(model: Model, by: float) -> None:
    model.use({name: array + by for name, array in model.adapter().items()})


def test_the_margin_is_the_difference_of_the_answers_log_likelihoods(model: Model) -> None:
    found = margins(model._losses, pairs_of(model)).tolist()
    for pair, margin in zip(pairs_of(model), found, strict=True):
        sums = [-float(model._losses([sample])[0].detach().sum()) for sample in (pair.chosen, pair.rejected)]
        assert margin == pytest.approx(sums[0] - sums[1], abs=1e-4)


def test_the_loss_is_eq_7() -> None:
    policy, reference = torch.tensor([2.0, -1.0]), torch.tensor([1.0, 3.0])
    expected = [-math.log(1 / (1 + math.exp(-0.1 * difference))) for difference in (1.0, -4.0)]
    assert preference_losses(policy, reference, 0.1).tolist() == pytest.approx(expected)


def test_what_is_preferred_becomes_likelier_and_the_reference_stays(model: Model) -> None:
    shift(model, 0.02)
    before = margins(model._losses, pairs_of(model)).detach()
    losses = model.prefer(pairs_of(model), PLAN, beta=0.5)
    assert losses[0] == pytest.approx(math.log(2))  # at first the policy is its own reference, whatever adapter it is
    assert losses[-1] < losses[0] - 0.1
    assert (margins(model._losses, pairs_of(model)).detach() > before).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(model: Model) -> None:
    results = []
    for seed in (3, 3, 4):
        model.use(model.fresh())
        model.prefer(pairs_of(model), TrainingPlan(3, 2, 1e-2, seed), beta=0.1)
        results.append(b"".join(array.tobytes() for array in model.adapter().values()))
    assert results[0] == results[1] != results[2]


def test_it_does_not_go_on_from_what_is_not_finite(model: Model) -> None:
    shift(model, math.inf)
    with pytest.raises(TocsinError, match="not finite at step 1"):
        model.prefer(pairs_of(model), PLAN, beta=0.1)


@pytest.mark.parametrize(
    ("pairs", "plan"), [(0, PLAN), (4, TrainingPlan(1, 1, 1e-2, 0, proximal=0.1))], ids=["no pairs", "proximal"]
)
def test_a_plan_that_means_nothing_here_is_refused(model: Model, pairs: int, plan: TrainingPlan) -> None:
    with pytest.raises(ValueError, match="DPO"):
        model.prefer(pairs_of(model)[:pairs], plan, beta=0.1)


def test_the_loss_and_its_gradient_are_those_of_trl(tiny_folder: Path, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    ours, theirs = tiny(tiny_folder), tiny(tiny_folder)
    start = {name: array + 0.01 for name, array in ours.fresh().items()}
    for model in (ours, theirs):
        model.use(start)
    pairs = pairs_of(ours)
    rows = [
        {
            "prompt_ids": list(pair.chosen.ids[: pair.chosen.prompt]),
            "chosen_ids": list(pair.chosen.ids[pair.chosen.prompt :]),
            "rejected_ids": list(pair.rejected.ids[pair.rejected.prompt :]),
        }
        for pair in pairs
    ]
    config = trl.DPOConfig(
        output_dir=str(tmp_path), beta=0.1, use_cpu=True, report_to=[], bf16=False,
        per_device_train_batch_size=4, max_length=None, remove_unused_columns=False, disable_tqdm=True,
    )  # fmt: skip
    texts = datasets.Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}])  # it takes no tokens
    trainer = trl.DPOTrainer(theirs.network, args=config, train_dataset=texts, processing_class=theirs.tokenizer)
    reference = margins(ours._losses, pairs).detach()
    moved = {name: array + 0.02 for name, array in start.items()}  # away from the reference
    ours.use(moved)
    with torch.no_grad():
        for name, parameter in theirs.network.named_parameters():
            if ".default." in name:
                parameter.copy_(torch.from_numpy(moved[name.replace(".default.", ".")]))
    loss = preference_losses(margins(ours._losses, pairs), reference, 0.1).mean()
    loss.backward()
    batch = trainer.data_collator(rows)
    expected = trainer.compute_loss(theirs.network, batch)
    expected.backward()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), abs=1e-5)
    assert abs(float(expected.detach()) - math.log(2)) > 1e-3
    slopes = {n.replace(".default.", "."): p.grad for n, p in theirs.network.named_parameters() if ".default." in n}
    for name, parameter in ours._parameters().items():
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, slopes[name], atol=1e-5), name


# -- what it costs ----------------------------------------------------------------------------------------------


def test_tokens_are_counted_where_they_pass_and_those_with_gradients_twice(model: Model) -> None:
    sample = model.sample(model.chat("How many?"), "Some.", 200)
    with model.counted() as passed:
        model.train([sample], TrainingPlan(2, 1, 1e-2, 0))
    assert passed.read == passed.trained == 2 * len(sample.ids)
    with model.counted() as passed:
        model.prefer([Preference(sample, sample)], TrainingPlan(1, 1, 1e-2, 0), beta=0.1)
    assert (passed.read, passed.trained) == (4 * len(sample.ids), 2 * len(sample.ids))
    assert passed.operations == 2 * passed.parameters * 6 * len(sample.ids)
    assert passed.parameters == sum(p.numel() for p in model.network.parameters() if not p.requires_grad)


def test_what_is_computed_once_is_counted_once(model: Model) -> None:
    prompt = model.chat("How many?")
    with model.counted() as one:
        model.log_likelihoods([(prompt, "ab")])
    with model.counted() as two:
        model.log_likelihoods([(prompt, "ab"), (prompt, "ab")])
    assert one.read == two.read > 0
    assert one.trained == 0


def test_nothing_is_counted_afterwards(model: Model) -> None:
    with model.counted() as passed:
        pass
    model.generate(["abc"], 2)
    assert passed.read == 0


@pytest.mark.real
def test_the_count_is_a_close_upper_bound_of_torchs_own() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    model = load(study.Model(threads=1), study.Lora())
    samples = [model.sample(model.chat("How do I boil an egg?"), "Put it into boiling water for six minutes.", 200)]
    with FlopCounterMode(display=False) as torchs, model.counted() as passed:
        model._losses(samples)[0].mean().backward()
    assert 0.95 < passed.operations / torchs.get_total_flops() < 1.3
