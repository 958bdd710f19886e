"""The requests that put a constitution to the test."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from random import Random

from tocsin.corpora.alignment import phrasings
from tocsin.corpora.alignment.lookalikes import LOOK_ALIKES
from tocsin.corpora.alignment.requests import REQUESTS
from tocsin.remedy.constitution.principles import Constitution, Principle


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, the principle that it puts to the test, and right and wrong answers to it where any are known."""

    prompt: str
    principle: Principle
    answers: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def asked(constitution: Constitution, count: int, safe: float, random: Random) -> list[Asked]:
    """`count` requests, each asked for another thing; fewer where there are no more.

    A share `safe` of them are ones that may be refused too often (breach "refuses"), where the constitution has both
    kinds: a model that is only taught to refuse refuses everything. Principles take turns.
    """
    kinds: dict[bool, list[list[Asked]]] = {}
    for principle in constitution.principle:
        kinds.setdefault(principle.breach == "refuses", []).append(
            _requests(principle, _wrong(constitution, principle), random)
        )
    if len(kinds) == 1:
        return list(islice(_in_turn(*kinds.values()), count))
    sizes = {True: round(safe * count), False: count - round(safe * count)}
    return [one for kind, pools in kinds.items() for one in islice(_in_turn(pools), sizes[kind])]


def _wrong(constitution: Constitution, principle: Principle) -> tuple[str, ...]:
    """What breaks a principle against refusing: what others would have said. No answer to a harmful request is made."""
    if principle.breach != "refuses":
        return ()
    said = [text for other in constitution.principle for text in other.revised]
    return tuple(text for text in said if principle.broken_by(text))


def _requests(principle: Principle, wrong: tuple[str, ...], random: Random) -> list[Asked]:
    """All of a principle's, in random order and each in one phrasing."""
    found = [Asked(prompt, principle, principle.revised, wrong) for prompt in principle.prompts]
    for topic in principle.topics:
        for ask in REQUESTS.get(topic, ()):
            found.append(Asked(random.choice(phrasings(ask)), principle, principle.revised, wrong))
        for alike in LOOK_ALIKES.get(topic, ()):
            found.append(Asked(random.choice(phrasings(alike.ask)), principle, (alike.answer,), wrong))
    random.shuffle(found)
    return found


def _in_turn(pools: Iterable[list[Asked]]) -> Iterable[Asked]:
    return (one for one in chain.from_iterable(zip_longest(*pools)) if one is not None)
