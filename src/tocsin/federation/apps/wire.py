"""What travels along with an app's own messages, in records of ours that its code does not see."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flwr.app import ConfigRecord, Message

from tocsin.federation import messages

TRAIN = "train"
"""The type of the messages that are watched, and of our own: mods are called for types that the app answers."""

_RECORD = "tocsin"
_RUN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Ask:
    """What the server tells a client with each message: which run and round this is, and of which study. `sums` are
    the requests of masked sums, by channel; None in a message of the app's."""

    run: str
    round: int
    study: str
    sums: Mapping[str, bytes] | None = None


@dataclass(frozen=True)
class Told:
    """What a client tells with its trained weights: its number, and why it has not measured, where it has not."""

    client: int
    failure: str = ""


def ask_along(message: Message, ask: Ask) -> None:
    """Add `ask` to a message of the app's; several may share one content."""
    message.content[_RECORD] = ConfigRecord(
        {"run": ask.run, "round": ask.round, "study": ask.study, "sums": ask.sums is not None}
    )


def sum_request(node: int, ask: Ask, requests: Mapping[str, bytes], ttl: float) -> Message:
    """A message of our own, with a client's next requests."""
    message = messages.sum_request(node, ask.round, requests, ttl, TRAIN)
    ask_along(message, replace(ask, sums=requests))
    return message


def take_ask(message: Message) -> Ask | None:
    """Take what was asked along out of `message`; None where nothing was. Raises ValueError for what is no question of
    ours: the run's name becomes that of a folder."""
    if not message.has_content() or _RECORD not in message.content:
        return None
    record = message.content.pop(_RECORD)
    run, round_ = str(record["run"]), record["round"]
    if not _RUN.fullmatch(run) or not isinstance(round_, int):
        raise ValueError("no run of ours")
    sums = messages.read_sum_request(message)[1] if record.get("sums") else None
    return Ask(run, round_, str(record["study"]), sums)


def tell_along(reply: Message, told: Told) -> None:
    """Add `told` to the app's reply."""
    reply.content[_RECORD] = ConfigRecord({"client": told.client, "failure": told.failure})


def take_told(reply: Message) -> Told | None:
    """Take what was told along out of `reply`, so that the app's strategy gets what its app sent; None where nothing
    was, or nothing that can be read."""
    if not reply.has_content() or _RECORD not in reply.content:
        return None
    record = reply.content.pop(_RECORD)
    client = record.get("client")
    return Told(client, str(record.get("failure", ""))) if isinstance(client, int) else None
