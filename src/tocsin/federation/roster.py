"""Which nodes are there and which client each of them is: node ids change, client numbers do not."""

import time
from collections.abc import Callable

from flwr.serverapp import Grid

from tocsin.errors import FederationError
from tocsin.federation import messages
from tocsin.federation.exchange import exchange
from tocsin.federation.guards import Refused, no_failure
from tocsin.records import Refusal
from tocsin.study import Study

_PAUSE = 0.5


class Roster:
    """Client number -> node id, of the nodes that greeted with the study's own hashes."""

    def __init__(self, grid: Grid, study: Study, fingerprint: str, schema: str) -> None:
        self._grid, self._study = grid, study
        self._fingerprint, self._schema = fingerprint, schema
        self._seen: dict[int, int | None] = {}  # node -> client, or None where it was turned away
        self.turned_away: list[Refusal] = []

    def clients(self) -> dict[int, int]:
        """Client -> node, in order of clients."""
        return {c: n for n, c in sorted(self._seen.items(), key=lambda nc: (nc[1] is None, nc[1])) if c is not None}

    def wait(self, wanted: int, tell: Callable[[int, int], None]) -> dict[int, int]:
        """Wait until `wanted` clients are here or the study's join_timeout is over.

        `tell(here, wanted)` is called whenever a client joins. Raises FederationError when fewer than
        federation.min_clients are here then.
        """
        settings = self._study.federation
        end = time.monotonic() + settings.join_timeout
        told = -1
        while True:
            self._refresh()
            here = self.clients()
            if len(here) != told:
                told = len(here)
                tell(told, wanted)
            if len(here) >= wanted:
                return here
            if time.monotonic() > end or (self._all_turned_away() and not here):
                break
            time.sleep(_PAUSE)
        if len(here) >= settings.min_clients:
            return here
        why = f"; {self._first_reason()}" if self.turned_away else ""
        raise FederationError(
            f"Only {len(here)} of {wanted} clients joined within {settings.join_timeout:g} s and "
            f"federation.min_clients is {settings.min_clients}{why}; start the missing clients and resume."
        )

    def _first_reason(self) -> str:
        first = self.turned_away[0]
        return f"client {first.client} was turned away because {first.reason}".rstrip(".")

    def _all_turned_away(self) -> bool:
        return len(self._seen) >= self._study.split.clients and not any(c is not None for c in self._seen.values())

    def _refresh(self) -> None:
        """Greet nodes that are new, forget those that left."""
        nodes = set(self._grid.get_node_ids())
        for node in list(self._seen):
            if node not in nodes:
                del self._seen[node]
        new = sorted(nodes - self._seen.keys())
        if not new:
            return
        timeout = self._study.federation.join_timeout
        asked = [messages.hello_request(node, timeout) for node in new]
        for reply in exchange(self._grid, asked, timeout):
            node = reply.metadata.src_node_id
            try:
                no_failure(reply)
                self._seen[node] = self._admit(messages.read_hello(reply))
            except Refused as reason:
                self._turn_away(node, -1, str(reason))
            except (KeyError, TypeError):
                self._turn_away(node, -1, "its greeting cannot be read")

    def _admit(self, hello: messages.Hello) -> int:
        if not 0 <= hello.client < self._study.split.clients:
            raise Refused(f"it says that it is client {hello.client} of {self._study.split.clients}")
        if hello.client in self._seen.values():
            raise Refused(f"client {hello.client} is here already")
        if hello.fingerprint != self._fingerprint:
            raise Refused(f"client {hello.client} has another base model (fingerprint {hello.fingerprint[:12]})")
        if hello.schema != self._schema:
            raise Refused(f"client {hello.client} has another tally schema (hash {hello.schema[:12]})")
        return hello.client

    def _turn_away(self, node: int, client: int, reason: str) -> None:
        self._seen[node] = None
        self.turned_away.append(Refusal(client=client, reason=reason))
