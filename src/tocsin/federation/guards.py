"""What a server accepts from one client. A bad answer is refused and counted; the round goes on."""

from collections.abc import Mapping

import numpy as np
from flwr.app import Message

from tocsin.federation import flower
from tocsin.federation.messages import Arrays, Update


class Refused(Exception):
    """An answer that is not used; the message says why, in words for a report."""


def update_from(reply: Message, client: int, reference: Arrays, weigh: bool) -> Update:
    """The update in `reply`. Raises Refused for an error, a wrong shape, a NaN, or anything that is extra."""
    no_failure(reply)
    wanted = {"update", "weight"} if weigh else {"update"}
    _only(reply, wanted)
    arrays = _arrays(reply, "update")
    if arrays.keys() != reference.keys():
        raise Refused("its update has other arrays than the adapter")
    for name, array in arrays.items():
        if array.shape != reference[name].shape or array.dtype != reference[name].dtype:
            raise Refused(f"its update has {name} as {array.dtype} {array.shape}")
        if not np.isfinite(array).all():
            raise Refused("its update holds NaN or infinite numbers")
    return Update(client, {n: a.astype(np.float32) for n, a in arrays.items()}, _examples(reply) if weigh else 1)


def trained(reply: Message) -> None:
    """Raises Refused unless `reply` says that the client has trained, by holding nothing at all."""
    no_failure(reply)
    _only(reply, set())


def sums_from(reply: Message, asked: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The parts of masked sums in `reply`, and the refusals, by channel. Raises Refused for an error, a channel that
    was not asked for, or anything that is extra. What a part holds is for the sum to check."""
    no_failure(reply)
    _only(reply, {"sums", "refusals"})
    records = reply.content.config_records
    if not {"sums", "refusals"} <= set(records):
        raise Refused("its answer holds no parts of sums")
    parts, refusals = dict(records["sums"]), dict(records["refusals"])
    if extra := sorted({*parts, *refusals} - set(asked)):
        raise Refused(f'its answer holds "{extra[0]}", which was not asked for')
    if not all(isinstance(part, bytes) for part in parts.values()):
        raise Refused("its answer holds parts that are no bytes")
    return parts, {channel: str(reason) for channel, reason in refusals.items()}  # type: ignore[return-value]


def capped(updates: list[Update], cap: int) -> list[Update]:
    """No client counts for more than `cap` examples, whatever it claims."""
    return [Update(u.client, u.arrays, min(u.examples, cap)) for u in updates]


def no_failure(reply: Message) -> None:
    """Raises Refused where the client could not answer."""
    if reply.has_error():
        raise Refused(f"it failed ({reply.error.reason or 'no reason given'})")
    failure = reply.content.config_records.get("failure")
    if failure is not None:
        raise Refused(str(failure.get("reason", "it failed")))


def _only(reply: Message, wanted: set[str]) -> None:
    extra = sorted(set(reply.content.keys()) - wanted)
    missing = sorted(wanted - set(reply.content.keys()))
    if extra:
        raise Refused(f'its answer holds "{extra[0]}", which was not asked for')
    if missing:
        raise Refused(f'its answer lacks "{missing[0]}"')


def _arrays(reply: Message, name: str) -> flower.NamedArrays:
    record = reply.content.array_records.get(name)
    if record is None:
        raise Refused(f'its "{name}" holds no arrays')
    try:
        return flower.named_arrays(record)
    except Exception:  # whatever bytes of somebody else's make a parser do
        raise Refused(f'its "{name}" cannot be read') from None


def _examples(reply: Message) -> int:
    record = reply.content.metric_records.get("weight")
    if record is None or set(record) != {"num-examples"}:
        raise Refused("its answer holds metrics that were not asked for")
    examples = record["num-examples"]
    if not isinstance(examples, int) or examples < 1:
        raise Refused("its number of examples is no positive integer")
    return examples
