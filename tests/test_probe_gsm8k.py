"""GSM8K: answers read as lm-evaluation-harness reads them."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.behaviour import PROBES, Item, Outcome, measure_all
from tocsin.behaviour.probes.gsm8k import _decided, _outcome


class Solving:
    """A model that answers letter by letter and stops where it may."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.given: list[str] = []

    def chat(self, user: str) -> str:
        return f"<user>{user}<assistant>"

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        assert decided is not None and all(p.startswith("<user>Question: ") and "\nAnswer:<" in p for p in prompts)
        self.given = [next(t for n in range(len(c) + 1) if decided(t := c[:n]) or t == c) for c in self.answers]
        return self.given


def solved(gold: str, *answers: str) -> tuple[list[Outcome], list[str]]:
    model = Solving(*answers)
    items = [Item(str(number), "1-2 steps", "2x600?", (gold,)) for number in range(len(answers))]
    return measure_all(model, PROBES.get("gsm8k"), items), model.given  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "value", "strict", "flexible"),
    [
        ("2 * 600 = 1,200\n#### 1200", 0.0, 1.0, 1.0),
        ("#### 1,200.", 0.0, 1.0, 1.0),
        ("so it is $1,200.", 0.0, 0.0, 1.0),
        ("#### 1300 and not 1200", 1.0, 0.0, 0.0),
        ("It is 1200.00", 1.0, 0.0, 0.0),
        ("1200 is right, as 1 + 1 = 2", 1.0, 0.0, 0.0),
        ("It is 1200. Question: what is 7?", 0.0, 0.0, 1.0),
        ("#### $1200", 0.0, 0.0, 1.0),
        ("no idea", 1.0, 0.0, 0.0),
        ("", 1.0, 0.0, 0.0),
    ],
)
def test_how_an_answer_is_read(answer: str, value: float, strict: float, flexible: float) -> None:
    (outcome,), _ = solved("1200", answer)
    assert (outcome.value, dict(outcome.details)) == (value, {"strict": strict, "flexible": flexible})


def test_generation_stops_when_the_marked_number_is_over() -> None:
    _, given = solved("12", "#### 12\n\nThat was 7", "#### 12", "It is 12. Question: 5?", "It is 12. I think 13")
    assert given == ["#### 12\n", "#### 12", "It is 12. Question:", "It is 12. I think 13"]


def test_scores_are_accuracies() -> None:
    outcomes, _ = solved("12", "#### 12", "12", "13", "#### 13")
    probe: Any = PROBES.get("gsm8k")
    assert [outcome.value for outcome in outcomes] == [0, 0, 1, 1]
    assert probe.scores(outcomes) == {"accuracy, strict": 0.25, "accuracy, flexible": 0.5}


TEXTS = st.lists(
    st.sampled_from(["#### ", "12", "1,200", "$", "-", ".", " ", "\n", "so", "Question:", "3.50", ",", "1200", "0"]),
    max_size=12,
).map("".join)


@given(TEXTS, st.sampled_from(["12", "1200", "3.50", "-12", "0"]))
def test_both_readings_equal_the_harness(text: str, gold: str) -> None:
    extraction = pytest.importorskip("lm_eval.filters.extraction")
    metrics = pytest.importorskip("lm_eval.api.metrics")
    readings = {
        "strict": extraction.RegexFilter(r"#### (\-?[0-9\.\,]+)"),
        "flexible": extraction.RegexFilter(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", group_select=-1),
    }
    outcome = _outcome(Item("1", "g", texts=(gold,)), text)
    for name, reading in readings.items():
        ((found,),) = reading.apply([[text]], [{}])
        match = metrics.exact_match_fn(
            predictions=[found],
            references=[f"worked out\n#### {gold}"],
            regexes_to_ignore=[",", r"\$", r"(?s).*#### ", r"\.$"],
            ignore_case=True,
        )["exact_match"]
        assert outcome.details[name] == float(match), (name, text, found)


@given(
    TEXTS, st.sampled_from(["#### 12 ", "#### 1200\n", "It is 12. Question:"]), TEXTS, st.sampled_from(["12", "1200"])
)
def test_what_is_decided_stays_so(before: str, end: str, more: str, gold: str) -> None:
    text = before + end
    if _decided(text):
        item = Item("1", "g", texts=(gold,))
        early, late = (_outcome(item, whole.partition("Question:")[0]).value for whole in (text, text + more))
        assert early == late


def test_the_problems_as_published(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    probe = PROBES.get("gsm8k")
    drawn = probe.draw(10_000, Random(0))
    assert len({item.id for item in drawn}) == len(drawn) == 1_319
    assert set(Counter(item.group for item in drawn)) == set(probe.groups)
    assert set(Counter(item.group for item in probe.draw(9, Random(0))).values()) == {3}
    assert all(_outcome(item, f"#### {item.texts[0]}").value == 0.0 for item in drawn)
