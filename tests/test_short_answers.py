"""Short answers against their references."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.behaviour.short_answers import answer_agreement, complete, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat, sat!", ["cat", "sat"]),
        ("-3.5 or 1,000", ["-3.5", "or", "1,000"]),
        ("A", ["a"]),
        ("The a.", ["the", "a"]),
        ("+", ["+"]),
        (" \n", []),
        ("Zürich’s Straße", ["zürich", "s", "straße"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("Paris.", "paris", 1.0),
        (" the Paris", "Paris", 1.0),
        ("Paris is nice", "Paris", 0.0),
        ("", "Paris", 0.0),
        ("3", "-3", 0.0),
        ("B", "B", 1.0),
        ("A", "B", 0.0),
        ("on Monday morning", "Monday morning", 0.8),
        ("Monday Monday", "Monday morning", 0.5),  # a word counts as often as the reference has it
        ("Tuesday", "Monday morning", 0.0),
        ("", "Monday morning", 0.0),
        ("Monday morning and then some", "Monday morning", 2 * 2 / (4 + 2)),  # four words are read
    ],
)
def test_agreement(answer: str, reference: str, expected: float) -> None:
    assert answer_agreement(answer, reference) == pytest.approx(expected)


def test_a_reference_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="without words"):
        answer_agreement("x", " ")


texts = st.text(st.sampled_from("ab the-3.,1!x "), max_size=60)


@settings(deadline=None)
@given(texts, texts, texts.filter(words))
def test_once_complete_nothing_changes(begin: str, more: str, reference: str) -> None:
    if complete(begin, len(words(reference))):
        assert answer_agreement(begin, reference) == answer_agreement(begin + more, reference)


def test_complete_comes_soon() -> None:
    assert not complete("yes or", 1)
    assert complete("yes or no", 1)
    assert not complete("the a an the a", 1)
