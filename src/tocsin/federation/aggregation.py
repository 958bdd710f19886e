"""How one adapter is made of many. One file each in `aggregations`, found through the registry."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from flwr.app import Message, MetricRecord, RecordDict
from numpy.typing import NDArray

from tocsin.behaviour import Outcome
from tocsin.errors import TocsinError, did_you_mean
from tocsin.federation import flower
from tocsin.federation.messages import Arrays, LocalLoss, Update
from tocsin.registry import Registry
from tocsin.study import OptionValue, Study

Options = Mapping[str, OptionValue]
State = Mapping[str, NDArray[np.generic]]


class Aggregation(Protocol):
    """Makes the next global adapter. Its state is all that a later round depends on."""

    client_options: Mapping[str, float]  # what clients must know to take part, such as FedProx's mu
    fewest: int  # updates without which it makes no sense
    weighs: bool  # whether it counts `Update.examples`; else every client counts once

    def aggregate(self, round_: int, current: Arrays, updates: Sequence[Update]) -> dict[str, NDArray[np.float32]]:
        """The next adapter from the current one and at least `fewest` checked updates."""

    def state(self) -> State:
        """What a checkpoint must keep."""

    def restore(self, state: State) -> None:
        """Go on from a kept state."""


@runtime_checkable
class OfSum(Aggregation, Protocol):
    """An aggregation that needs to know no more of the updates than their sum, so that they may be masked."""

    def aggregate_sum(
        self, round_: int, current: Arrays, total: Mapping[str, NDArray[np.float64]], clients: int
    ) -> dict[str, NDArray[np.float32]]:
        """The next adapter from the current one and the sum of the changes that `clients` clients made to it."""


ENTRIES = "entries beside the change"
"""Under this name `SelfWeighed.aggregate_sum` finds the sums of the clients' entries: float64, (entries,)."""


@runtime_checkable
class SelfWeighed(OfSum, Protocol):
    """An `OfSum` for which each client weighs its own change by what it alone knows, such as its loss.

    The weighted change and some numbers beside it, the weight among them, are parts of one masked sum. The server
    divides one sum by the other and learns nobody's weight. Without masks each client's loss could be read off its
    weight, so that privacy.secure_updates must be on.
    """

    entries: int  # how many numbers each client adds beside its change

    def weigh(
        self, round_: int, loss: LocalLoss, told: Mapping[str, float], folder: Path
    ) -> tuple[float, Sequence[float]]:
        """On the client: its weight in (0, 1], and its entries, each in [0, 1].

        `told` are the `client_options` that came with the task, the same for all clients. In `folder`, its own of this
        run, it may keep what it must remember; a round may be repeated.
        """


Judge = Callable[[str, int, int, Arrays], Sequence[Outcome]]
"""(probe, number of items, round, adapter) -> outcomes; the same public items for all adapters of a round."""


@runtime_checkable
class Judging(Aggregation, Protocol):
    """An aggregation that tries adapters on public items, on the server, before it takes one."""

    def judge_by(self, judge: Judge) -> None:
        """Called once, before the first `aggregate`."""


AGGREGATIONS: Registry[Callable[[Options], Aggregation]] = Registry("aggregation", "tocsin.federation.aggregations")


def options(name: str, given: Options, defaults: Options) -> dict[str, Any]:
    """`defaults` with what the study gives.

    Raises TocsinError for an option that there is not, and for a text where a number is due, or the other way round.
    """
    for key, value in given.items():
        if key not in defaults:
            raise TocsinError(f'aggregation.options: "{name}" has no option {key}{did_you_mean(key, defaults)}.')
        wanted = str if isinstance(defaults[key], str) else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise TocsinError(
                f"aggregation.options.{key} = {value!r} is wrong: give a {'text' if wanted is str else 'number'}."
            )
    return {**defaults, **given}


def above(key: str, value: float, low: float) -> None:
    """Raises TocsinError unless the option is greater than `low`."""
    if not value > low:
        raise TocsinError(f"aggregation.options.{key} = {value:g} is wrong: give a number above {low:g}.")


def at_least(key: str, value: float, low: float) -> None:
    """Raises TocsinError where the option is less than `low`."""
    if not value >= low:
        raise TocsinError(f"aggregation.options.{key} = {value:g} is wrong: give {low:g} or more.")


def step(current: Arrays, updates: Sequence[Update], weights: NDArray[np.float64]) -> dict[str, NDArray[np.float32]]:
    """`current` and the clients' changes to it by weights, (updates,)."""
    return {
        name: sum((w * (u.arrays[name] - array) for w, u in zip(weights, updates, strict=True)), start=array).astype(
            np.float32
        )
        for name, array in current.items()
    }


def check_weights(aggregation: Aggregation, study: Study) -> None:
    """Raises TocsinError where clients would tell their numbers of examples for nothing."""
    if study.aggregation.weights == "examples" and not aggregation.weighs:
        raise TocsinError(
            f'aggregation.name = "{study.aggregation.name}" counts each client once, whatever its number of examples; '
            'set aggregation.weights = "equal", so that clients need not tell it.'
        )


class FlowerAggregation:
    """An aggregation whose mathematics is a Flower strategy's, called without its messages and its sampling.

    `kept` names the strategy's attributes that carry over from round to round.
    """

    weighs = False

    def __init__(
        self,
        strategy: Any,
        kept: Sequence[str] = (),
        client_options: Mapping[str, float] | None = None,
        fewest: int = 1,
    ) -> None:
        self._strategy = strategy
        self._kept = kept
        self.client_options: Mapping[str, float] = client_options or {}
        self.fewest = fewest

    def aggregate(self, round_: int, current: Arrays, updates: Sequence[Update]) -> dict[str, NDArray[np.float32]]:
        """See `Aggregation.aggregate`."""
        flower.ensure_identity()
        self._set_current(current)
        arrays, _ = self._strategy.aggregate_train(round_, [_reply(update) for update in updates])
        return {name: array.astype(np.float32) for name, array in flower.named_arrays(arrays).items()}

    def _set_current(self, current: Arrays) -> None:
        # Flower's server optimisers learn the current adapter in configure_train, which we do not call:
        # FedAvgM holds it as a record, FedOpt's family as arrays.
        if hasattr(self._strategy, "momentum_vector"):
            self._strategy.current_arrays = flower.held_record(current)
        elif hasattr(self._strategy, "current_arrays"):
            self._strategy.current_arrays = dict(current)

    def state(self) -> State:
        """See `Aggregation.state`."""
        out: dict[str, NDArray[np.generic]] = {}
        for attribute in self._kept:
            value = getattr(self._strategy, attribute)
            if isinstance(value, list):
                out |= {f"{attribute}[{i}]": array for i, array in enumerate(value)}
            elif value is not None:
                out |= {f"{attribute}.{name}": array for name, array in value.items()}
        return out

    def restore(self, state: State) -> None:
        """See `Aggregation.restore`."""
        for attribute in self._kept:
            named = {k.removeprefix(f"{attribute}."): v for k, v in state.items() if k.startswith(f"{attribute}.")}
            listed = [state[f"{attribute}[{i}]"] for i in range(len(state)) if f"{attribute}[{i}]" in state]
            if named or listed:
                setattr(self._strategy, attribute, named or listed)


class FlowerMean(FlowerAggregation):
    """See `OfSum`: a Flower strategy that looks at the mean of the updates and at nothing else."""

    weighs = True

    def aggregate_sum(
        self, round_: int, current: Arrays, total: Mapping[str, NDArray[np.float64]], clients: int
    ) -> dict[str, NDArray[np.float32]]:
        """See `OfSum.aggregate_sum`."""
        mean = {name: (array + total[name] / clients).astype(np.float32) for name, array in current.items()}
        return self.aggregate(round_, current, [Update(0, mean)])


def _reply(update: Update) -> Message:
    content = RecordDict(
        {
            "arrays": flower.held_record(update.arrays),
            "metrics": MetricRecord({"num-examples": update.examples}),
        }
    )
    return Message(content, dst_node_id=update.client, message_type="train")
