"""The messages of one round's masked sums, over any Grid."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from flwr.app import Message
from flwr.serverapp import Grid

from tocsin.federation import flower, guards
from tocsin.federation.exchange import exchange
from tocsin.federation.guards import Refused


class Noted(Protocol):
    """Where it is noted what travelled, and why a client's answer was not used."""

    refused: dict[int, str]
    down: int
    up: int


@dataclass(frozen=True)
class SumExchange:
    """A `summing.Send`. Why a client gives no part is noted where it does not say so itself.

    `clients` are the nodes of those who are here, `request(node, requests)` is the message to one of them, and
    `patience(n)` is how many seconds the answers of n clients are waited for.
    """

    grid: Grid
    clients: Mapping[int, int]
    request: Callable[[int, Mapping[str, bytes]], Message]
    patience: Callable[[int], float]
    noted: Noted

    def __call__(
        self, requests: Mapping[int, Mapping[str, bytes]]
    ) -> Iterator[tuple[int, Mapping[str, bytes], Mapping[str, str]]]:
        """See `summing.Send`."""
        noted = self.noted
        by_node = {self.clients[c]: c for c in sorted(requests) if c in self.clients}
        sent = [self.request(node, requests[client]) for node, client in by_node.items()]
        noted.down += sum(flower.content_bytes(request) for request in sent)
        for gone in requests.keys() - self.clients.keys():  # of a roster from before a restart
            noted.refused.setdefault(gone, "it was not here for its part in a sum")
        for reply in exchange(self.grid, sent, self.patience(len(sent))):
            client = by_node.pop(reply.metadata.src_node_id, None)
            if client is None:
                continue  # from a node that was not asked, or twice
            noted.up += flower.content_bytes(reply)
            try:
                yield (client, *guards.sums_from(reply, requests[client]))
            except Refused as reason:
                noted.refused[client] = f"its part in a sum was refused: {reason}"
        for client in by_node.values():
            noted.refused.setdefault(client, "its part in a sum did not come in time")
