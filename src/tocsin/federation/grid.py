"""An in-process Grid: the same ClientApp, called directly, one client after the other."""

import time
from collections.abc import Iterable
from typing import Any

from flwr.app import Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

from tocsin.federation import flower


class LocalGrid(Grid):
    """Runs messages when their replies are pulled, so that one base model in memory serves all clients.

    A message is worked on for at most its time-to-live: a reply that comes later is thrown away, as a
    server that has stopped waiting would. Node ids are 1 + the client's number.
    """

    def __init__(self, app: ClientApp, clients: int) -> None:
        flower.ensure_identity()
        self._app = app
        self._contexts = {1 + i: flower.context(1 + i, i, clients) for i in range(clients)}
        self._waiting: dict[str, Message] = {}
        self._run = flower.empty_run()

    @property
    def run(self) -> Any:
        """See `Grid.run`."""
        return self._run

    def set_run(self, run: Any) -> None:
        """See `Grid.set_run`."""
        self._run = run

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """See `Grid.create_message`."""
        return Message(content, dst_node_id, message_type, group_id=group_id, ttl=ttl)

    def get_node_ids(self) -> Iterable[int]:
        """See `Grid.get_node_ids`."""
        return list(self._contexts)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """See `Grid.push_messages`."""
        ids = []
        for message in messages:
            arrived = flower.posted(message)
            self._waiting[arrived.metadata.message_id] = arrived
            ids.append(arrived.metadata.message_id)
        return ids

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The reply to the first of these messages that still waits, as a list of none or one."""
        for message_id in message_ids:
            message = self._waiting.pop(message_id, None)
            if message is None:
                continue
            began = time.monotonic()
            reply = self._answer(message)
            late = time.monotonic() - began > message.metadata.ttl
            return [] if late else [flower.posted(reply)]
        return []

    def waiting(self, message_ids: Iterable[str]) -> bool:
        """Whether any of these messages may still be answered."""
        return any(message_id in self._waiting for message_id in message_ids)

    def _answer(self, message: Message) -> Message:
        try:
            return self._app(message, self._contexts[message.metadata.dst_node_id])
        except Exception as error:  # as Flower does: whatever an app raises becomes an error reply
            return flower.error_reply(message, type(error).__name__)

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """See `Grid.send_and_receive`; apps and strategies of others use it."""
        ids = list(self.push_messages(messages))
        replies: list[Message] = []
        while self.waiting(ids):
            replies.extend(self.pull_messages(ids))
        return replies
