"""One client of an app: what it measures, what it remembers, and its part in the masked sums."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flwr.app import ArrayRecord, Context
from safetensors.numpy import load_file, save_file

from tocsin.behaviour import LanguageModel
from tocsin.errors import TocsinError
from tocsin.federation import flower
from tocsin.federation.apps import settings
from tocsin.federation.departing import EGRESS
from tocsin.federation.disclosure import release_of
from tocsin.federation.measuring import draw, keep_tally, kept_tally, measure, tally_of, watch_of
from tocsin.federation.summing import ClientSums
from tocsin.federation.watching import in_words, streams_of
from tocsin.privacy import Egress, Stream, Vector
from tocsin.study import Study, parse

LoadModel = Callable[[ArrayRecord, Context], LanguageModel | tuple[Any, Any]]
"""A model with the weights of a message in it, as probes ask it; or a network of transformers and its tokenizer."""


class AppClient:
    """What must not be forgotten is on the client's own disk: its process may not live on."""

    def __init__(self, study: Study, run: str, client: int) -> None:
        job = settings.job(study, run, Path())
        self._study, self._client, self._job = study, client, job
        self._home = job.run_folder(client)
        self._release = release_of(study, settings.schema(study), self._home, streams_of(study))
        self._watch = watch_of(study, self._release, self._home)
        self.egress = Egress(job.client_folder(client) / EGRESS)

    def measure(
        self, round_: int, load: Callable[[ArrayRecord], LanguageModel], received: ArrayRecord, trained: ArrayRecord
    ) -> None:
        """Ask the model as it arrived, as it was trained and as it was before round 1, the same fresh items."""
        items = draw(self._study, self._client, round_, lambda probe, count: ())
        start = self._start(round_, received)
        at_start = measure(load(start), items) if start is not None else None
        before = measure(load(received), items)
        after = None if self._study.personalisation.name == "none" else measure(load(trained), items)
        if self._watch is not None:
            self._watch.observe(round_, before if round_ == 1 else at_start, before, after)
        keep_tally(self._home, round_, tally_of(self._release.schema, before, after).vector)

    def answer(self, round_: int, requests: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
        """See `ClientSums.answer`."""

        def vector(channel: str, clients: int) -> Vector:
            return self._release.vector(channel, kept_tally(self._home, round_), self._trip(round_), clients)

        return ClientSums(self._job, self._client).answer(round_, requests, self._release.terms, vector)

    def _trip(self, round_: int) -> Stream | None:
        tripped = self._watch.trip(round_) if self._watch is not None else None
        return in_words(tripped) if tripped is not None else None

    def _start(self, round_: int, received: ArrayRecord) -> ArrayRecord | None:
        """The weights of before round 1, later; None where this client was not there then."""
        file = self._home / "start.safetensors"
        if round_ > 1:
            return flower.array_record(load_file(file)) if file.exists() else None
        if not file.exists():
            self._home.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".draft")
            save_file({name: array.copy() for name, array in flower.named_arrays(received).items()}, draft)
            draft.replace(file)
        return None


def app_client(study: Study, run: str, node: Mapping[str, object]) -> AppClient:
    """The client that a node's configuration (`partition-id`, `num-partitions`) names.

    Raises TocsinError where it names none of the study's.
    """
    client, clients = node.get("partition-id"), node.get("num-partitions")
    of = study.split.clients
    if not isinstance(client, int):
        raise TocsinError(
            "it has no number; start its SuperNode with --node-config 'partition-id=N num-partitions=M', N from 0"
        )
    if not 0 <= client < of or clients not in (None, of):
        raise TocsinError(f"it is client {client} of {clients}, and the study's split.clients is {of}")
    return _app_client(study.model_dump_json(), run, client)


@lru_cache(maxsize=256)
def _app_client(study_json: str, run: str, client: int) -> AppClient:
    return AppClient(parse(json.loads(study_json), "the app's study"), run, client)
