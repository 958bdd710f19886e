"""The aggregated adapter, tuned on a small aligned set."""

from dataclasses import dataclass

from tocsin.errors import TocsinError
from tocsin.models import Arrays, TrainingPlan
from tocsin.remedy.aligned_data import LOOK_ALIKES, refusals_and_lookalikes
from tocsin.remedy.remedy import REMEDIES, Mended, ModelRemedy, Options, ServerSide, options
from tocsin.study import Study


@dataclass(frozen=True)
class SafetyTuning:
    """Post-hoc defence on the server (Ye et al., ICLR 2025, arXiv 2406.10630).

    There the examples are generated and the tuning follows the last round (`when` = "last"); here they are our own,
    the same in every round of a run, and "each" round is tuned, since every round's adapter is used.
    """

    examples: int
    lookalikes: float
    steps: int
    learning_rate: float
    when: str

    def conflict(self, study: Study) -> str | None:
        """See `ModelRemedy.conflict`."""
        return None

    def mend(self, arrays: Arrays, side: ServerSide) -> Mended:
        """See `ModelRemedy.mend`."""
        training = side.study.training
        if self.when == "last" and side.round != training.rounds:
            return Mended(arrays)
        model = side.model
        chosen = refusals_and_lookalikes(self.examples, self.lookalikes, side.study.seed)
        samples = [model.sample(model.render(one.turns), one.response, training.max_tokens) for one in chosen]
        seed = side.random.randrange(2**32)
        plan = TrainingPlan(self.steps, training.batch_size, self.learning_rate, seed, decay=True)
        model.use(arrays)
        model.train(samples, plan, lambda step: side.say(f"safety-tuning: step {step + 1} of {self.steps}"))
        return Mended(model.adapter(), f"{self.steps} steps on {len(samples)} aligned examples")


@REMEDIES.register("safety-tuning")
def safety_tuning(given: Options) -> ModelRemedy:
    """Options `examples` (default 64), `lookalikes` to a refusal (2.0), `steps` (8), `learning_rate` (1e-3, as in
    `tocsin align`; it falls to nothing in each round), and `when`, "each" (default) or "last" round."""
    defaults: Options = {
        "examples": 64,
        "lookalikes": LOOK_ALIKES,
        "steps": 8,
        "learning_rate": 1e-3,
        "when": "each",
    }
    chosen = options("safety-tuning", given, defaults)
    for key in ("examples", "steps", "learning_rate"):
        if not 0 < chosen[key] < float("inf"):
            raise TocsinError(f'remedy "safety-tuning": {key} = {chosen[key]} is wrong; give a number above 0.')
    if not 0 <= chosen["lookalikes"] < float("inf"):
        raise TocsinError(
            f'remedy "safety-tuning": lookalikes = {chosen["lookalikes"]} is wrong; give a number from 0 up.'
        )
    if chosen["when"] not in ("each", "last"):
        raise TocsinError(f'remedy "safety-tuning": when = "{chosen["when"]}" is wrong; give "each" or "last".')
    return SafetyTuning(**chosen)
