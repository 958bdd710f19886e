"""No personalisation: every client uses the global adapter."""

from collections.abc import Callable, Sequence

from tocsin.federation.aggregation import options
from tocsin.federation.personalisation import PERSONALISATIONS, Options, Trained
from tocsin.models import Arrays, Model, Sample, TrainingPlan


class NoPersonalisation:
    """See `Personalisation`."""

    def personal(
        self,
        model: Model,
        samples: Sequence[Sample],
        plan: TrainingPlan,
        adapters: Trained,
        tick: Callable[[int], None],
    ) -> Arrays | None:
        """There is none."""
        return None


@PERSONALISATIONS.register("none")
def none(given: Options) -> NoPersonalisation:
    """No options."""
    options("none", given, {})
    return NoPersonalisation()
