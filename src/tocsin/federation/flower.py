"""Every touch of Flower that is not public API, in one file (flwr 1.41)."""

import copy
import itertools
import logging
import os
import time
from collections.abc import Mapping

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity
from numpy.typing import NDArray

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
    """A deep copy of `message` with an id, as it would arrive elsewhere: apps and mods change what they get."""
    arrived = copy.deepcopy(message)
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


def array_record(arrays: Mapping[str, NDArray[np.generic]]) -> ArrayRecord:
    """Named arrays as Flower's record."""
    return ArrayRecord({name: Array(np.ascontiguousarray(array)) for name, array in arrays.items()})


def named_arrays(record: ArrayRecord) -> dict[str, NDArray[np.generic]]:
    """Flower's record as named arrays."""
    return {name: array.numpy() for name, array in record.items()}


def content_bytes(message: Message) -> int:
    """Bytes of the arrays in a message: nearly all that it weighs."""
    if not message.has_content():
        return 0
    return sum(len(array.data) for record in message.content.array_records.values() for array in record.values())
