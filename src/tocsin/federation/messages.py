"""What travels: three kinds of message, and nothing in a reply but an update, parts of masked sums or a greeting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from numpy.typing import NDArray

from tocsin.federation import flower

HELLO, TRAIN, SUM = "query.hello", "train", "query.sum"

_OPTION = "option-"

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Hello:
    """Who a node is: its client number, and the hashes that tell whether it is in the same study."""

    client: int
    fingerprint: str
    schema: str


@dataclass(frozen=True)
class Task:
    """One client's work in one round: train from `arrays`. `options` come from the aggregation."""

    client: int
    round: int
    arrays: Arrays
    timeout: float
    options: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LocalLoss:
    """Mean loss of a client's training examples under the adapter that it was sent and under the one that it made of
    it, nats a token. It never travels: see `aggregation.SelfWeighed`."""

    before: float
    after: float


@dataclass(frozen=True)
class Update:
    """A client's trained adapter, and how many examples it has where the study weighs by them, else 1."""

    client: int
    arrays: Arrays
    examples: int = 1
    loss: LocalLoss | None = None


def hello_request(node: int, ttl: float) -> Message:
    """Ask a node who it is."""
    return Message(RecordDict(), node, HELLO, ttl=ttl)


def hello_reply(to: Message, hello: Hello) -> Message:
    """Answer who we are."""
    who = ConfigRecord({"client": hello.client, "fingerprint": hello.fingerprint, "schema": hello.schema})
    return Message(RecordDict({"hello": who}), reply_to=to)


def read_hello(reply: Message) -> Hello:
    """Read a greeting. Raises KeyError or TypeError where it is none."""
    record = reply.content.config_records["hello"]
    client = record["client"]
    if not isinstance(client, int):
        raise TypeError("client is no number")
    return Hello(client, str(record["fingerprint"]), str(record["schema"]))


def train_request(node: int, task: Task, adapter: ArrayRecord) -> Message:
    """Ask a node to train. `adapter` is `task.arrays` as Flower's record, made once for all clients."""
    how = ConfigRecord({"round": task.round, "timeout": task.timeout})
    for name, value in task.options.items():
        how[_OPTION + name] = float(value)
    content = RecordDict({"adapter": adapter, "task": how})
    return Message(content, node, TRAIN, ttl=task.timeout, group_id=str(task.round))


def read_task(message: Message, client: int) -> Task:
    """Read a training request on the client."""
    how = message.content.config_records["task"]
    names = [key for key in how if key.startswith(_OPTION)]
    return Task(
        client=client,
        round=int(str(how["round"])),
        arrays=_floats(message.content, "adapter"),
        timeout=float(str(how["timeout"])),
        options={name.removeprefix(_OPTION): float(str(how[name])) for name in names},
    )


def update_reply(to: Message, update: Update, weigh: bool) -> Message:
    """The trained adapter; the number of examples only where the study weighs by it."""
    content = RecordDict({"update": flower.array_record(update.arrays)})
    if weigh:
        content["weight"] = MetricRecord({"num-examples": update.examples})
    return Message(content, reply_to=to)


def trained_reply(to: Message) -> Message:
    """The client has trained and keeps its update, which is summed under masks."""
    return Message(RecordDict(), reply_to=to)


def sum_request(node: int, round_: int, requests: Mapping[str, bytes], ttl: float, kind: str = SUM) -> Message:
    """Ask a node for its next part in the masked sums of a round, by channel, in a message of this kind."""
    content = RecordDict({"task": ConfigRecord({"round": round_}), "sums": ConfigRecord(dict(requests))})
    return Message(content, node, kind, ttl=ttl, group_id=str(round_))


def read_sum_request(message: Message) -> tuple[int, dict[str, bytes]]:
    """The round and the requests by channel. Raises KeyError or TypeError where there are none."""
    return int(str(message.content.config_records["task"]["round"])), _blobs(message.content, "sums")


def sum_reply(to: Message, replies: Mapping[str, bytes], refusals: Mapping[str, str]) -> Message:
    """A client's parts by channel, and why it gives none where it refuses."""
    content = RecordDict({"sums": ConfigRecord(dict(replies)), "refusals": ConfigRecord(dict(refusals))})
    return Message(content, reply_to=to)


def failure_reply(to: Message, reason: str) -> Message:
    """Why a client could not answer: one sentence that holds nothing of its data."""
    return Message(RecordDict({"failure": ConfigRecord({"reason": reason})}), reply_to=to)


def _blobs(content: RecordDict, name: str) -> dict[str, bytes]:
    blobs = dict(content.config_records[name])
    if not all(isinstance(value, bytes) for value in blobs.values()):
        raise TypeError(f"{name} are no bytes")
    return blobs  # type: ignore[return-value]


def _floats(content: RecordDict, name: str) -> dict[str, NDArray[np.float32]]:
    return {key: a.astype(np.float32) for key, a in flower.named_arrays(content.array_records[name]).items()}
