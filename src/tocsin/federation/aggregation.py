"""How one adapter is made of many. One file each in `aggregations`, found through the registry."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from flwr.app import Message, MetricRecord, RecordDict
from numpy.typing import NDArray

from tocsin.errors import TocsinError, did_you_mean
from tocsin.federation import flower
from tocsin.federation.messages import Arrays, Update
from tocsin.registry import Registry

Options = Mapping[str, float | int]
State = Mapping[str, NDArray[np.generic]]


class Aggregation(Protocol):
    """Makes the next global adapter. Its state is all that a later round depends on."""

    client_options: Mapping[str, float]  # what clients must know to take part, such as FedProx's mu
    fewest: int  # updates without which it makes no sense

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


AGGREGATIONS: Registry[Callable[[Options], Aggregation]] = Registry("aggregation", "tocsin.federation.aggregations")


def options(name: str, given: Options, defaults: Mapping[str, float | int]) -> dict[str, Any]:
    """`defaults` with what the study gives. Raises TocsinError for an option that there is not."""
    for key in given:
        if key not in defaults:
            raise TocsinError(f'aggregation.options: "{name}" has no option {key}{did_you_mean(key, defaults)}.')
    return {**defaults, **given}


class FlowerAggregation:
    """An aggregation whose mathematics is a Flower strategy's, called without its messages and its sampling.

    `kept` names the strategy's attributes that carry over from round to round.
    """

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
