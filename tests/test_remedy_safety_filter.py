"""The safety filter, with a guard that goes by a word; guards have tests of their own."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from remedy_sides import client_side, study_of

from tocsin.behaviour import refused
from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.remedy import Weighed, find_remedy, remedies_of
from tocsin.remedy.remedies import safety_filter

STUDY = study_of("safety-filter")
WORDS = {"good": 0.1, "odd": 0.5, "bad": 0.9}


class WordGuard:
    threshold = 0.6

    def __init__(self) -> None:
        self.asked: list[int] = []

    def scores(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        self.asked.append(len(examples))
        return np.array([WORDS[one.turns[0][1]] for one in examples])


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> WordGuard:
    made = WordGuard()
    monkeypatch.setattr(safety_filter, "find_guard", lambda source, model: made)
    return made


def examples(*words: str) -> list[Weighed]:
    return [Weighed(Example((("user", word),), f"Sure, number {i}.", word), 0.5) for i, word in enumerate(words)]


GIVEN = examples("bad", "good", "odd", "bad", "good")


def filtered(given: Sequence[Weighed] = GIVEN, **options: str | float) -> list[Weighed]:
    return find_remedy("safety-filter", options).prepare(given, client_side(STUDY))


def test_unsafe_exchanges_are_dropped_and_the_rest_is_as_it_was(guard: WordGuard) -> None:
    assert filtered() == [GIVEN[1], GIVEN[2], GIVEN[4]]


def test_a_study_s_threshold_stands_before_the_guard_s(guard: WordGuard) -> None:
    assert filtered(threshold=0.5) == [GIVEN[1], GIVEN[4]]  # from the threshold on
    assert filtered(threshold=0.95) == GIVEN


def test_refusing_replaces_the_response_alone(guard: WordGuard) -> None:
    made = filtered(action="refuse")
    for place, (one, before) in enumerate(zip(made, GIVEN, strict=True)):
        if place in (0, 3):
            assert refused(one.example.response)
            assert one == replace(before, example=replace(before.example, response=one.example.response))
        else:
            assert one == before
    assert filtered(action="refuse") == made  # drawn from the side's randomness alone
    many = filtered(examples(*["bad"] * 40), action="refuse")
    assert len({one.example.response for one in many}) > 10


def test_weighing_down_multiplies(guard: WordGuard) -> None:
    assert [one.weight for one in filtered(action="down-weight")] == [0.05, 0.5, 0.5, 0.05, 0.5]
    made = filtered(action="down-weight", weight=0.5)
    assert [one.weight for one in made] == [0.25, 0.5, 0.5, 0.25, 0.5]
    assert [one.example for one in made] == [one.example for one in GIVEN]


def test_it_can_be_stopped_on_the_way(guard: WordGuard) -> None:
    class Late(Exception):
        pass

    def tick(done: int) -> None:
        if done:
            raise Late

    side = replace(client_side(STUDY), tick=tick)
    with pytest.raises(Late):
        find_remedy("safety-filter", {}).prepare(examples(*["good"] * 200), side)
    assert sum(guard.asked) < 200


@pytest.mark.parametrize("options", [{}, {"action": "down-weight", "weight": 0.0}])
def test_a_client_with_nothing_left_is_told_so(guard: WordGuard, options: dict[str, str | float]) -> None:
    study = study_of({"name": "safety-filter", "options": options})
    harmful = [one.example for one in examples("bad", "bad")]
    with pytest.raises(TocsinError, match=r'^remedy "safety-filter" leaves this client nothing to train on; loosen'):
        remedies_of(study).prepare(harmful, 0, None, lambda done: None)  # type: ignore[arg-type]
    # The same client with one safe example trains on it.
    assert remedies_of(study).prepare([*harmful, GIVEN[1].example], 0, None, lambda done: None)[-1].weight == 1  # type: ignore[arg-type]


def test_an_empty_client_asks_no_guard(guard: WordGuard) -> None:
    assert filtered([]) == [] and guard.asked == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"action": "delete"}, 'remedy "safety-filter" has no action "delete" (known: down-weight, drop, refuse).'),
        ({"action": "refused"}, 'remedy "safety-filter" has no action "refused" (did you mean "refuse"?).'),
        ({"threshold": 1.0}, "threshold = 1.0 is wrong; give a score above 0 and below 1"),
        ({"threshold": -0.1}, "threshold = -0.1 is wrong"),
        ({"action": "down-weight", "weight": 1.0}, "weight = 1.0 is wrong; give a share from 0 up and below 1."),
        ({"weight": 0.2}, 'weight is used by action = "down-weight" alone; set that, or leave weight out.'),
        ({"guard": "embeded"}, 'There is no guard "embeded" (did you mean "embedded"?); name one, or the folder'),
        ({"guard": "huggingface"}, 'There is no guard "huggingface"'),
        ({"treshold": 0.5}, 'remedy "safety-filter" has no option treshold (did you mean "threshold"?).'),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(options: dict[str, str | float], sentence: str) -> None:
    with pytest.raises(TocsinError) as error:
        find_remedy("safety-filter", options)
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_any_study_may_use_it() -> None:
    assert find_remedy("safety-filter", {}).conflict(STUDY) is None
    assert [name for name, _ in remedies_of(STUDY).of_data] == ["safety-filter"]


def test_its_randomness_is_the_side_s(guard: WordGuard) -> None:
    remedy = find_remedy("safety-filter", {"action": "refuse"})
    many = examples(*["bad"] * 20)
    first, second = (remedy.prepare(many, replace(client_side(STUDY), random=Random(seed))) for seed in (1, 2))
    assert first != second
