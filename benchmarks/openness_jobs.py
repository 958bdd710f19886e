"""What the engine calls by name in benchmarks/openness.py, and the engine: the local one, with an ear on the wire."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flwr.app import ArrayRecord, Message

from tocsin.federation import ENGINES, Grid, Job, Listener, client_app, client_data
from tocsin.federation.grid import LocalGrid
from tocsin.federation.job import resolve
from tocsin.federation.prompt_search import PromptSearch, PromptWork, serve_search
from tocsin.federation.work import EGRESS
from tocsin.models import Endpoint
from tocsin.privacy import Egress

AT_ONCE = 24


@dataclass
class Here:
    """What the jobs of this process are about; set before an engine is started."""

    address: str = ""
    search: PromptSearch | None = None


HERE = Here()

HEARD: list[bytes] = []
"""Everything that clients sent to the server since it was last cleared, one message an entry."""


class TappedGrid(LocalGrid):
    """Keeps what clients answer."""

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """See `LocalGrid.pull_messages`."""
        replies = list(super().pull_messages(message_ids))
        HEARD.extend(_bytes(reply) for reply in replies)
        return replies


def _bytes(message: Message) -> bytes:
    parts: list[bytes] = []
    for record in message.content.values():
        if isinstance(record, ArrayRecord):
            parts += [array.data for array in record.values()]
        else:
            values = [one for value in record.values() for one in (value if isinstance(value, list) else [value])]
            parts += [value if isinstance(value, bytes) else str(value).encode() for value in values]
    return b"\n".join(parts)


@ENGINES.register("tapped")
class TappedEngine:
    """See `Engine`."""

    def run(self, job: Job, tell: Listener) -> None:
        """See `Engine.run`."""
        grid = TappedGrid(client_app(job.to_json()), job.study.split.clients)
        resolve(job.serve)(grid, job, tell, lambda clients: float("inf"))


def endpoint(job: Job, client: int) -> Endpoint:
    """A client's way to the black box, by its egress record."""
    return Endpoint(HERE.address, Egress(job.client_folder(client) / EGRESS), at_once=AT_ONCE)


def work(job: Job, client: int) -> PromptWork:
    assert HERE.search is not None
    model = WAYS[client] = endpoint(job, client)
    return PromptWork(job, client, HERE.search, model, model.name, client_data(job.study, client).train)


WAYS: dict[int, Endpoint] = {}
"""The endpoint of each client that has worked."""


def serve(grid: Grid, job: Job, tell: Listener, patience: Callable[[int], float]) -> None:
    assert HERE.search is not None
    serve_search(grid, job, HERE.search, "embedded", tell, patience)
