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
from random import Random
from typing import Any

import numpy as np

from tocsin import corpora, models
from tocsin.alarm import Stream as Watched
from tocsin.behaviour import HeldOut, Item, Outcome, Probe, find_probe, measure_all, paired
from tocsin.errors import TocsinError
from tocsin.federation.disclosure import epsilon_of_trips, release_of
from tocsin.federation.job import Job
from tocsin.federation.messages import Hello, Task, Update
from tocsin.federation.personalisation import PERSONALISATIONS, Trained
from tocsin.federation.training_privacy import record_privacy
from tocsin.federation.watching import Watch, in_words, streams_of, trip_plan, watched
from tocsin.models import Arrays, Model, Sample, TrainingPlan, TrainingReport
from tocsin.privacy import Release, Schema, Stream, Tally, Vector, keep_secret
from tocsin.records import LOSS_BOUND, TRAINING_LOSS
from tocsin.remedy import Weighed, remedies
from tocsin.study import Corpus, Lora, Split, Study
from tocsin.study import Model as ModelSettings

OTHER = "other"


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
        streams = watched(job.study)
        self.release = release_of(job.study, schema_of(job.study), self._home, streams_of(job.study))
        self._schema = self.release.schema
        self._watch = _watch(job.study, self.release, streams, self._home)
        self._tokenised: list[Sample] | None = None

    @cached_property
    def _model(self) -> Model:
        return shared_model(self._study.model, self._study.lora)

    @cached_property
    def _data(self) -> corpora.ClientData:
        return client_data(self._study, self._client)

    def _samples(self, tick: Callable[[int], None]) -> list[Sample]:
        if self._tokenised is None:
            self._tokenised = self._tokenise(self._prepared(tick))
        return self._tokenised

    def _tokenise(self, examples: Sequence[Weighed]) -> list[Sample]:
        most = self._study.training.max_tokens
        samples = []
        for one in examples:
            prompt = self._model.render(one.example.turns)
            samples.append(replace(self._model.sample(prompt, one.example.response, most), weight=one.weight))
        return samples

    def _prepared(self, tick: Callable[[int], None]) -> list[Weighed]:
        """What the study's remedies make of the training data: once in a run, since a filter may take minutes."""
        if not self._study.remedy:
            return [Weighed(example) for example in self._data.train]
        kept = self._home / "prepared.json"
        if not kept.exists():
            made = remedies(self._study).prepare(self._data.train, self._client, self._model, tick)
            self._home.mkdir(parents=True, exist_ok=True)
            draft = kept.with_suffix(".draft")
            draft.write_text(json.dumps([asdict(one) for one in made]), encoding="utf-8")
            draft.replace(kept)
        return [_weighed(one) for one in json.loads(kept.read_text(encoding="utf-8"))]

    @cached_property
    def _held_out(self) -> list[HeldOut]:
        return [HeldOut(self._model.render(e.turns), e.response, e.group) for e in self._data.held_out]

    @cached_property
    def _trained(self) -> list[HeldOut]:
        return [HeldOut(self._model.render(e.turns), e.response, e.group, trained=True) for e in self._data.train]

    def _examples(self, probe: Probe) -> list[HeldOut]:
        """What a probe may see of this client's data: training examples are for memorisation alone."""
        return self._held_out + self._trained if probe.source == "trained" else self._held_out

    def _asked_of(self, probe: Probe, items: int, round_: int) -> list[HeldOut]:
        """`_examples`; where there is noise, no more of them than are asked, by a lot that only this client knows.

        A seed that all know would let one record more change which others are asked, and each of them its outcome: the
        noise is made for a record that takes one place (`disclosure.items_of_a_record`).
        """
        examples = self._examples(probe)
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
        samples = self._samples(tick)
        kept = self._home / f"trained-{task.round:04d}"
        if plan.privacy and kept.exists():  # training again would be a second release, and is charged once
            return Update(self._client, model.read(kept))
        items = self._draw(task.round)

        start = self._measured_at_start(task, items, tick)
        model.use(task.arrays)
        before = self._measure(items, tick)
        report = model.train(samples, plan, tick)
        trained = model.adapter()

        adapters = Trained(dict(task.arrays), trained, self._last_personal(task.round))
        settings = self._study.personalisation
        personalise = PERSONALISATIONS.get(settings.name)(settings.options)
        personal = personalise.personal(model, samples, plan, adapters, tick)
        after = None
        if personal is not None:
            model.use(personal)
            after = self._measure(items, tick)
            self._keep_personal(task.round, personal)
        if self._watch is not None:
            self._watch.observe(task.round, before if task.round == 1 else start, before, after)
        self._keep_tally(task.round, self._tally(before, after, report))
        if plan.privacy:
            model.save(trained, kept)
        # As many as there were: how many a filter took out is the client's own affair.
        return Update(self._client, trained, len(self._data.train))

    def tally(self, round_: int) -> Vector:
        """See `ClientWork.tally`."""
        vector: Vector = np.load(self._home / f"tally-{round_:04d}.npy")
        return vector

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

    def _measured_at_start(
        self, task: Task, items: Sequence[tuple[Probe, list[Item]]], tick: Callable[[int], None]
    ) -> dict[str, list[Outcome]] | None:
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

    def _draw(self, round_: int) -> list[tuple[Probe, list[Item]]]:
        """Fresh items for this client and round, the same ones before and after training."""
        drawn = []
        for use in self._study.probe:
            if use.at != "server":
                probe = find_probe(use.name)
                random = Random(f"{self._study.seed} client {self._client} round {round_} {probe.name}")
                drawn.append((probe, probe.draw(use.items, random, self._asked_of(probe, use.items, round_))))
        return drawn

    def _measure(
        self, items: Sequence[tuple[Probe, list[Item]]], tick: Callable[[int], None]
    ) -> dict[str, list[Outcome]]:
        outcomes = {}
        for probe, drawn in items:
            tick(0)
            outcomes[probe.name] = measure_all(self._model, probe, drawn)
        return outcomes

    def _tally(
        self,
        before: Mapping[str, list[Outcome]],
        after: Mapping[str, list[Outcome]] | None,
        report: TrainingReport,
    ) -> Vector:
        tally = Tally(self._schema)
        self._add(tally, before, "before")
        if after is not None:
            self._add(tally, after, "after")
            for name in before:
                worse, better = paired(before[name], after[name])
                tally.add(name, "worse", self._folded(name, worse))
                tally.add(name, "better", self._folded(name, better))
        if TRAINING_LOSS in self._schema.groups:
            # What a dashboard would show: the loss of the examples as training met them.
            tally.add(TRAINING_LOSS, "before", _bounded(report.losses[0]))
            tally.add(TRAINING_LOSS, "after", _bounded(loss for step in report.losses for loss in step))
        return tally.vector

    def _add(self, tally: Tally, outcomes: Mapping[str, list[Outcome]], moment: str) -> None:
        for name, values in outcomes.items():
            tally.add(name, moment, self._folded(name, values))
            if values:
                tally.vote(name, moment, sum(o.value for o in values) / len(values))

    def _folded(self, probe: str, outcomes: Iterable[Outcome]) -> Iterable[tuple[str, float]]:
        """Groups that the schema does not know are counted together."""
        known = set(self._schema.groups[probe])
        return [(o.group if o.group in known else OTHER, o.value) for o in outcomes]

    # -- what a client remembers: on its own disk, because its process may not live on --------

    def _keep_tally(self, round_: int, vector: Vector) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        draft = self._home / f".tally-{round_:04d}.npy"
        np.save(draft, vector)
        draft.replace(self._home / f"tally-{round_:04d}.npy")

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
    return Weighed(corpora.Example(turns, one["response"], one["group"]), kept["weight"])


def drawn_from(examples: Sequence[HeldOut], count: int, key: bytes) -> list[HeldOut]:
    """`count` of the examples, those with the lowest keyed hash (BLAKE2), in that order. One example more or less
    changes one place."""

    def lot(example: HeldOut) -> bytes:
        text = "\0".join((example.prompt, example.response, example.group)).encode()
        return hashlib.blake2b(text, key=hashlib.sha256(key).digest()).digest()

    return sorted(examples, key=lot)[:count]


def _watch(study: Study, release: Release, streams: Sequence[Watched], folder: Path) -> Watch | None:
    epsilon = epsilon_of_trips(release.plan) if release.plan is not None else None
    plan = trip_plan(study, len(streams), epsilon)
    return Watch(plan, streams, study.alarm.tolerance, folder) if plan is not None and study.alarm is not None else None


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
