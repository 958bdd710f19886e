"""Ditto (Li et al., 2021, arXiv 2012.04221): a personal adapter, trained apart and held near the global one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tocsin.federation.aggregation import options
from tocsin.federation.personalisation import PERSONALISATIONS, Options, Trained
from tocsin.models import Arrays, Model, Sample, TrainingPlan


@dataclass(frozen=True)
class Ditto:
    """See `Personalisation`. `strength` is the paper's lambda (its eq. 1)."""

    strength: float

    def personal(
        self,
        model: Model,
        samples: Sequence[Sample],
        plan: TrainingPlan,
        adapters: Trained,
        tick: Callable[[int], None],
    ) -> Arrays | None:
        """Train the client's own adapter of the last round, with lambda/2 ||v - global||^2 in the loss."""
        model.use(adapters.previous or adapters.received)
        model.train(samples, replace(plan, proximal=self.strength, anchor=adapters.received), tick)
        return model.adapter()


@PERSONALISATIONS.register("ditto")
def ditto(given: Options) -> Ditto:
    """Option `strength` (default 0.1): lambda, how strongly the personal adapter is held near the global one."""
    return Ditto(float(options("ditto", given, {"strength": 0.1})["strength"]))
