"""The client's side of the alarm on somebody else's app: a Flower mod."""

from dataclasses import dataclass
from inspect import currentframe
from pathlib import Path

from flwr.app import ArrayRecord, Context, Message
from flwr.clientapp.typing import ClientAppCallable

from tocsin.behaviour import LanguageModel
from tocsin.errors import TocsinError
from tocsin.federation import messages
from tocsin.federation.apps import settings, wire
from tocsin.federation.apps.client import AppClient, LoadModel, app_client
from tocsin.federation.apps.wire import Ask, Told
from tocsin.federation.departing import reason, record_departure
from tocsin.models import from_transformers
from tocsin.study import Study


@dataclass(frozen=True)
class Watcher:
    """A mod. Whatever becomes of its measuring, the app trains, and what it sends is what it sends without a mod."""

    study: Study
    digest: str
    load: LoadModel

    def __call__(self, message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        """See Flower's `Mod`. A message of a server that does not listen goes by untouched."""
        ask = wire.take_ask(message)
        if ask is None:
            return call_next(message, context)
        if ask.sums is not None:
            return self._sum(message, context, ask)
        received = _weights(message)
        reply = call_next(message, context)
        if reply.has_error():
            return reply
        client = context.node_config.get("partition-id")
        told = Told(client if isinstance(client, int) else -1, self._measured(ask, context, received, reply))
        wire.tell_along(reply, told)
        self._leaves(reply, context, ask)
        return reply

    def _measured(self, ask: Ask, context: Context, received: ArrayRecord | None, reply: Message) -> str:
        """Why nothing was measured; empty where it was."""
        try:
            trained = _weights(reply)
            if received is None or trained is None:
                raise TocsinError("its message or its reply does not hold the weights as the one ArrayRecord")
            client = self._client(ask, context)
            client.measure(ask.round, lambda arrays: self._model(arrays, context), received, trained)
        except Exception as error:
            return reason(error)
        return ""

    def _model(self, arrays: ArrayRecord, context: Context) -> LanguageModel:
        model = self.load(arrays, context)
        return from_transformers(*model) if isinstance(model, tuple) else model

    def _sum(self, message: Message, context: Context, ask: Ask) -> Message:
        assert ask.sums is not None
        try:
            reply = messages.sum_reply(message, *self._client(ask, context).answer(ask.round, ask.sums))
        except Exception as error:
            reply = messages.failure_reply(message, reason(error))
        self._leaves(reply, context, ask)
        return reply

    def _leaves(self, reply: Message, context: Context, ask: Ask) -> None:
        try:
            egress = self._client(ask, context).egress
        except TocsinError:
            return  # a node that is none of the study's clients has no folder; all that it tells is that
        record_departure(egress, ask.run, reply, self.study.privacy.epsilon is not None)

    def _client(self, ask: Ask, context: Context) -> AppClient:
        if ask.study != self.digest:
            raise TocsinError("its study file is not the server's; give both the same one")
        return app_client(self.study, ask.run, context.node_config)


def _weights(message: Message) -> ArrayRecord | None:
    """The one ArrayRecord of a message, as it is now: apps and mods change what they get."""
    records = list(message.content.array_records.values())
    return ArrayRecord(dict(records[0])) if len(records) == 1 else None


def watch(study: Path | str, model: LoadModel) -> Watcher:
    """A mod that watches the training of a ClientApp: `ClientApp(mods=[watch("alarm.toml", load)])`, before all others.

    `model(arrays, context)` gives a model with the weights of a train message in it: a network of transformers and its
    tokenizer (see `from_transformers`), or a `LanguageModel`. The one that it gave before is not asked any more.
    `study` is a file, seen from the file that calls. The alarm is what it says: its [alarm], its [[probe]]s,
    [privacy], split.clients and training.rounds. Raises TocsinError for a study that an app cannot have.
    """
    return Watcher(*settings.load(settings.seen_from(currentframe(), study)), model)
