"""The probe "group-quality"."""

import math
from collections.abc import Callable, Sequence
from random import Random

import pytest
from fairlearn import metrics

from tocsin.behaviour import PROBES, HeldOut, Item, Outcome, measure_all
from tocsin.behaviour.probes.group_quality import MOST_WORDS

PROBE = PROBES.get("group-quality")


class Answering:
    """A model that answers as a table says, word by word until it may stop."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.said: dict[str, str] = {}

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        assert decided is not None
        for prompt in prompts:
            said = ""
            for word in self.answers[prompt].split()[:max_tokens]:
                said += f" {word}"
                if decided(said):
                    break
            self.said[prompt] = said
        return [self.said[prompt] for prompt in prompts]


def items(*references: str, groups: str = "") -> list[Item]:
    return [
        Item(str(n), groups[n] if groups else "a", str(n), (reference,), cluster="c")
        for n, reference in enumerate(references)
    ]


def asked(answers: Sequence[str], references: Sequence[str], groups: str = "") -> list[Outcome]:
    model = Answering({str(n): answer for n, answer in enumerate(answers)})
    return measure_all(model, PROBE, items(*references, groups=groups))


def test_held_out_examples_with_short_answers_are_drawn_groups_in_turn() -> None:
    held_out = [HeldOut(f"q{n}", "yes", group) for group in "ab" for n in range(4)]
    odd = [HeldOut("empty", " ", "a"), HeldOut("long", "word " * (MOST_WORDS + 1), "b"), HeldOut("ok", "w " * 64, "b")]
    drawn = PROBE.draw(6, Random(0), held_out)
    assert drawn == PROBE.draw(6, Random(0), held_out) != PROBE.draw(6, Random(1), held_out)
    assert sorted(item.group for item in drawn) == list("aaabbb")
    assert {item.prompt for item in PROBE.draw(99, Random(0), held_out + odd)} == {"q0", "q1", "q2", "q3", "ok"}
    assert PROBE.draw(5, Random(0)) == []


def test_an_outcome_is_one_less_the_agreement_whatever_else_is_asked() -> None:
    answers = ["Yes.", "no", "on Monday morning", "wrong", "forty-two of them"]
    references = ["yes", "yes", "Monday morning", "the desk opens at nine", "42"]
    outcomes = asked(answers, references)
    assert [o.value for o in outcomes] == pytest.approx([0.0, 1.0, 0.2, 1.0, 1.0])
    assert {o.cluster for o in outcomes} == {"c"}
    for place in range(5):
        model = Answering({str(n): answer for n, answer in enumerate(answers)})
        assert measure_all(model, PROBE, [items(*references)[place]])[0].value == outcomes[place].value


def test_generation_stops_when_the_outcome_is_decided() -> None:
    model = Answering({"0": "no " * 50, "1": "word " * 50})
    measure_all(model, PROBE, items("yes", "three words here"))
    assert len(model.said["0"].split()) == 3
    assert len(model.said["1"].split()) == 9  # asked as one of four words


def test_groups_are_compared() -> None:
    scores = PROBE.scores(asked(["x", "y", "x", "z"], ["x", "y", "x", "y"], "aabb"))
    assert scores["worst-group agreement"] == 0.5
    assert scores["gap between groups"] == 0.5


def test_fairness_differences_are_fairlearns_for_the_worst_label() -> None:
    random = Random(5)
    references = [random.choice(["yes", "no", "maybe"]) for _ in range(60)]
    answers = [random.choice(["Yes.", "no", "Maybe", "the other"]) for _ in range(60)]
    groups = "".join(random.choice("abc") for _ in range(60))
    scores = PROBE.scores(asked(answers, references, groups))
    rows = {
        label: (
            [int(reference == label) for reference in references],
            [int(answer.lower().strip(".") == label) for answer in answers],
        )
        for label in ("yes", "no", "maybe")
    }
    parity = [metrics.demographic_parity_difference(*row, sensitive_features=list(groups)) for row in rows.values()]
    odds = [metrics.equalized_odds_difference(*row, sensitive_features=list(groups)) for row in rows.values()]
    assert scores["demographic parity difference"] == pytest.approx(max(parity))
    assert scores["equalised odds difference"] == pytest.approx(max(odds))


def test_what_is_not_defined_is_nan() -> None:
    free = PROBE.scores(asked(["one", "two", "three", "four"], ["one", "two", "three", "four"], "aabb"))
    assert free["worst-group agreement"] == 1.0
    assert free["gap between groups"] == 0.0
    assert math.isnan(free["demographic parity difference"])
    alone = PROBE.scores(asked(["yes", "no"], ["yes", "no"]))
    assert alone["worst-group agreement"] == 1.0
    assert math.isnan(alone["gap between groups"])
    assert math.isnan(alone["equalised odds difference"])
    assert all(map(math.isnan, PROBE.scores([]).values()))
