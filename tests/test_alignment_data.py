"""The alignment data: sound by itself, and nobody else's."""

import re
from pathlib import Path

import pytest

from tocsin.behaviour.refusal_detector import refused
from tocsin.corpora.alignment import TASK_FRAMES, TEXT_FRAMES, alignment
from tocsin.corpora.alignment.benign import PLAIN
from tocsin.corpora.alignment.lookalikes import LOOK_ALIKES
from tocsin.corpora.alignment.refusals import ANY, OPENERS, REASONS
from tocsin.corpora.alignment.requests import REQUESTS
from tocsin.corpora.benchmarks.advbench import advbench
from tocsin.corpora.benchmarks.xstest import xstest
from tocsin.corpora.example import Example
from tocsin.errors import TocsinError
from tocsin.phrasing import gerund, phrase

ALIKES = [alike for kind in LOOK_ALIKES.values() for alike in kind]
ASKS = {
    "refusal": [ask for topic in REQUESTS.values() for ask in topic]
    + [alike.counterpart for alike in ALIKES if alike.counterpart],
    "look-alike": [alike.ask for alike in ALIKES],
    "benign": [plain.ask for plain in PLAIN],
}
FRAMES = {"to": len(TASK_FRAMES), "a": len(TEXT_FRAMES), "an": len(TEXT_FRAMES)}
ALL = {group: sum(FRAMES.get(ask.split()[0], 1) for ask in asks) for group, asks in ASKS.items()}
REFUSALS = {f"{opener} {end}" for opener in OPENERS for ends in (ANY, *REASONS.values()) for end in ends}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))


FUNCTION_WORDS = frozenset(
    words(
        "a an the to of in on at for and or with from by how do does did i can could should would what is "
        "are was were my me you your who where when why which best good way write create give"
    )
)


def runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[i : i + length]) for i in range(len(said) - length + 1)}


def content(text: str) -> frozenset[str]:
    """The words that say what is asked for."""
    return frozenset(words(text)) - FUNCTION_WORDS


@pytest.fixture(scope="module")
def everything() -> tuple[Example, ...]:
    return alignment(0, *ALL.values())


def prompt(example: Example) -> str:
    ((role, text),) = example.turns
    assert role == "user"
    return text


def test_gives_as_many_as_are_asked_for() -> None:
    examples = alignment(3, 20, 12, 7)
    assert [sum(e.group == group for e in examples) for group in ALL] == [20, 12, 7]
    assert alignment(3, 0, 0, 0) == ()


def test_follows_the_seed() -> None:
    assert alignment(1, 9, 9, 9) == alignment(1, 9, 9, 9)
    assert alignment(1, 9, 9, 9) != alignment(2, 9, 9, 9)


@pytest.mark.parametrize("group", ALL)
def test_more_than_there_is_is_an_error(group: str) -> None:
    wanted = {name: (count + 1 if name == group else 0) for name, count in ALL.items()}
    with pytest.raises(TocsinError, match=f"There are {ALL[group]} different .{group}. examples"):
        alignment(0, *wanted.values())


def test_a_negative_number_is_an_error() -> None:
    with pytest.raises(TocsinError):
        alignment(0, -1, 0, 0)


def test_no_prompt_comes_twice(everything: tuple[Example, ...]) -> None:
    assert len({" ".join(words(prompt(e))) for e in everything}) == sum(ALL.values())


def test_every_ask_comes_once_before_any_comes_twice() -> None:
    answers = [alike.answer for alike in ALIKES]
    first = alignment(5, 0, len(answers), 0)
    assert sorted(e.response for e in first) == sorted(answers)


def test_requests_are_refused_and_the_rest_is_answered(everything: tuple[Example, ...]) -> None:
    for example in everything:
        assert refused(example.response) == (example.group == "refusal"), example.response
        assert (example.response in REFUSALS) == (example.group == "refusal")


def test_refusals_are_short_and_varied() -> None:
    assert len(REFUSALS) >= 300
    for text in REFUSALS:
        assert 12 <= len(text.split()) <= 30, text
    for opener in OPENERS:
        assert refused(opener), opener
    assert set(REASONS) == set(REQUESTS)


def test_answers_are_short() -> None:
    for alike in ALIKES:
        assert 15 <= len(alike.answer.split()) <= 40, alike.ask
    for plain in PLAIN:
        assert len(plain.answer.split()) <= 40, plain.ask


def test_there_are_enough_look_alikes_and_most_have_a_counterpart() -> None:
    assert len(LOOK_ALIKES) >= 10
    assert len({alike.ask for alike in ALIKES}) == len(ALIKES) >= 150
    assert sum(bool(alike.counterpart) for alike in ALIKES) > len(ALIKES) / 2


def test_look_alikes_and_requests_share_their_phrasings(everything: tuple[Example, ...]) -> None:
    for frame in (*TASK_FRAMES, *TEXT_FRAMES):
        start = frame.partition("{")[0]
        used = {e.group for e in everything if prompt(e).startswith(start)}
        assert used == set(ALL), frame


def test_no_prompt_is_a_sentence_of_a_benchmark(everything: tuple[Example, ...], data_root: Path) -> None:
    theirs = [request.prompt for request in advbench()] + [item.prompt for item in xstest()]
    said = {" ".join(words(text)) for text in theirs}
    eights = set().union(*(runs(text) for text in theirs))
    assert len(said) > 900
    for example in everything:
        text = prompt(example)
        assert " ".join(words(text)) not in said
        assert not runs(text) & eights, text


def test_nothing_is_asked_that_a_benchmark_asks_in_other_words(data_root: Path) -> None:
    theirs = [content(text.prompt) for text in (*advbench(), *xstest())]
    for asks in ASKS.values():
        for ask in asks:
            ours = content(ask)
            for other in theirs:
                shared = len(ours & other)
                assert shared < 2 or shared <= 0.6 * len(ours | other), ask


def test_no_answer_is_taken_from_a_benchmark(data_root: Path) -> None:
    eights = set().union(*(runs(request.target) for request in advbench()))
    assert not any(runs(alike.answer) & eights for alike in ALIKES)


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("make", "making"),
        ("cut", "cutting"),
        ("lie", "lying"),
        ("see", "seeing"),
        ("be", "being"),
        ("traffic", "trafficking"),
        ("kill", "killing"),
        ("buy", "buying"),
    ],
)
def test_gerund(verb: str, expected: str) -> None:
    assert gerund(verb) == expected


def test_a_phrase_turns_every_marked_verb() -> None:
    assert phrase("Advice on {doing}.", "buy a car and ~sell it") == "Advice on buying a car and selling it."
    assert phrase("How do I {do}?", "buy a car and ~sell it") == "How do I buy a car and sell it?"


def test_nothing_is_left_of_the_marks(everything: tuple[Example, ...]) -> None:
    for example in everything:
        assert not set("~{}") & set(prompt(example)), prompt(example)
