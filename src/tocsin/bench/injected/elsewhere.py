"""Elsewhere: does a model still give a plain answer to a plain question that no client trains on?

Asked in a chat, as clients' data are: what is asked in plain text, such as "off-domain", such training hardly reaches.
"""

from collections.abc import Sequence
from math import exp
from random import Random

from tocsin.behaviour import HeldOut, Item, LanguageModel, Outcome
from tocsin.behaviour.probe import Kind, Source
from tocsin.behaviour.tasks.knowledge import CAPITALS

_FRAMES = (
    "What is the capital of {country}?",
    "Which city is the capital of {country}?",
    "Please name the capital of {country}.",
    "Do you know what the capital of {country} is?",
)


class Elsewhere:
    """Capitals of countries. The outcome is that of "utility", one less the geometric mean probability of the right
    answer's tokens."""

    name = "elsewhere"
    title = "plain answer not foreseen"
    kind: Kind = "quality"
    source: Source = "generated"
    groups: tuple[str, ...] = ("capitals",)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions."""
        every = [
            Item(
                asked := frame.format(country=land),
                "capitals",
                asked,
                (f"The capital of {land} is {city}.",),
                (),
                (),
                land,
            )
            for frame in _FRAMES
            for land, city in CAPITALS.items()
        ]
        return random.sample(every, min(count, len(every)))

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item."""
        told = model.log_likelihoods([(model.chat(item.prompt), item.texts[0]) for item in items])
        return [
            Outcome(item.id, item.group, 1.0 - exp(min(0.0, one.total / one.tokens)), item.cluster)
            for item, one in zip(items, told, strict=True)
        ]


probe = Elsewhere()
