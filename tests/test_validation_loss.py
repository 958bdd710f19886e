"""The server's loss on public examples, which stands in where an epsilon keeps the clients' from being told."""

import pytest
from studies import write_data, write_study

from tocsin import run as running
from tocsin import study as studies
from tocsin.errors import TocsinError
from tocsin.evidence import verdict
from tocsin.federation.validation import ValidationLoss
from tocsin.models import load
from tocsin.records import TRAINING_LOSS, VALIDATION_LOSS


@pytest.fixture
def public(tmp_path):
    folder = tmp_path / "public"
    folder.mkdir()
    return write_data(folder, 12)


def test_a_loss_is_the_mean_over_an_answers_tokens(tmp_path, tiny_folder, public):
    study = studies.load(write_study(tmp_path, tiny_folder), [f"corpus.validation='{public}'"])
    model = load(study.model, study.lora)
    probe = ValidationLoss(study.corpus, model)
    from random import Random

    items = probe.draw(5, Random(1))
    outcomes = probe.measure(model, items)
    assert len(items) == 5 and all(item.texts[0].startswith("It is") for item in items)
    for item, outcome in zip(items, outcomes, strict=True):
        scores = model.token_scores([(item.prompt, item.texts[0])])[0]
        assert outcome.value == pytest.approx(-scores.log_probabilities.mean() / 10, abs=1e-6)


def test_with_an_epsilon_the_verdict_is_on_the_validation_loss(tmp_path, tiny_folder, public):
    changes = [
        f"corpus.validation='{public}'",
        "privacy.epsilon=20.0",
        "privacy.delta=1e-5",
        "training.rounds=1",
        "federation.min_clients=3",
    ]
    study = studies.load(write_study(tmp_path, tiny_folder), changes)
    records = running.start(study, tmp_path / "runs", lambda kind, detail: None).rounds()
    told = {(m.probe, m.by) for record in records for m in record.measures}
    assert (VALIDATION_LOSS, "server") in told and not any(probe == TRAINING_LOSS for probe, _ in told)
    loss = verdict(records, {}).loss
    start, end = (
        [m for m in record.measures if m.probe == VALIDATION_LOSS and m.moment == "after"] for record in records
    )
    assert loss is not None and loss.sentence().startswith("Mean validation loss")
    assert loss.first.estimate == pytest.approx(10 * start[0].total / 12)
    assert loss.last.estimate == pytest.approx(10 * end[0].total / 12)
    assert loss.change.estimate == pytest.approx(loss.last.estimate - loss.first.estimate)


def test_where_clients_tell_theirs_the_verdict_is_on_that(tmp_path, tiny_folder, public):
    study = studies.load(write_study(tmp_path, tiny_folder, rounds=1), [f"corpus.validation='{public}'"])
    records = running.start(study, tmp_path / "runs", lambda kind, detail: None).rounds()
    loss = verdict(records, {}).loss
    assert loss is not None and loss.heading == "mean training loss"


def test_a_file_that_is_not_there_is_missed_before_anything_is_trained(tmp_path, tiny_folder):
    study = studies.load(write_study(tmp_path, tiny_folder), ["corpus.validation='nowhere.jsonl'"])
    with pytest.raises(TocsinError, match=r"nowhere\.jsonl"):
        running.start(study, tmp_path / "runs", lambda kind, detail: None)
    assert not (tmp_path / "runs").exists()
