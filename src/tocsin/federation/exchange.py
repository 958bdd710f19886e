"""Send messages over any Grid and collect replies as they come, until all are there or patience ends."""

import time
from collections.abc import Callable, Iterable, Sequence

from flwr.app import Message
from flwr.serverapp import Grid

from tocsin.federation.grid import LocalGrid

_LONGEST_PAUSE = 1.0

# Flower answers for a message that has run out of time; ours stay alive a little longer than we wait.
_SPARE = 30.0


def exchange(
    grid: Grid, messages: Sequence[Message], timeout: float, tick: Callable[[Message], None] | None = None
) -> list[Message]:
    """Replies to `messages`, in order of arrival; late ones are left behind. `timeout` is in seconds.

    `tick(reply)` is called for each reply as it arrives, for progress.
    """
    if not isinstance(grid, LocalGrid):
        for message in messages:
            # Their time runs from here on, also while they wait in line for a free process.
            message.metadata.ttl = timeout + _SPARE
    waiting = set(grid.push_messages(messages))
    replies: list[Message] = []
    end, pause = time.monotonic() + timeout, 0.01
    while waiting:
        arrived = list(_pull(grid, waiting))
        for reply in arrived:
            waiting.discard(reply.metadata.reply_to_message_id)
            replies.append(reply)
            if tick is not None:
                tick(reply)
        if isinstance(grid, LocalGrid):
            # In process there is nothing to wait for: a message was worked on, or its reply was too late.
            waiting = {i for i in waiting if grid.waiting([i])}
            continue
        if time.monotonic() > end:
            break
        pause = 0.01 if arrived else min(pause * 1.5, _LONGEST_PAUSE)
        time.sleep(pause)
    return replies


def _pull(grid: Grid, ids: Iterable[str]) -> Iterable[Message]:
    # Sorted: in process this is the order of work, and a set's order differs from run to run.
    return grid.pull_messages(sorted(ids, key=lambda i: (len(i), i)))
