"""What a remedy is: something done about a failure, to a client's data before training or to the adapter after a round.

One file each in `remedies`, found through the registry, declared in the study.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Protocol, runtime_checkable

from tocsin.corpora import Example
from tocsin.errors import TocsinError, did_you_mean
from tocsin.models import Arrays, Model
from tocsin.registry import Registry
from tocsin.study import OptionValue, Study

Options = Mapping[str, OptionValue]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A training example, and the weight of its tokens in the loss, in [0, 1]: 1 is that of any other."""

    example: Example
    weight: float = 1.0

    def weighed(self, by: float) -> "Weighed":
        """The same with its weight multiplied by `by`."""
        return replace(self, weight=self.weight * by)


@dataclass(frozen=True)
class ClientSide:
    """What a remedy of the data may use, on the client.

    `model` is the client's; which adapter is in it afterwards does not matter. `random` is drawn from the study's
    seed, the client and the remedy. `tick(done)` is called on the way and may raise to stop.
    """

    study: Study
    client: int
    model: Model
    random: Random
    tick: Callable[[int], None]


@dataclass(frozen=True)
class ServerSide:
    """What a remedy of the adapter may use, on the server: the model, and adapters; nothing of any client.

    `start` is the adapter of round 0 and `before` that of the round before. `folder` is the remedy's own: what it
    must remember from round to round it keeps there, by round, since a run may be killed and resumed from its last
    finished round. `random` is drawn from the study's seed, the round and the remedy. `say(sentence)` is progress.
    """

    study: Study
    round: int
    model: Model
    start: Arrays
    before: Arrays
    folder: Path
    random: Random
    say: Callable[[str], None]


@dataclass(frozen=True)
class Mended:
    """The adapter that goes on, and in one sentence what was done, for the report; "" where nothing was."""

    arrays: Arrays
    note: str = ""


@runtime_checkable
class DataRemedy(Protocol):
    """Changes what a client trains on. Runs once in a run, on the client, before its first training."""

    def conflict(self, study: Study) -> str | None:
        """Why it cannot be used in this study, as a sentence that says what to do; None where it can."""

    def prepare(self, examples: Sequence[Weighed], side: ClientSide) -> list[Weighed]:
        """The examples to train on.

        Nothing of what it learns about them may leave the client. Raises TocsinError where nothing would be left.
        """


@runtime_checkable
class ModelRemedy(Protocol):
    """Changes the aggregated adapter, on the server, in every round before it goes back to the clients."""

    def conflict(self, study: Study) -> str | None:
        """See `DataRemedy.conflict`."""

    def mend(self, arrays: Arrays, side: ServerSide) -> Mended:
        """The adapter that goes on in place of `arrays`; which adapter is in the model afterwards does not matter."""


Remedy = DataRemedy | ModelRemedy

REMEDIES: Registry[Callable[[Options], Remedy]] = Registry("remedy", "tocsin.remedy.remedies")


def options(name: str, given: Options, defaults: Options) -> dict[str, Any]:
    """`defaults` with what the study gives.

    Raises TocsinError for an option that there is not, or one of another type than its default (a whole number
    will do for a fraction).
    """
    for key, value in given.items():
        if key not in defaults:
            raise TocsinError(f'remedy "{name}" has no option {key}{did_you_mean(key, defaults)}.')
        kind = type(defaults[key])
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise TocsinError(f'remedy "{name}": {key} = {value!r} is no {_KINDS[kind]}; mend it in options.')
    return {**defaults, **given}


_KINDS = {str: "text", float: "number", int: "whole number", bool: "true or false"}
