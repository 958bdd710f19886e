"""The aggregated adapter, tuned on aligned examples."""

from pathlib import Path

import numpy as np
import pytest
from remedy_sides import server_side, study_of, tiny_model

from tocsin.corpora.alignment import alignment
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model
from tocsin.remedy import find_remedy

STUDY = study_of("safety-tuning", training={"rounds": 3, "batch_size": 4, "max_tokens": 200})
OPTIONS = {"examples": 12, "steps": 6, "learning_rate": 1e-2}


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return tiny_model(tiny_folder)


def flat(arrays: Arrays) -> bytes:
    return b"".join(arrays[name].tobytes() for name in sorted(arrays))


def test_the_adapter_likes_refusals_better(model: Model, tmp_path: Path) -> None:
    arrays = {name: array + np.float32(0.01) for name, array in model.fresh().items()}
    kept = flat(arrays)
    mended = find_remedy("safety-tuning", OPTIONS).mend(arrays, server_side(STUDY, model, model.fresh(), tmp_path))
    assert flat(arrays) == kept != flat(mended.arrays)
    assert mended.note == "6 steps on 12 aligned examples"
    pairs = [(model.render(one.turns), one.response) for one in alignment(99, 8, 0, 0)]
    likelihoods = []
    for these in (arrays, mended.arrays):
        model.use(these)
        likelihoods.append(sum(one.total for one in model.log_likelihoods(pairs)))
    assert likelihoods[1] > likelihoods[0] + 10  # nats, over 8 refusals that it has not seen


def test_which_adapter_is_in_the_model_does_not_matter_and_the_round_does(model: Model, tmp_path: Path) -> None:
    remedy, arrays, made = find_remedy("safety-tuning", OPTIONS), model.fresh(), []
    for round_ in (1, 1, 2):  # the second time, the tuned adapter is in the model
        made.append(flat(remedy.mend(arrays, server_side(STUDY, model, arrays, tmp_path, round_)).arrays))
    assert made[0] == made[1] != made[2]


def test_the_last_round_only(model: Model, tmp_path: Path) -> None:
    remedy, arrays = find_remedy("safety-tuning", {**OPTIONS, "when": "last"}), model.fresh()
    done = [remedy.mend(arrays, server_side(STUDY, model, arrays, tmp_path, round_)) for round_ in (1, 2, 3)]
    assert [bool(one.note) for one in done] == [False, False, True]
    assert [flat(one.arrays) == flat(arrays) for one in done] == [True, True, False]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"examples": 0}, "examples = 0 is wrong; give a number above 0"),
        ({"steps": -1}, "steps = -1 is wrong"),
        ({"learning_rate": 0}, "learning_rate = 0 is wrong"),
        ({"lookalikes": -0.5}, "lookalikes = -0.5 is wrong"),
        ({"when": "never"}, 'when = "never" is wrong; give "each" or "last"'),
        ({"steps": 1.5}, "steps = 1.5 is no whole number"),
    ],
)
def test_wrong_options(options: dict, said: str) -> None:
    with pytest.raises(TocsinError, match=said):
        find_remedy("safety-tuning", options)
