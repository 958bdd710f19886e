"""What aggregations by self-weighted sums have in common."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import TocsinError
from tocsin.federation.aggregation import SelfWeighed, State
from tocsin.federation.messages import Arrays, Update
from tocsin.study import Study

Changes = Mapping[str, NDArray[np.float64]]

LEAST = 1e-3
"""The smallest weight. A mean by weights is off by half a step of the fixed point over the mean weight at most: by
6e-5 of `privacy.update_range` were all weights as small as this."""


class SelfWeighing:
    """The parts of a `SelfWeighed` aggregation that are the same in all."""

    name: str
    fewest = 2
    weighs = False

    def aggregate(self, round_: int, current: Arrays, updates: object) -> dict[str, NDArray[np.float32]]:
        """Raises TocsinError: there is nothing to make of updates in the clear."""
        raise TocsinError(_masks_needed(self.name))

    def state(self) -> State:
        """See `Aggregation.state`; nothing, unless a subclass has some."""
        return {}

    def restore(self, state: State) -> None:
        """See `Aggregation.restore`."""


def _masks_needed(name: str) -> str:
    return (
        f'aggregation.name = "{name}" has each client weigh its update by its loss, which whoever sees the update '
        "could read off it; set privacy.secure_updates = true, so that the server reads the sums alone."
    )


def check_self_weighing(aggregation: object, study: Study) -> None:
    """Raises TocsinError where a self-weighted sum would tell more than the study's privacy allows for."""
    if not isinstance(aggregation, SelfWeighed):
        return
    name = study.aggregation.name
    if study.privacy.epsilon is not None or study.privacy.training != "unprotected":
        raise TocsinError(
            f'aggregation.name = "{name}" sums weights that clients make of their losses on training records, and the '
            "noise of privacy.epsilon and privacy.training is not made for those; take an aggregation of the mean such "
            'as "fedavg", or leave that noise out.'
        )
    if not study.privacy.secure_updates:
        raise TocsinError(_masks_needed(name))


def weighed(
    aggregation: SelfWeighed, round_: int, update: Update, change: Changes, told: Mapping[str, float], folder: Path
) -> tuple[Changes, NDArray[np.float64]]:
    """A client's change multiplied by its own weight, and its entries. Raises TocsinError for a loss that is none."""
    loss = update.loss
    if loss is None or not np.isfinite([loss.before, loss.after]).all():
        raise TocsinError("it has no finite loss to weigh its update by")
    weight, entries = aggregation.weigh(round_, loss, told, folder)
    return {name: array * weight for name, array in change.items()}, np.asarray(entries, np.float64)


def moved(current: Arrays, total: Changes, divisor: float) -> dict[str, NDArray[np.float32]]:
    """`current` and the sum of weighted changes over `divisor`."""
    return {name: (array + total[name] / divisor).astype(np.float32) for name, array in current.items()}
