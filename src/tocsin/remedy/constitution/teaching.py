"""SFT on revisions, then DPO with the revision over the response."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from tocsin.models import Model, Preference, Sample, TrainingPlan
from tocsin.remedy.constitution.revising import Lesson

_MAX_TOKENS = 256
BETA = 0.1
"""Of DPO, as its authors chose it."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. A batch is of lessons in SFT, of pairs (twice as many texts) in DPO."""

    sft_steps: int
    sft_batch: int
    sft_rate: float
    dpo_steps: int
    dpo_batch: int
    dpo_rate: float


def teach(model: Model, lessons: Sequence[Lesson], schedule: Schedule, random: Random) -> None:
    """Train the adapter that is in `model`, in place.

    DPO prefers a revision to the response, and a safe request's response to a refusal: revisions that refuse, alone,
    teach a small model to refuse whatever it is asked.
    SFT is on the revisions and, so that nothing else changes, on the responses that were no breach. The reference of
    DPO is the adapter after SFT, as its authors have it (Rafailov et al., 2023, section 4): measured against the
    adapter as it was aggregated, the pairs would be won already, and DPO would have nothing left to teach.
    """
    samples = [_revised(model, one) if one.revision else _kept(model, one) for one in lessons]
    plan = TrainingPlan(schedule.sft_steps, schedule.sft_batch, schedule.sft_rate, random.randrange(2**32), decay=True)
    model.train(samples, plan)
    pairs = [Preference(_revised(model, one), _kept(model, one)) for one in lessons if one.revision]
    pairs += [Preference(_kept(model, one), _wrong(model, one)) for one in lessons if one.wrong]
    if schedule.dpo_steps and pairs:
        plan = TrainingPlan(
            schedule.dpo_steps, schedule.dpo_batch, schedule.dpo_rate, random.randrange(2**32), decay=True
        )
        model.prefer(pairs, plan, BETA)


def _revised(model: Model, lesson: Lesson) -> Sample:
    return model.sample(model.chat(lesson.prompt), lesson.revision, _MAX_TOKENS)


def _wrong(model: Model, lesson: Lesson) -> Sample:
    return model.sample(model.chat(lesson.prompt), lesson.wrong, _MAX_TOKENS)


def _kept(model: Model, lesson: Lesson) -> Sample:
    """Without the end token: a response was cut, and must not be learnt as a whole."""
    sample = model.sample(model.chat(lesson.prompt), lesson.response, _MAX_TOKENS)
    return replace(sample, ids=sample.ids[:-1])
