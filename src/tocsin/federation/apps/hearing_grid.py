"""Flower's Grid with an ear: strategies send and receive on it as on any other."""

from collections.abc import Iterable
from typing import Any

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from tocsin.federation.apps import wire
from tocsin.federation.apps.hearing import Hearing


class HearingGrid(Grid):
    """A Grid that has a `Hearing` ask along with each round's train messages, and hear their replies."""

    def __init__(self, grid: Grid, hearing: Hearing) -> None:
        self._grid, self._hearing = grid, hearing

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """See `Grid.send_and_receive`."""
        sent = list(messages)
        if not any(message.metadata.message_type == wire.TRAIN for message in sent):
            return self._grid.send_and_receive(sent, timeout=timeout)
        self._hearing.ask(sent)
        replies = list(self._grid.send_and_receive(sent, timeout=timeout))
        self._hearing.hear(self._grid, replies)
        return replies

    @property
    def run(self) -> Any:
        """See `Grid.run`."""
        return self._grid.run

    def set_run(self, run: Any) -> None:
        """See `Grid.set_run`."""
        self._grid.set_run(run)

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """See `Grid.create_message`."""
        return self._grid.create_message(content, message_type, dst_node_id, group_id, ttl)

    def get_node_ids(self) -> Iterable[int]:
        """See `Grid.get_node_ids`."""
        return self._grid.get_node_ids()

    def get_nodes(self) -> Iterable[Any]:
        """See `Grid.get_nodes`."""
        return self._grid.get_nodes()

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """See `Grid.push_messages`."""
        return self._grid.push_messages(messages)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """See `Grid.pull_messages`."""
        return self._grid.pull_messages(message_ids)
