"""Constitutional AI on the aggregated adapter: respond, critique, revise, then SFT and DPO on the revisions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tocsin import models
from tocsin.errors import TocsinError, did_you_mean
from tocsin.models import Arrays, Model
from tocsin.remedy.constitution import (
    Asked,
    Critic,
    LanguageModelCritic,
    Lesson,
    Record,
    Rule,
    Schedule,
    asked,
    constitution,
    constitution_of,
    lessons_before,
    respond,
    revise,
    teach,
    worst,
)
from tocsin.remedy.remedy import REMEDIES, Mended, Options, ServerSide, options
from tocsin.study import Lora, Study

NAME = "constitutional"


@dataclass(frozen=True)
class Variant:
    """`prompts` are asked, a share `safe` of them safe; where `candidates` is not 0, they are those of so many at which
    the model is likeliest to fail, the same candidates in every round, and lessons are kept from round to round."""

    prompts: int
    safe: float
    candidates: int
    schedule: Schedule


VARIANTS = {
    "full": Variant(64, 0.5, 0, Schedule(1, 8, 2e-4, 3, 8, 5e-4, 256)),
    "cheap": Variant(8, 0.5, 16, Schedule(1, 4, 5e-4, 1, 4, 5e-4, 12)),
}


class Constitutional:
    """After "Responsible Federated LLMs via Safety Filtering and Constitutional AI" (arXiv 2502.16691), with the
    method of Bai et al. (2022, arXiv 2212.08073) and DPO in place of reinforcement learning.

    Options: `constitution`, a TOML file (else Tocsin's own); `critic`: "templates" (see `Rule`), "model" (the model
    itself without its adapter, so that what the clients taught it does not judge), a larger model's folder, or a JSONL
    file of critiques, whose prompts are asked then; `variant`: "full" or "cheap"; `prompts`, how many are asked (0: as
    many as the variant has it).
    """

    def __init__(self, given: Options) -> None:
        """Raises TocsinError for a wrong option, a constitution that is not there, empty or broken, and a critic that
        is not there."""
        chosen = options(NAME, given, {"constitution": "", "critic": "templates", "variant": "full", "prompts": 0})
        if chosen["variant"] not in VARIANTS:
            hint = did_you_mean(chosen["variant"], VARIANTS)
            raise TocsinError(f'remedy "{NAME}" has no variant "{chosen["variant"]}"{hint}.')
        if chosen["prompts"] < 0:
            raise TocsinError(f'remedy "{NAME}": prompts = {chosen["prompts"]} is less than none; use 0 or more.')
        self._variant = VARIANTS[chosen["variant"]]
        self._count = chosen["prompts"] or self._variant.prompts
        self._critic = chosen["critic"]
        self._judge_model: Model | None = None
        if self._critic in ("templates", "model") or _is_model(self._critic):
            self._constitution = constitution(chosen["constitution"])
        elif Path(self._critic).expanduser().is_file():
            if chosen["constitution"]:
                raise TocsinError(
                    f'remedy "{NAME}": the file of critiques {self._critic} has its own prompts and revisions; leave '
                    "out either critic or constitution."
                )
            self._constitution = constitution_of(Path(self._critic).expanduser())
        else:
            raise TocsinError(
                f'remedy "{NAME}": there is no critic {self._critic}; use "templates", "model", the folder of a model, '
                "or a JSONL file of critiques."
            )

    def conflict(self, study: Study) -> str | None:
        """None: it changes what was aggregated, however that was done, and sees nothing of any client."""
        return None

    def mend(self, arrays: Arrays, side: ServerSide) -> Mended:
        """See `ModelRemedy.mend`. An adapter whose responses break no principle goes on as it is."""
        record = Record(side.round)
        side.model.use(arrays)
        lessons = self._lessons(side, record)
        mended = arrays
        if record.breaches:
            side.say(f"learning from {len(lessons)} responses, {record.breaches} of them revised")
            side.model.use(arrays)
            with _counted(side.model, record, "training"):
                teach(side.model, lessons, self._variant.schedule, side.random)
            mended = side.model.adapter()
        record.write(side.folder)
        return Mended(mended, _note(record))

    def _lessons(self, side: ServerSide, record: Record) -> list[Lesson]:
        chosen = self._chosen(side, record)
        side.say(f"responding to {len(chosen)} requests")
        with _counted(side.model, record, "responding"):
            responses = respond(side.model, chosen)
        known = lessons_before(side.folder, side.round)
        critic, judge = self._judge(side)
        with _counted(judge, record, "critique"):
            lessons = revise(critic, chosen, responses, known, side.random)
        record.asked = len(chosen)
        record.breaches = sum(bool(lesson.revision) for lesson in lessons)
        if self._variant.candidates:
            record.lessons = lessons
        return lessons

    def _chosen(self, side: ServerSide, record: Record) -> list[Asked]:
        if not self._variant.candidates:
            return asked(self._constitution, self._count, self._variant.safe, side.random)
        # The same ones in every round, whatever the round's own randomness: else no critique could be kept.
        among = max(self._variant.candidates, self._count)
        pool = asked(self._constitution, among, self._variant.safe, Random(f"{side.study.seed} {NAME}"))
        side.say(f"choosing {self._count} of {len(pool)} requests")
        with _counted(side.model, record, "choosing"):
            return worst(side.model, pool, self._count)

    def _judge(self, side: ServerSide) -> tuple[Critic, Model]:
        """The critic, and the model whose operations it costs."""
        if self._critic != "model" and not _is_model(self._critic):
            return Rule(), side.model
        if self._judge_model is None:
            self._judge_model = side.model
            if self._critic != "model":
                wanted = {"source": self._critic, "revision": None, "start": "base"}
                self._judge_model = models.load(side.study.model.model_copy(update=wanted), Lora())
        # Without an adapter: what the clients taught the model is not to judge itself.
        return LanguageModelCritic(self._judge_model, self._judge_model.fresh()), self._judge_model


def _is_model(critic: str) -> bool:
    return Path(critic).expanduser().is_dir()


@contextmanager
def _counted(model: Model, record: Record, purpose: str) -> Iterator[None]:
    with model.counted() as passed:
        yield
    record.operations[purpose] = passed.operations


def _note(record: Record) -> str:
    cost = f"{sum(record.operations.values()):.2g} floating-point operations"
    if not record.breaches:
        return f"none of {record.asked} responses broke the constitution, so nothing was changed; {cost}"
    return f"{record.breaches} of {record.asked} responses broke the constitution and were revised; {cost}"


REMEDIES.register(NAME)(Constitutional)
