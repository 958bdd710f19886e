"""A client's work on a language model: train, measure before and after, tally."""

import hashlib
import json
import os
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tocsin import corpora, models
from tocsin.behaviour import (
    RECORD,
    HeldOut,
    Probe,
    find_probe,
    keep_round,
)
from tocsin.errors import TocsinError
from tocsin.federation.disclosure import release_of
from tocsin.federation.job import Job
from tocsin.federation.local_loss import mean_loss, tried
from tocsin.federation.measuring import (
    OTHER,
    Drawn,
    Measured,
    draw,
    keep_tally,
    kept_tally,
    measure,
    tally_of,
    watch_of,
)
from tocsin.federation.messages import Hello, LocalLoss, Task, Update
from tocsin.federation.personalisation import PERSONALISATIONS, Trained
from tocsin.federation.self_heal import SelfHeal
from tocsin.federation.training_privacy import record_privacy
from tocsin.federation.watching import in_words, streams_of
from tocsin.models import Arrays, Model, Sample, TrainingPlan, TrainingReport
from tocsin.privacy import Schema, Stream, Vector, keep_secret
from tocsin.records import LOSS_BOUND, TRAINING_LOSS
from tocsin.remedy import Weighed, remedies_of
from tocsin.study import Corpus, Lora, Split, Study
from tocsin.study import Model as ModelSettings


@lru_cache(maxsize=1)
def shared_model(settings: ModelSettings, lora: Lora) -> Model:
    """The one base model of this process."""
    return models.load(settings, lora)


@lru_cache(maxsize=2)
def _clients(corpus_json: str, split_json: str, seed: int) -> tuple[corpora.ClientData, ...]:
    return corpora.clients(Corpus.model_validate_json(corpus_json), Split.model_validate_json(split_json), seed)


def client_data(study: Study, client: int) -> corpora.ClientData:
    """The data of one client: its share of the study's corpus, or its own file (`TOCSIN_CLIENT_DATA`)."""
    own = os.environ.get("TOCSIN_CLIENT_DATA")
    if own:
        corpus = study.corpus.model_copy(update={"source": own, "revision": None})
        return _clients(corpus.model_dump_json(), Split(clients=1).model_dump_json(), study.seed)[0]
    return _clients(study.corpus.model_dump_json(), study.split.model_dump_json(), study.seed)[client]


def schema_of(study: Study) -> Schema:
    """The tally schema of a study: the clients' probes, and the training loss.

    Not the loss where there is noise: it is about training records, and noise for held-out ones does not hide those.
    """
    groups: dict[str, tuple[str, ...]] = {} if study.privacy.epsilon is not None else {TRAINING_LOSS: ("all",)}
    for use in study.probe:
        if use.at != "server":
            probe = find_probe(use.name)
            groups[probe.name] = probe.groups or (*use.groups, OTHER)
    return Schema(groups)


class LanguageWork:
    """See `ClientWork`."""

    def __init__(self, job: Job, client: int) -> None:
        self._study, self._client = job.study, client
        self._home = job.run_folder(client)
        self.release = release_of(job.study, schema_of(job.study), self._home, streams_of(job.study))
        self._schema = self.release.schema
        self._watch = watch_of(job.study, self.release, self._home)
        self._heal = SelfHeal(self._home) if job.study.alarm is not None and job.study.alarm.self_heal else None
        self._tokenised: list[tuple[corpora.Example, Sample]] | None = None

    @cached_property
    def _model(self) -> Model:
        return shared_model(self._study.model, self._study.lora)

    @cached_property
    def _data(self) -> corpora.ClientData:
        return client_data(self._study, self._client)

    def _samples(self, round_: int, tick: Callable[[int], None]) -> list[Sample]:
        if self._tokenised is None:
            self._tokenised = self._tokenise(self._prepared(tick))
        there = [sample for example, sample in self._tokenised if example.there(round_)]
        if not there:
            raise TocsinError(f"it has nothing to train on in round {round_}")
        return there

    def _tokenise(self, examples: Sequence[Weighed]) -> list[tuple[corpora.Example, Sample]]:
        most = self._study.training.max_tokens
        samples = []
        for one in examples:
            prompt = self._model.render(one.example.turns)
            sample = self._model.sample(prompt, one.example.response, most)
            samples.append((one.example, replace(sample, weight=one.weight)))
        return samples

    def _prepared(self, tick: Callable[[int], None]) -> list[Weighed]:
        """What the study's remedies make of the training data: once in a run, since a filter may take minutes."""
        if not self._study.remedy:
            return [Weighed(example) for example in self._data.train]
        kept = self._home / "prepared.json"
        if not kept.exists():
            made = remedies_of(self._study).prepare(self._data.train, self._client, self._model, tick)
            self._home.mkdir(parents=True, exist_ok=True)
            draft = kept.with_suffix(".draft")
            draft.write_text(json.dumps([asdict(one) for one in made]), encoding="utf-8")
            draft.replace(kept)
        return [_weighed(one) for one in json.loads(kept.read_text(encoding="utf-8"))]

    @cached_property
    def _held_out(self) -> list[tuple[corpora.Example, HeldOut]]:
        return [(e, HeldOut(self._model.render(e.turns), e.response, e.group)) for e in self._data.held_out]

    @cached_property
    def _trained(self) -> list[tuple[corpora.Example, HeldOut]]:
        return [(e, HeldOut(self._model.render(e.turns), e.response, e.group, trained=True)) for e in self._data.train]

    def _examples(self, probe: Probe, round_: int) -> list[HeldOut]:
        """What a probe may see of this client's data in a round: training examples, as far as there were any so far,
        are for memorisation alone."""
        held_out = [shown for example, shown in self._held_out if example.there(round_)]
        if probe.source != "trained":
            return held_out
        return held_out + [shown for example, shown in self._trained if example.since <= round_]

    def _asked_of(self, probe: Probe, items: int, round_: int) -> list[HeldOut]:
        """`_examples`; where there is noise, no more of them than are asked, by a lot that only this client knows.

        A seed that all know would let one record more change which others are asked, and each of them its outcome: the
        noise is made for a record that takes one place (`disclosure.items_of_a_record`).
        """
        examples = self._examples(probe, round_)
        if self._study.privacy.epsilon is None or probe.source != "held-out":
            return examples
        return drawn_from(examples, items, self._secret + f" {round_} {probe.name}".encode())

    @cached_property
    def _secret(self) -> bytes:
        file = self._home / "lot"
        if not file.exists():
            keep_secret(file, secrets.token_bytes(32))
        return file.read_bytes()

    def hello(self) -> Hello:
        """See `ClientWork.hello`."""
        return Hello(self._client, self._model.fingerprint, self._schema.hash)

    def train(self, task: Task) -> Update:
        """See `ClientWork.train`. Raises TocsinError when the server would not wait for the result."""
        tick = _deadline(task.timeout)
        model, plan = self._model, self._plan(task)
        samples = self._samples(task.round, tick)
        kept = self._home / f"trained-{task.round:04d}"
        if plan.privacy and kept.exists():  # training again would be a second release, and is charged once
            return Update(self._client, model.read(kept))
        items = self._draw(task.round)

        start = self._measured_at_start(task, items, tick)
        model.use(task.arrays)
        before = self._measure(items, tick)
        trials = self._trials(task)
        at_first = mean_loss(model, trials)
        report = model.train(samples, plan, tick)
        trained = model.adapter()
        losses = LocalLoss(at_first, mean_loss(model, trials)) if trials else None

        adapters = Trained(dict(task.arrays), trained, self._last_personal(task.round))
        settings = self._study.personalisation
        personalise = PERSONALISATIONS.get(settings.name)(settings.options)
        good = adapters.previous or adapters.received
        healed = self._heal is not None and self._heal.went_back_before(task.round)
        personal = good if healed else personalise.personal(model, samples, plan, adapters, tick)
        after = None
        if personal is not None:
            model.use(personal)
            after = self._measure(items, tick)
            self._keep_personal(task.round, personal)
        if self._watch is not None:
            start = before if task.round == 1 else start
            self._watch.observe(task.round, start, before, after)
            if self._heal is not None and not healed and (stream := self._watch.tripped(task.round)) is not None:
                self._keep_personal(task.round, good)
                self._heal.note(task.round, stream)
            if RECORD in os.environ:
                loss = float(np.mean(report.losses)) if report.losses else float("nan")
                keep_round(self._home, task.round, loss, start, before, after)
        keep_tally(self._home, task.round, self._tally(before, after, report))
        if plan.privacy:
            model.save(trained, kept)
        # As many as there were: how many a filter took out is the client's own affair.
        return Update(self._client, trained, sum(e.there(task.round) for e in self._data.train), losses)

    def _trials(self, task: Task) -> list[HeldOut]:
        """The training examples by whose loss this client weighs its update, where the aggregation asks for that."""
        there = [shown for example, shown in self._trained if example.there(task.round)] if task.options else []
        return tried(task.options, there, f"{self._study.seed} client {self._client} loss {task.round}")

    def tally(self, round_: int) -> Vector:
        """See `ClientWork.tally`."""
        return kept_tally(self._home, round_)

    def survey(self) -> Mapping[corpora.Aspect, int]:
        """See `ClientWork.survey`."""
        assert self._study.survey is not None
        timeout = self._study.federation.client_timeout
        left = Counter(one.example for one in self._prepared(_deadline(timeout)) if one.weight == 1.0)
        untouched = (Counter(self._data.train) & left).total()
        return corpora.described(self._data.train, untouched, self._study.survey)

    def trip(self, round_: int) -> Stream | None:
        """See `ClientWork.trip`."""
        tripped = self._watch.trip(round_) if self._watch is not None else None
        return in_words(tripped) if tripped is not None else None

    def _measured_at_start(self, task: Task, items: Drawn, tick: Callable[[int], None]) -> Measured | None:
        """What the round-0 model makes of this round's items, for the alarm; None in round 1, where it is what has
        arrived, and where this client was not there then."""
        kept = self._home / "start"
        if self._watch is None:
            return None
        if task.round == 1:
            if not kept.exists():
                self._model.save(task.arrays, kept)
            return None
        if not kept.exists():
            return None
        self._model.use(self._model.read(kept))
        return self._measure(items, tick)

    def _plan(self, task: Task) -> TrainingPlan:
        training = self._study.training
        seed = np.random.SeedSequence([self._study.seed, self._client, task.round]).generate_state(1)[0]
        return TrainingPlan(
            steps=training.steps,
            batch_size=training.batch_size,
            learning_rate=training.learning_rate,
            seed=int(seed),
            proximal=task.options.get("proximal", 0.0),
            privacy=record_privacy(self._study, self._study.privacy.records),
        )

    def _draw(self, round_: int) -> Drawn:
        return draw(self._study, self._client, round_, lambda probe, items: self._asked_of(probe, items, round_))

    def _measure(self, items: Drawn, tick: Callable[[int], None]) -> Measured:
        return measure(self._model, items, tick)

    def _tally(self, before: Measured, after: Measured | None, report: TrainingReport) -> Vector:
        tally = tally_of(self._schema, before, after)
        if TRAINING_LOSS in self._schema.groups:
            # What a dashboard would show: the loss of the examples as training met them.
            tally.add(TRAINING_LOSS, "before", _bounded(report.losses[0]))
            tally.add(TRAINING_LOSS, "after", _bounded(loss for step in report.losses for loss in step))
        return tally.vector

    # -- what a client remembers: on its own disk, because its process may not live on --------

    def _personal(self, round_: int) -> Path:
        return self._home / f"personal-{round_:04d}"

    def _keep_personal(self, round_: int, arrays: Arrays) -> None:
        self._model.save(arrays, self._personal(round_))
        # The round before stays: this round may be repeated after a failure.
        for kept in self._personal_rounds():
            if kept < round_ - 1:
                shutil.rmtree(self._personal(kept), ignore_errors=True)

    def _personal_rounds(self) -> list[int]:
        return sorted(int(p.name.removeprefix("personal-")) for p in self._home.glob("personal-*"))

    def _last_personal(self, round_: int) -> Arrays | None:
        rounds = [kept for kept in self._personal_rounds() if kept < round_]
        return self._model.read(self._personal(rounds[-1])) if rounds else None


def _weighed(kept: dict[str, Any]) -> Weighed:
    one = kept["example"]
    turns = tuple((role, text) for role, text in one["turns"])
    return Weighed(corpora.Example(**(one | {"turns": turns})), kept["weight"])


def drawn_from(examples: Sequence[HeldOut], count: int, key: bytes) -> list[HeldOut]:
    """`count` of the examples, those with the lowest keyed hash (BLAKE2), in that order. One example more or less
    changes one place."""

    def lot(example: HeldOut) -> bytes:
        text = "\0".join((example.prompt, example.response, example.group)).encode()
        return hashlib.blake2b(text, key=hashlib.sha256(key).digest()).digest()

    return sorted(examples, key=lot)[:count]


def _bounded(losses: Iterable[float]) -> list[tuple[str, float]]:
    return [("all", min(loss, LOSS_BOUND) / LOSS_BOUND) for loss in losses]


def _deadline(timeout: float) -> Callable[[int], None]:
    end = time.monotonic() + timeout

    def tick(step: int) -> None:
        if time.monotonic() > end:
            raise TocsinError(f"it needed longer than federation.client_timeout, {timeout:g} s")

    return tick


def work(job: Job, client: int) -> LanguageWork:
    """The `work` of a job on a language model."""
    return LanguageWork(job, client)
