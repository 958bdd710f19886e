"""Memorisation, end to end: a tiny model is trained on a few examples and canaries, and the probes show it."""

from pathlib import Path
from random import Random

import pytest

from tocsin import study
from tocsin.behaviour import PROBES, HeldOut, Item, Outcome, Probe, measure_all
from tocsin.corpora.canaries import canaries
from tocsin.models import Model, TrainingPlan, load

LORA = study.Lora(rank=16, alpha=32, targets=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj"))


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return load(study.Model(source=str(tiny_folder), precision="float32", device="cpu", threads=1), LORA)


def examples(model: Model) -> list[HeldOut]:
    """Ten answers of random letters that are trained on and ten that are not; four canaries of each kind."""
    random = Random(8)
    letters = ["".join(random.choices("abcdefghij", k=24)) for _ in range(20)]
    plain = [HeldOut(model.chat(f"Word {n}?"), word, "words", n % 2 == 0) for n, word in enumerate(letters)]
    secrets = [HeldOut(model.render(e.turns), e.response, e.group, n % 2 == 0) for n, e in enumerate(canaries(8, 3))]
    return plain + secrets


def train(model: Model, data: list[HeldOut], steps: int) -> None:
    samples = [model.sample(e.prompt, e.response, 200) for e in data if e.trained]
    model.train(samples, TrainingPlan(steps=steps, batch_size=len(samples), learning_rate=2e-2, seed=1))


def measured(model: Model, probe: Probe, items: list[Item]) -> tuple[float, dict[str, float]]:
    outcomes: list[Outcome] = measure_all(model, probe, items)
    return sum(o.value for o in outcomes) / len(outcomes), probe.scores(outcomes)


def test_training_exposes_members_and_secrets(model: Model) -> None:
    data = examples(model)
    membership, canary = PROBES.get("membership"), PROBES.get("canary")
    pairs = [item for item in membership.draw(99, Random(0), data) if item.group == "words"]
    secrets = canary.draw(99, Random(0), data)
    assert (len(pairs), len(secrets)) == (10, 4)
    unseen = canary.draw(99, Random(0), [e._replace(trained=not e.trained) for e in data])  # a control
    before = measured(model, membership, pairs), measured(model, canary, secrets)
    train(model, data, 100)
    after = measured(model, membership, pairs), measured(model, canary, secrets)

    (_, likelihoods), (rank, exposure) = before
    assert all(abs(likelihoods[f"AUC by {attack}"] - 0.5) < 0.25 for attack in ("loss", "Min-K%"))
    assert rank < 0.75 and exposure["exposure"] < 2.0
    (recognised, likelihoods), (rank, exposure) = after
    assert recognised > 0.75
    assert all(likelihoods[f"AUC by {attack}"] > 0.8 for attack in ("loss", "Min-K%"))
    assert rank > 0.9 and exposure["exposure"] > 4.0
    assert measured(model, canary, unseen)[1]["exposure"] < 2.5
