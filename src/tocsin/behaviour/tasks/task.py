"""A task with one right answer, pools of such tasks, and how a model answers them."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan
from random import Random
from typing import NamedTuple

from tocsin.behaviour.choosing import choose
from tocsin.behaviour.probe import Item, LanguageModel, Outcome

PLACES = 4
"""How many answers a task has: one right, the others wrong."""


class Task(NamedTuple):
    """`answer` and each of `wrong` may follow `asked` after a space; `about` names what the task turns on."""

    asked: str
    answer: str
    wrong: tuple[str, ...]
    about: str


Maker = Callable[[Random], Task]
"""Makes one task of one kind by chance; it must be able to make many more than a pool takes."""


def others(random: Random, values: Sequence[str], *answers: str, count: int = PLACES - 1) -> tuple[str, ...]:
    """`count` different members of `values`, none of them among `answers`."""
    return tuple(random.sample(sorted(set(values) - set(answers)), count))


def make_pool(suite: str, kinds: Mapping[str, Maker], each: int) -> dict[str, list[Item]]:
    """`each` distinct items of every kind, the same ones at every call; `group` is the kind.

    The right answer stands at every place equally often. Items are distinct in what is asked together with
    the answers, in whatever order.
    """
    return {kind: _items(kind, make, Random(f"{suite} {kind}"), each) for kind, make in kinds.items()}


def _items(kind: str, make: Maker, random: Random, each: int) -> list[Item]:
    items: list[Item] = []
    seen = set()
    while len(items) < each:
        task = make(random)
        key = (task.asked, task.answer, frozenset(task.wrong))
        if key not in seen:
            seen.add(key)
            items.append(_item(kind, len(items), task))
    return items


def _item(kind: str, number: int, task: Task) -> Item:
    place = number % (len(task.wrong) + 1)
    texts = (*task.wrong[:place], task.answer, *task.wrong[place:])
    return Item(
        f"{kind}-{number}",
        kind,
        texts=tuple(f" {text}" for text in texts),
        prefixes=(task.asked,) * len(texts),
        roles=tuple("correct" if at == place else "wrong" for at in range(len(texts))),
        cluster=f"{kind}: {task.about}",
    )


def measure_tasks(model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
    """1 where the likeliest of the item's texts is a wrong one.

    `details`: "confidence", the share of the answers' probability that the chosen one has, and "correct", 0 or
    1. All are NaN where the model gives no numbers.
    """
    outcomes = []
    for item, choice in zip(items, choose(model, items), strict=True):
        correct = nan if isnan(choice.confidence) else float(item.roles[choice.chosen] == "correct")
        details = {"confidence": choice.confidence, "correct": correct}
        outcomes.append(Outcome(item.id, item.group, 1.0 - correct, item.cluster, details))
    return outcomes
