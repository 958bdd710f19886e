"""Flower's simulation: clients in Ray actors, each a process with a base model of its own."""

import logging
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.util import find_spec
from io import StringIO
from queue import Queue

import psutil
from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from tocsin.errors import FederationError, TocsinError
from tocsin.federation import flower
from tocsin.federation.engine import ENGINES
from tocsin.federation.job import Job, resolve
from tocsin.federation.rounds import Listener
from tocsin.federation.work import client_app

# How long the simulation may take to end by itself; then its actors, still at work for nobody, are killed.
_GRACE = 2.0

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # an actor has one CPU: two actors with two threads each fight
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # actors see the GPUs that we see
    "RAY_USAGE_STATS_ENABLED": "0",  # else Ray reports use to its makers
}


@ENGINES.register("ray")
class RayEngine:
    """See `Engine`. An actor for each CPU, at most one for each client."""

    def run(self, job: Job, tell: Listener) -> None:
        """See `Engine.run`. Patience is client_timeout for each turn that the actors need."""
        if find_spec("ray") is None:
            raise TocsinError('federation.engine = "ray" needs Ray; install it with `pip install "tocsin[ray]"`.')
        timeout = job.study.federation.client_timeout
        actors = min(len(psutil.Process().cpu_affinity()), job.study.split.clients)
        with _simulation(job, actors) as grid:
            resolve(job.serve)(grid, job, tell, lambda clients: timeout * math.ceil(clients / actors))


@contextmanager
def _simulation(job: Job, actors: int) -> Iterator[Grid]:
    """The Grid of a simulation that runs in a thread, so that exceptions and Ctrl-C meet the server in this one."""
    handed: Queue[Grid | None] = Queue()
    broken: list[BaseException] = []
    done = threading.Event()
    server, client = ServerApp(), client_app(job.to_json())

    @server.main()
    def main(grid: Grid, context: Context) -> None:
        handed.put(grid)
        done.wait()

    def simulate() -> None:
        try:
            flower.simulate(server, client, job.study.split.clients, actors)
        except Exception as error:
            broken.append(error.__cause__ or error)
            handed.put(None)

    thread = threading.Thread(target=simulate, name="simulation", daemon=True)
    with _environment(), _silence():
        thread.start()
        try:
            grid = handed.get()
            if grid is None:
                raise FederationError("no client was ever there")
            yield grid
        except FederationError as error:
            if not broken:
                raise
            raise FederationError(f"Flower's simulation on Ray broke down ({broken[0]}): {error}") from broken[0]
        finally:
            at_work = _actors()
            done.set()
            thread.join(_GRACE)
            with redirect_stdout(StringIO()):  # Ray prints that its workers were killed
                for process in at_work if thread.is_alive() else []:
                    with suppress(psutil.NoSuchProcess):
                        process.kill()  # in the middle of a client's work; the simulation then ends by itself
                thread.join()
            psutil.wait_procs(at_work, _GRACE)


def _actors() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "ClientAppActor" in " ".join(process.cmdline()):
                found.append(process)
    return found


@contextmanager
def _environment() -> Iterator[None]:
    """Ours for the length of a simulation; Flower changes PYTHONPATH as well and leaves it so."""
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _silence() -> Iterator[None]:
    """No log of Flower's: what fails comes as a reply or an exception, and is told there."""
    logger = logging.getLogger("flwr")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
