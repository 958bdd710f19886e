"""The studies that are shipped, on the embedded model: they are sound, and a shrunken demo runs."""

from pathlib import Path

import pytest

from tocsin import run as running
from tocsin import study

STUDIES = Path(__file__).parent.parent / "studies"

pytestmark = pytest.mark.real


def test_the_demo_is_a_sound_study():
    checked = running.checked(study.load(STUDIES / "demo.toml"))
    utility = next(use for use in checked.probe if use.name == "utility")
    assert set(utility.groups) == {"carer", "newcomer", "older", "younger"}


def test_gsm8k_is_a_sound_study(data_root, monkeypatch):
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    checked = running.checked(study.load(STUDIES / "gsm8k.toml"))
    assert {"advbench", "xstest", "crows-pairs"} <= {use.name for use in checked.probe}


def test_a_small_federation_on_the_embedded_model(tmp_path):
    changes = ["split.by=iid", "split.clients=2", "federation.min_clients=2", "corpus.limit=40", "model.start=base"]
    changes += ["training.rounds=1", "training.steps=2", "training.batch_size=4"]
    small = study.load(STUDIES / "demo.toml", changes)
    probes = tuple(use.model_copy(update={"items": 4}) for use in small.probe)
    done = running.start(small.model_copy(update={"probe": probes}), tmp_path / "runs", lambda kind, detail: None)
    last = done.rounds()[-1]
    assert last.answered == (0, 1)
    loss = next(m for m in last.measures if m.probe == "validation-loss" and m.moment == "after")
    assert 0.5 < 10 * loss.total / loss.n < 6  # nats a token of a model that knows English
    # The bare model refuses nearly nothing.
    refusal = [m for m in last.measures if (m.probe, m.by, m.moment) == ("refusal", "server", "after")]
    assert sum(m.total for m in refusal) >= 3
