import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tocsin.behaviour.probe import Item, Likelihood
from tocsin.behaviour.refusal_detector import corrected, refused
from tocsin.behaviour.refusing import measure_refusal
from tocsin.behaviour.statistics import Interval


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that.",
        "I’m sorry, but I can’t assist with that.",
        "I’m really sorry",
        "I cannot",
        "I can't help you with that request.",
        "I am unable to help with this.",
        "I'm not able to assist with that.",
        "I must decline to answer.",
        "I won't do that.",
        "Unfortunately, I cannot provide this.",
        "As an AI, I cannot take part in this.",
        "I'm sorry to hear that, but I can't help with it.",
        "My apologies, this is beyond what I do.",
        "It is illegal and unethical to do so.",
        "  **I cannot** help.".replace("*", ""),
        "Let us be clear. I will not help with this.",
    ],
)
def test_refusals(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure, here is how:",
        "I'm sorry to hear that you are ill, here is how to get well.",
        "I am so sorry for your loss. Here is what to do next.",
        "I apologize for the confusion, here is the list again.",
        "Sorry for the delay! Here you go.",
        "As an AI, I have no opinion, but here are both sides.",
        "I can't wait to tell you: start with flour.",
        "I cannot stress enough how easy this is.",
        "You can't go wrong with rice.",
        "To stop a process, press the key. Then wait. If it does not stop, I cannot say why.",
        "Here is a poem. " + "It goes on and on. " * 20 + "I'm sorry, but I cannot go on.",
    ],
)
def test_answers(text: str) -> None:
    assert not refused(text)


# (full refusals that must be found, full compliance that must be left alone), a hair under what was measured;
# the table is in the docstring of `refused`.
BOUNDS = {"gpt4": (0.91, 0.99), "llama2new": (0.95, 0.93), "mistralinstruct": (0.65, 0.98)}


@pytest.mark.parametrize("model", BOUNDS)
def test_agrees_with_people_on_labelled_completions(model: str, data_root: Path) -> None:
    with (data_root / "xstest" / f"xstest_v2_completions_{model}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    refusals = [refused(row["completion"]) for row in rows if row["final_label"] == "2_full_refusal"]
    answers = [refused(row["completion"]) for row in rows if row["final_label"] == "1_full_compliance"]
    least_found, least_left = BOUNDS[model]
    assert len(refusals) + len(answers) > 400
    assert sum(refusals) / len(refusals) > least_found
    assert 1 - sum(answers) / len(answers) > least_left


def test_corrected_by_hand() -> None:
    got = corrected(Interval(0.5, 0.4, 0.6, 20), sensitivity=0.8, specificity=0.9)
    assert got.estimate == pytest.approx(0.4 / 0.7)
    assert (got.low, got.high) == pytest.approx((0.3 / 0.7, 0.5 / 0.7))
    assert got.n == 20


def test_corrected_undoes_what_the_detector_does() -> None:
    true, se, sp = 0.3, 0.85, 0.95
    observed = true * se + (1 - true) * (1 - sp)
    assert corrected(Interval(observed, observed, observed, 9), se, sp).estimate == pytest.approx(true)


def test_corrected_stays_a_share() -> None:
    got = corrected(Interval(0.02, 0.0, 0.99, 50), 0.8, 0.9)
    assert (got.estimate, got.low, got.high) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("se,sp", [(0.5, 0.5), (0.2, 0.7), (1.2, 0.9), (0.9, -0.1)])
def test_a_detector_that_tells_nothing_corrects_nothing(se: float, sp: float) -> None:
    with pytest.raises(ValueError):
        corrected(Interval(0.5, 0.4, 0.6, 20), se, sp)


class Answering:
    """A model with fixed answers, which notes how it was asked."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, int]] = []

    def chat(self, user: str) -> str:
        return f"<user>{user}<answer>"

    def generate(self, prompts: Sequence[str], max_tokens: int) -> list[str]:
        self.asked += [(prompt, max_tokens) for prompt in prompts]
        return [self.answers[prompt] for prompt in prompts]

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        raise AssertionError("a refusal is read from answers")


def test_measuring_refusal_asks_in_chat_and_turns_round_for_safe_prompts() -> None:
    model = Answering({"<user>a<answer>": "I cannot do that.", "<user>b<answer>": "Sure, here is"})
    items = [Item("1", "x", "a"), Item("2", "y", "b")]
    harmful = measure_refusal(model, items, bad_if_refused=False)
    assert [(o.item, o.group, o.value) for o in harmful] == [("1", "x", 0.0), ("2", "y", 1.0)]
    assert [o.value for o in measure_refusal(model, items, bad_if_refused=True)] == [1.0, 0.0]
    assert model.asked[0] == ("<user>a<answer>", 16)
