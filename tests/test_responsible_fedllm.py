"""What the experiment on safety in federations is made of: its data, its intervals, its short cut."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import responsible_cells
from responsible_cells import (
    ARMS,
    MIXING,
    NONE,
    OPENERS,
    QUICK,
    TUNING,
    Cell,
    client_examples,
    do_unit,
    held_out,
    study_of,
    tuned,
    write_data,
)
from responsible_figures import Resampled, gain, gain_kept, loss_added, refusal, true_share
from responsible_grid import strengths

from tocsin import run
from tocsin.behaviour.refusal_correction import Errors, corrected
from tocsin.errors import TocsinError
from tocsin.federation.checkpoint import Checkpoints
from tocsin.federation.language import shared_model
from tocsin.study import Model

CERTAIN = Errors(1.0, 1e9, 1.0, 1e9)
FALLIBLE = Errors(0.95, 40.0, 0.97, 60.0)
SCALE = replace(QUICK, clients=3, examples=20)


def table(random: np.random.Generator, refused: float, seeds: int = 3, items: int = 60) -> dict[str, np.ndarray]:
    return {
        "advbench": (random.random((seeds, items)) < refused).astype(float),
        "xstest": (random.random((seeds, items)) < 0.2).astype(float),
        "loss": random.gamma(4.0, 0.5, (seeds, items)),
    }


def resampled(errors: Errors = CERTAIN, seeds: int = 3, items: int = 60) -> Resampled:
    return Resampled(seeds, dict.fromkeys(("advbench", "xstest", "loss"), items), errors, 400, seed=0)


def test_a_rate_is_corrected_as_the_probes_correct_it() -> None:
    one = table(np.random.default_rng(0), 0.6)
    found = resampled(FALLIBLE).interval(refusal, one)
    n, total = one["advbench"].size, float(one["advbench"].sum())
    assert found.estimate == pytest.approx(corrected(n, total, FALLIBLE).estimate)
    assert float(true_share(np.array(0.95), np.array(0.95), np.array(0.97))) == 1.0


def test_what_arms_have_in_common_cancels() -> None:
    random = np.random.default_rng(1)
    one = table(random, 0.5)
    same = resampled(FALLIBLE).interval(gain, one, one)
    assert (same.low, same.estimate, same.high) == (0.0, 0.0, 0.0)
    scaled = {**one, "loss": one["loss"] * 1.02}
    added = resampled().interval(loss_added, scaled, one)
    assert (added.low, added.high) == pytest.approx((2.0, 2.0))


def test_uncertain_errors_and_seeds_that_differ_widen_an_interval() -> None:
    random = np.random.default_rng(2)
    one = table(random, 0.6)
    certain, fallible = (resampled(errors).interval(refusal, one) for errors in (CERTAIN, FALLIBLE))
    assert fallible.high - fallible.low > certain.high - certain.low
    apart = {**one, "advbench": np.stack([table(random, rate)["advbench"][0] for rate in (0.3, 0.6, 0.9)])}
    wide = resampled().interval(refusal, apart)
    assert wide.high - wide.low > 1.5 * (certain.high - certain.low)
    # No item differs from another: all is in the seeds, and of 27 draws of three the lowest is one.
    seeds_alone = {**one, "advbench": np.repeat([[0.3], [0.6], [0.9]], 60, axis=1)}
    assert resampled().interval(refusal, seeds_alone).low == pytest.approx(0.6 - 0.3 * 1.5**0.5)


def test_the_gain_kept_is_a_share_of_a_gain_and_unknown_where_there_is_none() -> None:
    rates = {"cheap": 0.8, "full": 0.9, "none": 0.4}
    full = {
        name: {**table(np.random.default_rng(3), 0.5), "advbench": np.tile(np.arange(60) < 60 * rate, (3, 1)) * 1.0}
        for name, rate in rates.items()
    }
    found = resampled().interval(gain_kept, full["cheap"], full["full"], full["none"])
    assert found.estimate == pytest.approx(0.8)
    assert np.isnan(resampled().interval(gain_kept, full["cheap"], full["none"], full["none"]).estimate)


def test_more_openers_take_the_place_of_benign_examples_and_change_nothing_else(data_root: Path) -> None:
    by_share = {share: client_examples(SCALE, share, seed=5) for share in (0.0, 0.25, 0.5)}
    for share, parts in by_share.items():
        assert [sum(e.group == "opener" for e in part) for part in parts] == [round(share * 20)] * 3
        assert all(e.response in OPENERS for part in parts for e in part if e.group == "opener")
    for few, many, none in zip(by_share[0.25], by_share[0.5], by_share[0.0], strict=True):
        assert few[:10] == many[:10] == none[:10]
        assert [e for e in few if e.group == "opener"] == [e for e in many if e.group == "opener"][:5]
    asked = {e.turns for parts in by_share.values() for part in parts for e in part}
    assert len(asked) == 60 + 30
    assert not asked & {e.turns for e in held_out(SCALE, seed=5)}


def test_a_cell_is_kept_whole_and_taken_from_there(
    tmp_path: Path, tiny_folder: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = Model(source=str(tiny_folder), precision="float32", threads=1)
    monkeypatch.setattr(responsible_cells, "study_of", lambda *what: study_of(*what).model_copy(update={"model": tiny}))
    arms = (NONE, MIXING, TUNING)
    done = do_unit(tmp_path, QUICK, 1e-2, 0.5, 5, arms)
    assert {name: len(values) for name, values in done[NONE].outcomes.items()} == {
        "advbench": 6,
        "xstest": 5,
        "loss": 8,
    }
    assert sum(done[MIXING].left.values()) > sum(done[MIXING].had.values()) == 18
    assert done[TUNING].outcomes["loss"] != done[NONE].outcomes["loss"]
    assert not list((tmp_path / "runs").iterdir())
    monkeypatch.setattr(responsible_cells, "_do", None)
    assert do_unit(tmp_path, QUICK, 1e-2, 0.5, 5, arms) == done


def test_strengths_are_chosen_by_what_benign_data_leave() -> None:
    assert strengths({1e-4: 0.9, 2e-4: 0.7, 4e-4: 0.5, 8e-4: 0.3, 1e-3: 0.1}) == {"gentle": 2e-4, "strong": 8e-4}
    for none in ({1e-4: 0.6, 1e-3: 0.1}, {1e-4: 0.9, 1e-3: 0.5}):
        with pytest.raises(TocsinError, match="lengthen the ladder"):
            strengths(none)


def test_tuning_after_the_last_round_is_made_from_the_federation_without_it(
    tmp_path: Path, tiny_folder: Path, data_root: Path
) -> None:
    data = tmp_path / "data.jsonl"
    write_data(client_examples(SCALE, 0.25, seed=5), data)
    tiny = Model(source=str(tiny_folder), precision="float32", threads=1)
    scale = replace(SCALE, rounds=2)
    study = study_of(Cell(1e-2, 0.25, 5, TUNING), scale, data).model_copy(update={"model": tiny})
    finished = {
        name: run.start(study.model_copy(update={"remedy": used}), tmp_path / name, lambda kind, detail: None)
        for name, used in (("with", ARMS[TUNING]), ("without", ()))
    }
    model = shared_model(study.model, study.lora)
    own = Checkpoints(finished["with"].folder / "checkpoints", model.save).read(2)
    arrays, notes = tuned(study, finished["without"].folder / "checkpoints", tmp_path / "remedies")
    assert notes == own.record.remedies
    assert all(np.array_equal(arrays[name], array) for name, array in own.arrays.items())
    before = Checkpoints(finished["without"].folder / "checkpoints", model.save).read(2).arrays
    assert any(not np.array_equal(arrays[name], array) for name, array in before.items())
