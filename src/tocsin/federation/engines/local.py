"""Everything in this process: one base model in memory, adapters swapped for each client."""

import math

from tocsin.federation import flower
from tocsin.federation.engine import ENGINES
from tocsin.federation.grid import LocalGrid
from tocsin.federation.job import Job, resolve
from tocsin.federation.rounds import Listener
from tocsin.federation.work import client_app


@ENGINES.register("local")
class LocalEngine:
    """See `Engine`."""

    def run(self, job: Job, tell: Listener) -> None:
        """See `Engine.run`. Patience is without end: the Grid bounds each message by its time-to-live."""
        flower.quiet_flower()
        grid = LocalGrid(client_app(job.to_json()), job.study.split.clients)
        resolve(job.serve)(grid, job, tell, lambda clients: math.inf)
