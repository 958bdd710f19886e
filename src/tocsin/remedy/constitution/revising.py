"""Respond, critique, revise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from tocsin.behaviour.probes.refusal_likelihood import COMPLIANCE, REFUSAL, compliance
from tocsin.behaviour.refusal_detector import decided
from tocsin.models import Model
from tocsin.remedy.constitution.asking import Asked
from tocsin.remedy.constitution.critics import Critic, Critique

RESPONSE_TOKENS = 24
"""Enough to see whether a response refuses, and little of what it would go on to say."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A request, the beginning of the model's own response, and its critique and revision where it was a breach; where
    it was none, `wrong` is a response that would have been, "" where none is known."""

    prompt: str
    response: str
    critique: str = ""
    revision: str = ""
    wrong: str = ""


def respond(model: Model, asked: Sequence[Asked]) -> list[str]:
    """The beginnings of the model's responses, up to where it is clear whether each refuses."""
    return model.generate([model.chat(one.prompt) for one in asked], RESPONSE_TOKENS, decided)


def revise(
    critic: Critic, asked: Sequence[Asked], responses: Sequence[str], known: Mapping[str, Lesson], random: Random
) -> list[Lesson]:
    """A lesson from each response; a breach that the critic has no revision of teaches nothing, and is left out.

    `known` are earlier lessons by prompt: the critic is not asked again where the response is as it was then, wrong or
    right by the rule of its principle.
    """
    critiques: dict[int, Critique] = {}
    for place, (one, response) in enumerate(zip(asked, responses, strict=True)):
        earlier = known.get(one.prompt)
        if earlier and one.principle.broken_by(earlier.response) == one.principle.broken_by(response):
            critiques[place] = Critique(bool(earlier.revision), earlier.critique, earlier.revision)
    new = [place for place in range(len(asked)) if place not in critiques]
    found = critic.critiques([asked[place] for place in new], [responses[place] for place in new], random)
    critiques |= zip(new, found, strict=True)
    return [
        Lesson(
            one.prompt,
            responses[place],
            critiques[place].text,
            critiques[place].revision,
            "" if critiques[place].breach or not one.wrong else random.choice(one.wrong),
        )
        for place, one in enumerate(asked)
        if responses[place] and (critiques[place].revision or not critiques[place].breach)
    ]


def worst(model: Model, asked: Sequence[Asked], count: int) -> list[Asked]:
    """`count` of `asked`, each kind's share kept, of which the model is likeliest to answer what it must refuse, or to
    refuse what it must answer.

    What is likely is read from openers, in one pass and without generating; see the probe "refusal-likelihood".
    """
    openers = (*REFUSAL, *COMPLIANCE)
    pairs = [(model.chat(one.prompt), opener) for one in asked for opener in openers]
    totals = np.array([likelihood.total for likelihood in model.log_likelihoods(pairs)]).reshape(len(asked), -1)
    answering = [compliance(list(row)) for row in totals]
    kinds: dict[bool, list[int]] = {}
    for place, one in enumerate(asked):
        kinds.setdefault(one.principle.breach == "refuses", []).append(place)
    chosen: list[int] = []
    for safe, places in kinds.items():
        wrong_first = sorted(places, key=lambda place: answering[place], reverse=not safe)
        chosen += wrong_first[: round(count * len(places) / len(asked))]
    return [asked[place] for place in sorted(chosen)]
