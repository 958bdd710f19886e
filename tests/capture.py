"""A server that writes down everything that reaches it, for the tests to go through."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

from flwr.app import ArrayRecord

from tocsin import run as running
from tocsin.federation import Job

RECEIVED = "received.pickle"


def serve(grid, job: Job, tell, patience) -> None:
    """`run.serve`, on a Grid that keeps what it pulls."""
    pull, file = grid.pull_messages, (job.folder / RECEIVED).open("ab")

    def pull_messages(ids):
        replies = list(pull(ids))
        for reply in replies:
            pickle.dump(_plain(reply), file)
            file.flush()
        return replies

    grid.pull_messages = pull_messages
    running.serve(grid, job, tell, patience)


def _plain(reply) -> dict[str, Any]:
    """All that a message holds, as bytes, numbers and strings."""
    meta = reply.metadata
    said = {"node": meta.src_node_id, "kind": meta.message_type, "group": meta.group_id}
    if reply.has_error():
        return {**said, "error": str(reply.error)}
    return {**said, "records": {name: _record(record) for name, record in reply.content.items()}}


def _record(record) -> dict[str, Any]:
    if isinstance(record, ArrayRecord):
        return {name: (array.dtype, tuple(array.shape), array.data) for name, array in record.items()}
    return dict(record)


def received(folder: Path) -> list[dict[str, Any]]:
    """What the server of a run got, in order."""
    found = []
    with (folder / RECEIVED).open("rb") as file:
        while True:
            try:
                found.append(pickle.load(file))
            except EOFError:
                return found


def captured(job: Job) -> Job:
    """The same job, with a server that writes down."""
    return replace(job, serve="capture:serve")
