"""Every touch of Flower that is not public API, in one file (flwr 1.41)."""

import copy
import itertools
import logging
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Error, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import SType
from flwr.serverapp import ServerApp
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity
from numpy.typing import NDArray

NamedArrays = dict[str, NDArray[np.generic]]

_ids = itertools.count(1)

# Codes of flwr.common.constant.ErrorCode that we give ourselves.
CLIENT_RAISED = 2


def quiet_flower() -> None:
    """No telemetry, and Flower's log only from warnings up: progress is ours to show."""
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
    logging.getLogger("flwr").setLevel(logging.WARNING)


def ensure_identity() -> None:
    """Messages can only be made by a task with an identity; in process, nobody has given us one."""
    if TaskIdentity._run_id is None:
        TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 1


def empty_run() -> Run:
    """The run that an in-process Grid shows to apps."""
    return Run.create_empty(1)


def posted(message: Message) -> Message:
    """A copy of `message` with an id, as it would arrive elsewhere: apps and mods change what they get."""
    copied: dict[int, object] = {}
    if message.has_content():
        content = RecordDict()
        for name, record in message.content.items():
            # The bytes of an array cannot change: new records around the same bytes are a deep copy.
            content[name] = ArrayRecord(dict(record)) if isinstance(record, ArrayRecord) else copy.deepcopy(record)
        copied[id(message.content)] = content
    arrived = copy.deepcopy(message, copied)
    arrived.metadata.__dict__["_message_id"] = f"local-{next(_ids)}"
    arrived.metadata.delivered_at = str(time.time())
    return arrived


def context(node_id: int, client: int, clients: int) -> Context:
    """The Context of one client in process."""
    return Context(
        run_id=1,
        node_id=node_id,
        node_config={"partition-id": client, "num-partitions": clients},
        state=RecordDict(),
        run_config={},
    )


def simulate(server: ServerApp, client: ClientApp, clients: int, actors: int) -> None:
    """Run both apps in Flower's simulation to the end of `server`, with `actors` Ray actors of one CPU each.

    Deprecated in 1.41 in favour of `flwr run`, which would run the server in another process.
    """
    from flwr.simulation import run_simulation  # here alone: a second that every client's process would pay

    run_simulation(
        server,
        client,
        num_supernodes=clients,
        backend_config={
            "init_args": {"num_cpus": actors, "logging_level": logging.ERROR, "log_to_driver": False},
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
        },
    )


def error_reply(to: Message, reason: str) -> Message:
    """The reply of a client whose app raised."""
    return Message(Error(code=CLIENT_RAISED, reason=reason), reply_to=to)


class _Held(Array):
    """An array that is read again in this process only: nothing is serialised."""

    def __init__(self, array: NDArray[np.generic]) -> None:
        super().__init__(dtype=str(array.dtype), shape=array.shape, stype=SType.NUMPY, data=b"")
        held = array.view()
        held.flags.writeable = False
        self.__dict__["held"] = held

    def numpy(self) -> NDArray[np.generic]:
        held: NDArray[np.generic] = self.__dict__["held"]
        return held


def held_record(arrays: Mapping[str, NDArray[np.generic]]) -> ArrayRecord:
    """Named arrays as Flower's record, for strategies in this process: they can be read, not sent."""
    record = ArrayRecord()
    for name, array in arrays.items():
        record[name] = _Held(array)
    return record


def array_record(arrays: Mapping[str, NDArray[np.generic]]) -> ArrayRecord:
    """Named arrays as Flower's record, serialised as `Array` does it, without asking numpy for each header anew."""
    record = ArrayRecord()
    for name, array in arrays.items():
        data = b"".join((_header(array.dtype.str, array.shape), np.ascontiguousarray(array).data))
        record[name] = Array(dtype=str(array.dtype), shape=array.shape, stype=SType.NUMPY, data=data)
    return record


def named_arrays(record: ArrayRecord) -> NamedArrays:
    """Flower's record as named arrays, which are read-only. Raises ValueError for what is no array."""
    return {name: _array(array) for name, array in record.items()}


def _array(array: Array) -> NDArray[np.generic]:
    start = _LENGTH + int.from_bytes(array.data[_LENGTH - 2 : _LENGTH], "little")
    if array.stype == SType.NUMPY and array.data[: len(_MAGIC)] == _MAGIC:
        shape, columns_first, dtype = _read_header(array.data[:start])
        if not columns_first and not dtype.hasobject:
            return np.frombuffer(array.data, dtype, offset=start).reshape(shape)
    return array.numpy()


# The .npy format, version 1.0: magic, length of the header in two bytes, header, data.
_MAGIC = np.lib.format.magic(1, 0)
_LENGTH = len(_MAGIC) + 2


@lru_cache(maxsize=1024)
def _header(dtype: str, shape: tuple[int, ...]) -> bytes:
    out = BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue()


@lru_cache(maxsize=1024)
def _read_header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    return np.lib.format.read_array_header_1_0(BytesIO(header[len(_MAGIC) :]))


def content_bytes(message: Message) -> int:
    """Bytes of what a message holds, apart from the names and the envelope."""
    return sum(record_bytes(record) for record in message.content.values()) if message.has_content() else 0


def record_bytes(record: ArrayRecord | ConfigRecord | MetricRecord) -> int:
    """Bytes of the values in a record: arrays and blobs as they are, 8 for a number."""
    if isinstance(record, ArrayRecord):
        return sum(len(array.data) for array in record.values())
    return sum(_value_bytes(value) for value in record.values())


def _value_bytes(value: object) -> int:
    if isinstance(value, str | bytes):
        return len(value.encode() if isinstance(value, str) else value)
    return sum(map(_value_bytes, value)) if isinstance(value, list) else 8
