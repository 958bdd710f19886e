"""What a client's training data are made of, as numbers of examples by group, topic, length, language and so on."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tocsin.corpora.example import Example
from tocsin.study import Survey

Aspect = tuple[str, str]
"""What is asked of an example, and one of the answers: ("language", "de")."""

OTHER = "other"
REPEATED: Aspect = ("repetition", "again, word for word")
FILTERED: Aspect = ("remedies", "left out, replaced or weighed down")
EVERY: Aspect = ("all", "examples")

_WORD = re.compile(r"\w+")


def aspects(survey: Survey) -> tuple[Aspect, ...]:
    """All that is asked, in order: the same for all clients of a study. Answers of one question do not overlap, but for
    topics, of which an example may have several."""
    return (
        EVERY,
        *(("group", group) for group in (*survey.groups, OTHER)),
        *(("topic", topic) for topic in (*survey.topics, OTHER)),
        *(("words", length) for length in _lengths(survey)),
        *(("language", language) for language in (*survey.languages, OTHER)),
        REPEATED,
        FILTERED,
    )


def described(examples: Sequence[Example], untouched: int, survey: Survey) -> Mapping[Aspect, int]:
    """Numbers of examples by aspect; `untouched` is how many of them are trained on as they are.

    Words are runs of letters and digits in question and answer. A topic is an example's where one of the topic's
    words is one of its own, whatever the case; an example is a repetition where an earlier one has the same words in
    the same order. The language is the one that py3langid (after Lui and Baldwin, 2012, langid.py) finds likeliest
    among all that it knows: of a few words that is a guess.
    """
    counts: Counter[Aspect] = Counter()
    seen: set[tuple[str, ...]] = set()
    topics = {topic: {word.lower() for word in words} for topic, words in survey.topics.items()}
    for example in examples:
        text = " ".join([*(content for _, content in example.turns), example.response])
        words = tuple(_WORD.findall(text.lower()))
        counts[EVERY] += 1
        counts["group", _known(example.group, survey.groups)] += 1
        for topic in [topic for topic, wanted in topics.items() if wanted.intersection(words)] or [OTHER]:
            counts["topic", topic] += 1
        counts["words", _length(len(words), survey)] += 1
        counts["language", _known(_language(text), survey.languages)] += 1
        counts[REPEATED] += words in seen
        seen.add(words)
    counts[FILTERED] = len(examples) - untouched
    return counts


def _known(value: str, values: Sequence[str]) -> str:
    return value if value in values else OTHER


def _lengths(survey: Survey) -> list[str]:
    return [*(f"up to {most}" for most in survey.words), "more"]


def _length(words: int, survey: Survey) -> str:
    return next((f"up to {most}" for most in survey.words if words <= most), "more")


def _language(text: str) -> str:
    from py3langid import langid  # its model takes most of a second to load

    return str(langid.classify(text)[0])
