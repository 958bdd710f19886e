"""Fine-tuning: the client keeps the global adapter as its local training left it."""

from collections.abc import Callable, Sequence

from tocsin.federation.aggregation import options
from tocsin.federation.personalisation import PERSONALISATIONS, Options, Trained
from tocsin.models import Arrays, Model, Sample, TrainingPlan


class Finetune:
    """See `Personalisation`."""

    def personal(
        self,
        model: Model,
        samples: Sequence[Sample],
        plan: TrainingPlan,
        adapters: Trained,
        tick: Callable[[int], None],
    ) -> Arrays | None:
        """The adapter that was trained anyway: costs nothing more."""
        return adapters.trained


@PERSONALISATIONS.register("finetune")
def finetune(given: Options) -> Finetune:
    """No options."""
    options("finetune", given, {})
    return Finetune()
