"""SFT on revisions, then DPO with the revision over the response."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from random import Random

from tocsin.behaviour import refused
from tocsin.models import Model, Preference, Sample, TrainingPlan
from tocsin.remedy.constitution.revising import Lesson

_MAX_TOKENS = 256
BETA = 0.1
"""Of DPO, as its authors chose it."""


@dataclass(frozen=True)
class Schedule:
    """How often each lesson is seen, and how fast: epochs, so that few breaches are few steps.

    A batch is of lessons in SFT, of pairs (twice as many texts) in DPO. Of each answer only the first `opening` tokens
    are learnt: whether it refuses is seen there, and answers of one length weigh alike.
    """

    sft_epochs: float
    sft_batch: int
    sft_rate: float
    dpo_epochs: float
    dpo_batch: int
    dpo_rate: float
    opening: int


def teach(model: Model, lessons: Sequence[Lesson], schedule: Schedule, random: Random) -> None:
    """Train the adapter that is in `model`, in place.

    SFT is on the revisions and on the responses that were no breach. DPO prefers revisions to responses, see `pairs`.
    Its reference is the adapter after SFT, as its authors have it (Rafailov et al., 2023, section 4): measured against
    the adapter as it was aggregated, pairs that SFT has won would count as taught.
    """
    samples = [_cut(_revised(model, one) if one.revision else _kept(model, one), schedule.opening) for one in lessons]
    model.train(samples, _plan(len(samples), schedule.sft_epochs, schedule.sft_batch, schedule.sft_rate, random))
    preferred = [
        Preference(_cut(pair.chosen, schedule.opening), _cut(pair.rejected, schedule.opening))
        for pair in pairs(model, lessons, random)
    ]
    if preferred:
        plan = _plan(len(preferred), schedule.dpo_epochs, schedule.dpo_batch, schedule.dpo_rate, random)
        model.prefer(preferred, plan, BETA)


def pairs(model: Model, lessons: Sequence[Lesson], random: Random) -> list[Preference]:
    """Each revision over its response and, so that as many pairs teach to answer as to refuse, some safe requests'
    responses over a refusal.

    Without those a small model learns to refuse whatever it is asked, with more of them to answer whatever it is asked:
    what was tried is in results/constitution.md.
    """
    revised = [one for one in lessons if one.revision]
    refusing = sum(refused(one.revision) for one in revised)
    safe = [one for one in lessons if one.wrong]
    wanted = min(len(safe), max(0, 2 * refusing - len(revised)))
    return [
        *(Preference(_revised(model, one), _kept(model, one)) for one in revised),
        *(Preference(_kept(model, one), _wrong(model, one)) for one in random.sample(safe, wanted)),
    ]


def _plan(count: int, epochs: float, batch: int, rate: float, random: Random) -> TrainingPlan:
    batch = min(batch, count)
    return TrainingPlan(ceil(epochs * count / batch), batch, rate, random.randrange(2**32), decay=True)


def _cut(sample: Sample, opening: int) -> Sample:
    return replace(sample, ids=sample.ids[: sample.prompt + opening])


def _revised(model: Model, lesson: Lesson) -> Sample:
    return model.sample(model.chat(lesson.prompt), lesson.revision, _MAX_TOKENS)


def _wrong(model: Model, lesson: Lesson) -> Sample:
    return model.sample(model.chat(lesson.prompt), lesson.wrong, _MAX_TOKENS)


def _kept(model: Model, lesson: Lesson) -> Sample:
    """Without the end token: a response was cut, and must not be learnt as a whole."""
    sample = model.sample(model.chat(lesson.prompt), lesson.response, _MAX_TOKENS)
    return replace(sample, ids=sample.ids[:-1])
