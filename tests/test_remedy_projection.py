"""Safe LoRA's projection, and that a LoRA of the same rank holds it."""

from pathlib import Path

import numpy as np
import pytest
from remedy_sides import server_side, study_of, tiny_model

from tocsin.errors import TocsinError
from tocsin.models import Model
from tocsin.remedy import find_remedy, remedies_of
from tocsin.remedy.remedies.projection import Layer, project

STUDY = study_of("projection", model={"start": "aligned"})
SCALE = 2.0


def layers(seed: int, outputs: int = 40, inputs: int = 30, rank: int = 4) -> tuple[Layer, Layer]:
    """A layer at the start, and after a change of both factors."""
    draw = np.random.default_rng(seed).normal
    start = Layer(draw(size=(outputs, rank)), draw(size=(rank, inputs)))
    moved = Layer(start.up + 0.5 * draw(size=(outputs, rank)), start.down + 0.5 * draw(size=(rank, inputs)))
    return start, moved


def product(layer: Layer) -> np.ndarray:
    return SCALE * layer.up @ layer.down


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_projected_layer_is_written_in_lora_s_form_with_nothing_lost(seed: int, exact: bool) -> None:
    start, now = layers(seed)
    aligned = product(start)  # V, written out
    if exact:
        onto = aligned @ np.linalg.pinv(aligned.T @ aligned, rcond=1e-10) @ aligned.T
    else:
        onto = aligned @ aligned.T / np.linalg.norm(aligned)
    change = product(now) - aligned
    wanted = aligned + onto @ change
    made = project(start, now, SCALE, exact)
    assert made.layer.down.shape == now.down.shape and made.layer.up.shape == now.up.shape
    np.testing.assert_allclose(product(made.layer), wanted, rtol=0, atol=1e-9 * np.abs(wanted).max())
    cosine = (change * (onto @ change)).sum() / np.linalg.norm(change) / np.linalg.norm(onto @ change)
    assert made.cosine == pytest.approx(cosine) and 0 < cosine < 1


def test_the_exact_projection_is_one_and_the_paper_s_is_none() -> None:
    start, now = layers(0)
    once = project(start, now, SCALE, True)
    twice = project(start, once.layer, SCALE, True)
    np.testing.assert_allclose(product(twice.layer), product(once.layer), atol=1e-9)
    assert twice.cosine == pytest.approx(1.0)
    once = project(start, now, SCALE, False)
    twice = project(start, once.layer, SCALE, False)
    assert np.abs(product(twice.layer) - product(once.layer)).max() > 1.0


def test_an_alignment_of_lower_rank() -> None:
    start, now = layers(1)
    start = Layer(start.up, np.vstack([start.down[:2], start.down[:2]]))
    now = Layer(now.up, start.down + 0.1)
    made = project(start, now, SCALE, True)
    aligned = product(start)
    onto = aligned @ np.linalg.pinv(aligned, rcond=1e-9)
    np.testing.assert_allclose(product(made.layer), aligned + onto @ (product(now) - aligned), atol=1e-8)


def test_a_change_within_the_aligned_columns_stays_and_one_beside_them_goes() -> None:
    start, _ = layers(2)
    within = Layer(start.up, start.down + 1.0)
    made = project(start, within, SCALE, True)
    assert made.cosine == pytest.approx(1.0)
    np.testing.assert_allclose(product(made.layer), product(within), atol=1e-9)
    beside = np.random.default_rng(0).normal(size=start.up.shape)
    beside -= start.up @ np.linalg.lstsq(start.up, beside, rcond=None)[0]
    made = project(start, Layer(start.up + beside, start.down), SCALE, True)
    assert made.cosine < 1e-6
    np.testing.assert_allclose(product(made.layer), product(start), atol=1e-9)
    assert project(start, start, SCALE, True).cosine == 1.0


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return tiny_model(tiny_folder)


def test_layers_under_the_threshold_are_projected_and_the_others_are_kept(model: Model, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    start = {name: random.normal(size=a.shape).astype(np.float32) for name, a in model.fresh().items()}
    now = {name: a + (0.3 * random.normal(size=a.shape)).astype(np.float32) for name, a in start.items()}
    side = server_side(STUDY, model, start, tmp_path)
    ups = [name for name in now if ".lora_B." in name]
    cosines = {}
    for up in ups:
        down = up.replace("lora_B", "lora_A")
        factors = [Layer(a[up].astype(float), a[down].astype(float)) for a in (start, now)]
        cosines[up] = project(*factors, SCALE, False).cosine
    middle = float(np.median(list(cosines.values())))
    mended = find_remedy("projection", {"threshold": middle}).mend(now, side)
    for up, cosine in cosines.items():
        down = up.replace("lora_B", "lora_A")
        same = mended.arrays[up] is now[up] and mended.arrays[down] is now[down]
        assert same == (cosine >= middle)
        if not same:
            np.testing.assert_array_equal(mended.arrays[up], start[up])
            assert mended.arrays[down].dtype == np.float32
    assert mended.note.startswith(f"the changes of 2 of {len(ups)} layers are projected (cosines from ")
    model.use(mended.arrays)
    every = find_remedy("projection", {"threshold": 2}).mend(now, side)
    assert f"of {len(ups)} of {len(ups)} layers" in every.note
    none = find_remedy("projection", {"threshold": 1e-9}).mend(now, side)
    assert all(none.arrays[name] is now[name] for name in now)


def test_the_change_is_that_of_the_study_s_scale(model: Model, tmp_path: Path) -> None:
    """C of the paper grows with V, and V with alpha; the exact projection does not."""
    random = np.random.default_rng(4)
    start = {name: random.normal(size=a.shape).astype(np.float32) for name, a in model.fresh().items()}
    now = {name: a + np.float32(0.1) for name, a in start.items()}
    sides = [server_side(study_of("projection", lora={"alpha": alpha}), model, start, tmp_path) for alpha in (16, 32)]
    for exact in (False, True):
        remedy = find_remedy("projection", {"threshold": 2, "exact": exact})
        down = next(name for name in start if ".lora_A." in name)
        small, large = (remedy.mend(now, side).arrays[down] - start[down] for side in sides)
        np.testing.assert_allclose(large, small if exact else 2 * small, rtol=1e-3, atol=1e-4)


def test_it_needs_an_aligned_start(model: Model, tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match=r'^remedy "projection" projects onto what alignment changed.*"aligned"'):
        remedies_of(study_of("projection"))
    assert remedies_of(STUDY).of_model and not remedies_of(STUDY).of_data
    with pytest.raises(TocsinError, match=r"changes nothing in .*; start from an aligned one"):
        find_remedy("projection", {}).mend(model.fresh(), server_side(STUDY, model, model.fresh(), tmp_path))


@pytest.mark.parametrize(
    ("options", "said"), [({"threshold": 0.0}, "threshold = 0.0"), ({"exact": 1}, "true or false")]
)
def test_wrong_options(options: dict, said: str) -> None:
    with pytest.raises(TocsinError, match=said):
        find_remedy("projection", options)
