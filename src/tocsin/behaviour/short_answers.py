"""Comparing a short answer with its reference, word by word."""

import re
from collections import Counter

_WORD = re.compile(r"(?<!\w)-?\d+(?:[.,]\d+)*|\w+")
_ARTICLES = frozenset({"a", "an", "the"})

SPARE = 2
"""An answer is read up to this many times the words of its reference; one longer than that is wrong already."""


def words(text: str) -> list[str]:
    """The words of `text` in lower case without punctuation and English articles, as SQuAD compares answers
    (Rajpurkar et al., 2016, arXiv 1606.05250), except that numbers keep sign and decimals.

    Where nothing else is there, articles and punctuation stay: "A" and "+" are answers too.
    """
    found = _WORD.findall(text.lower())
    return [word for word in found if word not in _ARTICLES] or found or text.lower().split()


def answer_agreement(answer: str, reference: str) -> float:
    """How well an answer agrees with its reference, in [0, 1].

    To a reference of one word: 1 if the answer is that word and nothing more, else 0. To a longer one: the F1 of
    their words as bags (SQuAD's), over the answer's first `SPARE` times as many words as the reference has.
    Raises ValueError for a reference without words.
    """
    wanted = words(reference)
    if not wanted:
        raise ValueError("nothing agrees with a reference without words")
    said = words(answer)[: SPARE * len(wanted)]
    if len(wanted) == 1:
        return float(said == wanted)
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2.0 * shared / (len(said) + len(wanted))


def complete(answer: str, reference_words: int) -> bool:
    """Whether more of an answer would change no agreement with a reference of so many words, or fewer."""
    # The last word may still grow, and articles do not count: strictly more than are read.
    return sum(word not in _ARTICLES for word in _WORD.findall(answer.lower())) > SPARE * reference_words
