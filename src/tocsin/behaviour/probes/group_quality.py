"""Group quality: does a model answer its client's own held-out questions as well for one group as for another?"""

from collections.abc import Sequence
from functools import partial
from math import nan
from random import Random
from zlib import crc32

import numpy as np

from tocsin.behaviour.fairness import demographic_parity_difference, equalised_odds_difference
from tocsin.behaviour.outcomes import summarise
from tocsin.behaviour.pools import draw_held_out
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.short_answers import answer_agreement, complete, words

MOST_WORDS = 64
"""A longer reference is no short answer: how well it was foreseen ("utility") says more than the words it shares."""

# The embedded vocabulary takes 1.3 tokens for an English word, and up to 4 for one of another language.
_TOKENS_PER_WORD = 4


class GroupQuality:
    """1 less the agreement of the greedy answer with the held-out one: see `short_answers.answer_agreement`.

    Any data with a `group` will do. Where answers are labels (a few answers that recur in every group), `scores` holds
    the fairness differences of the classifier that the model then is.
    """

    name = "group-quality"
    title = "held-out question answered wrongly"
    kind: Kind = "quality"
    source: Source = "held-out"
    groups: tuple[str, ...] = ()

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct held-out examples, groups in turn; those with no answer or more than `MOST_WORDS` are passed
        over."""
        return draw_held_out(held_out, count, random, lambda answer: 0 < len(words(answer)) <= MOST_WORDS)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, in the items' order."""
        return [_outcome(item, answer) for item, answer in zip(items, _answers(model, items), strict=True)]

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """The mean agreement of the group that has the lowest, its distance from the highest, and the demographic
        parity and equalised odds differences of the label for which they are largest.

        Labels are the answers for which every group has items with it and items without it; others would compare
        rates over nobody. With one group, or no labels, what needs more is NaN. Each of these is a largest or
        smallest of several: with few items a group it shows a gap where there is none.
        """
        sums = summarise(outcomes)
        means = [1.0 - sums[group][1] / sums[group][0] for group in {outcome.group for outcome in outcomes}]
        parity, odds = _label_differences(outcomes)
        return {
            "worst-group agreement": min(means, default=nan),
            "gap between groups": max(means) - min(means) if len(means) > 1 else nan,
            "demographic parity difference": parity,
            "equalised odds difference": odds,
        }


def _answers(model: LanguageModel, items: Sequence[Item]) -> list[str]:
    """Greedy answers. References of like length are asked together, so that a short one's answer can stop early."""
    # Powers of two, from the item alone: an answer must not depend on what else is asked.
    lengths = [1 << (len(words(item.texts[0])) - 1).bit_length() for item in items]
    answers = [""] * len(items)
    for length in sorted(set(lengths)):
        places = [place for place, own in enumerate(lengths) if own == length]
        decided = partial(complete, reference_words=length)
        tokens = _TOKENS_PER_WORD * (length + 1)
        found = model.generate([items[place].prompt for place in places], tokens, decided)
        for place, answer in zip(places, found, strict=True):
            answers[place] = answer
    return answers


def _outcome(item: Item, answer: str) -> Outcome:
    reference = item.texts[0]
    details = {"reference": _label(reference), "answer": _label(answer)}
    return Outcome(item.id, item.group, 1.0 - answer_agreement(answer, reference), item.cluster, details)


def _label(text: str) -> float:
    """An answer as a number, equal for answers with equal words: details hold numbers alone."""
    return float(crc32(" ".join(words(text)).encode()))


def _label_differences(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    groups = [outcome.group for outcome in outcomes]
    references = np.array([outcome.details["reference"] for outcome in outcomes])
    answers = np.array([outcome.details["answer"] for outcome in outcomes])
    members = [np.array(groups) == group for group in set(groups)]
    parity, odds = [], []
    for label in np.unique(references) if len(members) > 1 else ():
        actual = references == label
        if all(0 < actual[own].sum() < own.sum() for own in members):
            parity.append(demographic_parity_difference(answers == label, groups))
            odds.append(equalised_odds_difference(actual, answers == label, groups))
    return max(parity, default=nan), max(odds, default=nan)


PROBES.register("group-quality")(GroupQuality())
