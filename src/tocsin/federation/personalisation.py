"""Which adapter a client keeps for itself. One file each in `personalisations`, found through the registry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.models import Arrays, Model, Sample, TrainingPlan
from tocsin.registry import Registry

Options = Mapping[str, float | int]


@dataclass(frozen=True)
class Trained:
    """What a client has after its local training: the adapter received, the one trained from it, and its
    own personal one of the round before (None at first)."""

    received: Arrays
    trained: Arrays
    previous: Arrays | None


class Personalisation(Protocol):
    """Makes a client's personal adapter."""

    def personal(
        self,
        model: Model,
        samples: Sequence[Sample],
        plan: TrainingPlan,
        adapters: Trained,
        tick: Callable[[int], None],
    ) -> Arrays | None:
        """The personal adapter, or None where the client has none and uses the global one.

        May train `model`; which adapter is in it afterwards does not matter.
        """


PERSONALISATIONS: Registry[Callable[[Options], Personalisation]] = Registry(
    "personalisation", "tocsin.federation.personalisations"
)
