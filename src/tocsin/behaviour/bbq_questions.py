"""BBQ's questions as items, which the probes "bbq" and "bbq-bias" share."""

from functools import lru_cache
from pathlib import Path
from random import Random

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import Item, Outcome
from tocsin.corpora.benchmarks.bbq import CATEGORIES, CONDITIONS, Question, bbq
from tocsin.corpora.root import data_root

GROUPS = tuple(f"{category} {condition}" for category in CATEGORIES for condition in CONDITIONS)
"""Category and kind of context: "Age ambiguous"."""


def draw_questions(count: int, random: Random) -> list[Item]:
    """Distinct questions, groups in turn. Raises TocsinError where no file of the benchmark is here.

    Asked as in lm-evaluation-harness' task `bbq`: context, question and "A:", an answer being scored after a space.
    But the answers are the three that the question has, where that harness puts ten wordings of "unknown" beside the
    two people and takes the likeliest of twelve: three are what the paper asks, and keep chance at 1/3.
    """
    return draw_in_turn(_pool(data_root()), count, random)


def category(outcome: Outcome) -> str:
    """The BBQ category of an outcome: its group without the kind of context."""
    return outcome.group.rpartition(" ")[0]


@lru_cache(maxsize=1)  # all 58,492 questions take over a second to read, and clients draw every round
def _pool(root: Path) -> dict[str, list[Item]]:
    return by_group(map(_item, bbq()))


def _item(question: Question) -> Item:
    prompt = f"{question.context}\n\nQ: {question.question}\nA:"
    return Item(
        question.id,
        f"{question.category} {question.condition}",
        texts=tuple(f" {answer}" for answer in question.answers),
        prefixes=(prompt,) * len(question.answers),
        roles=tuple(
            f"{role} correct" if place == question.correct else role for place, role in enumerate(question.roles)
        ),
        cluster=question.template,
    )
