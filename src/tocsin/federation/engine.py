"""Where clients live. One file each in `engines`, found through the registry."""

from collections.abc import Callable
from typing import Protocol

from tocsin.federation.job import Job
from tocsin.federation.rounds import Listener
from tocsin.registry import Registry


class Engine(Protocol):
    """Brings a Grid and the clients' apps to life, and has the job's `serve` use them."""

    def run(self, job: Job, tell: Listener) -> None:
        """Run the job to its end: calls `serve(grid, job, tell, patience)` where the server lives.

        Raises what `serve` raises; TocsinError when the engine cannot be started.
        """


ENGINES: Registry[Callable[[], Engine]] = Registry("engine", "tocsin.federation.engines")
