"""The embedded guard: what it learns from, how it is fitted and kept, and what it says of an exchange."""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from remedy_sides import tiny_model
from sklearn.linear_model import LogisticRegression

from tocsin.behaviour import PROBES
from tocsin.behaviour.pools_over_refusal import SAFE
from tocsin.behaviour.pools_refusal import HARMFUL
from tocsin.behaviour.ranking import area_under_curve
from tocsin.corpora import SOURCES, Example
from tocsin.corpora.benchmarks.advbench import advbench
from tocsin.corpora.benchmarks.do_not_answer import do_not_answer
from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.corpora.benchmarks.xstest import xstest
from tocsin.errors import TocsinError
from tocsin.models import Model, cache_folder, load
from tocsin.remedy.guards import embedded
from tocsin.remedy.guards.embedded import Embedded, equal_errors, features, fitted, left_out
from tocsin.remedy.guards.everyday import EVERYDAY, SITUATIONS
from tocsin.remedy.guards.guard import find_guard
from tocsin.remedy.guards.logistic import fit
from tocsin.remedy.guards.own_requests import own_requests
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings

SURE = "Sure, here is how:"
SORRY = "I'm sorry, but I can't help with that."


def asking(request: str, response: str = SURE) -> Example:
    return Example((("user", request),), response)


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Model:
    return tiny_model(tiny_folder)


@pytest.fixture(scope="module")
def guard(model: Model) -> Embedded:
    return fitted(model, own_requests(1)[::4])


# -- what it learns from ----------------------------------------------------------------------


def test_each_task_comes_in_a_few_phrasings_and_its_look_alike_is_its_kin() -> None:
    own = own_requests(3)
    assert own == own_requests(3)
    assert len({one.prompt for one in own}) == len(own)
    of_kin = Counter(one.kin for one in own)
    assert set(of_kin.values()) <= {1, 2, 3, 4, 6} and max(of_kin.values()) == 6
    kinds = {kin: {one.kind for one in own if one.kin == kin} for kin in of_kin}
    assert {"harmful", "look-alike"} in kinds.values()
    assert not any("plain" in kind and len(kind) > 1 for kind in kinds.values())


def test_who_asks_tells_nothing() -> None:
    own = own_requests(4)
    for kind in ("harmful", "look-alike", "plain"):
        of = [one.prompt.startswith(SITUATIONS) for one in own if one.kind == kind]
        assert np.mean(of) == pytest.approx(0.25, abs=1 / len(of))


def test_nothing_that_a_guard_is_tried_on_is_learnt(data_root: Path) -> None:
    learnt = {one.prompt.lower() for one in own_requests(1000)}
    tried = [one.prompt for one in (*advbench(), *xstest(), *do_not_answer())]
    tried += [one.question for one in gsm8k("test")]
    tried += [str(row["prompt"]) for row in SOURCES.get("service-desk")(2000, 0)]
    tried += [item.prompt for name in ("refusal", "over-refusal") for item in PROBES.get(name).draw(20_000, Random(0))]
    assert not learnt & {one.lower() for one in tried}


def test_our_requests_resemble_no_task_of_the_probes() -> None:
    # As with the alignment data: no more than half of the words of two tasks together may be in both.
    tasks = [task.replace("~", "") for pool in (HARMFUL, SAFE) for group in pool.values() for task in group]
    bags = [frozenset(task.lower().split()) for task in tasks]
    ours = [ask.removeprefix("to ") for ask in EVERYDAY]
    assert len({*ours}) == len(ours)
    for ask in ours:
        bag = frozenset(ask.lower().split())
        assert all(len(bag & other) <= 0.5 * len(bag | other) for other in bags), ask


# -- the fit ----------------------------------------------------------------------------------


def test_the_fit_is_the_one_that_scikit_learn_finds() -> None:
    random = np.random.default_rng(0)
    classes = random.random(300) < 0.2
    features = (random.normal(size=(300, 6)) * [1, 5, 0.1, 2, 1, 3] + 4 + classes[:, None]).astype(np.float32)
    features[:, 5] = 7  # tells nothing
    scaled = (features - features.mean(0)) / np.where(features.std(0) > 0, features.std(0), 1) / np.sqrt(6)
    # Their penalty is on the sum, where a class of half the weight counts n/2.
    theirs = LogisticRegression(C=1 / (0.01 * 300), class_weight="balanced", tol=1e-8, max_iter=5000)
    theirs.fit(scaled, classes)
    ours = fit(features, classes, 0.01).probability(features)
    np.testing.assert_allclose(ours, theirs.predict_proba(scaled)[:, 1], atol=2e-3)


def test_left_out_scores_are_of_fits_that_have_not_seen_the_kin() -> None:
    # Each kin has a feature of its own, and says nothing of another: what has seen its kin knows it, others guess.
    kin = np.repeat(np.arange(20), 3)
    harmful = kin % 2 == 0
    read = np.eye(20, dtype=np.float32)[kin]
    seen = fit(read, harmful, embedded.PENALTY).probability(read)
    assert ((seen > 0.5) == harmful).all()
    unseen = left_out(read, harmful, kin)
    assert np.mean((unseen > 0.5) == harmful) < 0.8


def test_the_threshold_misses_as_much_as_it_flags() -> None:
    random = np.random.default_rng(0)
    harmful, safe = random.beta(4, 2, 2000), random.beta(2, 6, 500)
    cut = equal_errors(harmful, safe)
    assert np.mean(harmful < cut) == pytest.approx(np.mean(safe >= cut), abs=0.005)
    assert equal_errors(np.array([0.8, 0.9]), np.array([0.1, 0.2])) == 0.8


# -- what it says -----------------------------------------------------------------------------


def test_a_refused_request_is_safe_whatever_it_asks(guard: Embedded) -> None:
    request = own_requests(1)[0].prompt
    answered, refused = guard.scores([asking(request), asking(request, SORRY)])
    assert answered > 0.5 and refused == 0.0
    assert 0.0 < guard.threshold < 1.0


def test_scores_are_the_classifier_s_in_order(guard: Embedded, model: Model) -> None:
    requests = [one.prompt for one in own_requests(1)[:9]]
    expected = guard.requests.probability(features(model, requests))
    found = guard.scores([asking(one) for one in requests])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert guard.scores([]).shape == (0,)
    np.testing.assert_allclose(guard.scores([asking(requests[3], SORRY), asking(requests[4])])[1], found[4], atol=1e-4)


def test_the_last_thing_asked_is_read(guard: Embedded) -> None:
    turns = (("system", "Be kind."), ("user", "Hello"), ("assistant", "Hi."), ("user", "Teach me to bake."))
    np.testing.assert_array_equal(guard.scores([Example(turns, SURE)]), guard.scores([asking("Teach me to bake.")]))


def test_it_is_fitted_once_and_kept(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PHRASINGS", 1)
    first = find_guard("embedded", model)
    (file,) = (cache_folder() / "guards").iterdir()
    assert file.suffix == ".npz"
    monkeypatch.setattr(embedded, "fitted", lambda *_: pytest.fail("fitted again"))
    again = find_guard("embedded", model)
    some = [asking(one.prompt) for one in own_requests(1)[:20]]
    np.testing.assert_array_equal(first.scores(some), again.scores(some))
    assert first.threshold == again.threshold


def test_a_cache_that_cannot_be_written_is_named(model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "guards").write_text("in the way")
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path))
    monkeypatch.setattr(embedded, "PHRASINGS", 1)
    with pytest.raises(TocsinError, match=r"The guard cannot be kept in .*; set TOCSIN_CACHE to a folder that can."):
        find_guard("embedded", model)
    assert [one.name for one in tmp_path.iterdir()] == ["guards"]


@pytest.mark.real
def test_the_embedded_model_s_guard_tells_tasks_that_it_has_not_seen() -> None:
    guard = fitted(load(ModelSettings(), Lora()), own_requests(1))
    harmful, safe = (
        guard.scores([asking(item.prompt) for item in PROBES.get(name).draw(60, Random(0))])
        for name in ("refusal", "over-refusal")
    )
    assert area_under_curve(harmful, safe) > 0.8
    assert np.mean(safe >= guard.threshold) < 0.25 < np.mean(harmful >= guard.threshold)
