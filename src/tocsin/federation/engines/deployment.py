"""SuperLink and SuperNodes: every client a process, here on loopback or on machines of their own.

With `federation.superlink` unset, a SuperLink and one SuperNode for each client are started on this machine, on
loopback and without TLS. Otherwise it names a SuperLink of the user's Flower configuration (`flwr config list`):
the addresses and the TLS certificates of other machines are written there, and its SuperNodes are started by
those who own the clients. See docs/deployment.md.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import tocsin
from tocsin.errors import FederationError, TocsinError
from tocsin.federation.engine import ENGINES
from tocsin.federation.job import Job
from tocsin.federation.processes import Processes
from tocsin.federation.progress import ProgressReader
from tocsin.federation.rounds import Listener
from tocsin.federation.serving import PROGRESS

_HOST = "127.0.0.1"
_NAME = "tocsin"  # of our own SuperLink in our own Flower configuration
_START = 60.0  # seconds that a SuperLink may take to listen
_PAUSE = 0.1
_FRAME = dict.fromkeys(map(ord, "╭╮╰╯│─"), " ")

_PYPROJECT = """\
[project]
name = "tocsin-run"
version = "{version}"
description = "One run of a Tocsin study"
license = "Apache-2.0"
dependencies = ["tocsin=={version}"]

[tool.flwr.app]
publisher = "tocsin"

[tool.flwr.app.components]
serverapp = "tocsin_run:server"
clientapp = "tocsin_run:client"
"""

_MODULE = '''\
"""One run of a Tocsin study, as a Flower app."""

from tocsin.federation import client_app, server_app

JOB = {job!r}

server = server_app(JOB)
client = client_app(JOB)
'''


@ENGINES.register("deployment")
class DeploymentEngine:
    """See `Engine`. Logs of all processes are in the run's folder, under deployment/logs."""

    def run(self, job: Job, tell: Listener) -> None:
        """See `Engine.run`. Raises TocsinError when federation.port is taken, before anything is started."""
        job = replace(job, folder=job.folder.resolve(), home=job.home.resolve())
        folder = job.folder / "deployment"
        _write_app(job, folder / "app")
        name = job.study.federation.superlink
        with _own_superlink(job, folder) if name is None else _users_superlink(folder) as federation:
            federation.follow(job, folder / "app", name or _NAME, tell)


class _Federation:
    """Processes around a SuperLink: ours where `superlink` is a process, else the user's."""

    def __init__(self, processes: Processes, superlink: subprocess.Popen[bytes] | None) -> None:
        self._processes = processes
        self._superlink = superlink

    def follow(self, job: Job, app: Path, name: str, tell: Listener) -> None:
        """Have the SuperLink run the app, and tell what its server tells."""
        progress = ProgressReader(job.folder / PROGRESS)
        submitted = self._processes.start("flwr-run", [_command("flwr"), "run", str(app), name, "--stream"])
        try:
            while not progress.ended:
                # Asked before the news are read: what ended has told all it had to tell.
                over = submitted.poll() is not None
                self._check_superlink()
                for kind, detail in progress.news():
                    tell(kind, detail)
                if over and not progress.ended:
                    raise self._ended_untold(name, job.folder)
                time.sleep(_PAUSE)
        finally:
            if self._superlink is None and not progress.ended:
                self._stop_run(name)

    def _ended_untold(self, name: str, folder: Path) -> TocsinError:
        log = self._processes.log("flwr-run")
        if self._run_id() is None:
            # Flower draws a frame around its errors.
            said = " ".join(log.read_text(encoding="utf-8", errors="replace").translate(_FRAME).split())
            return TocsinError(
                f'The SuperLink "{name}" did not take the run ("{said}"); '
                "see `flwr config list`, and docs/deployment.md for what it needs."
            )
        return FederationError(
            f'The SuperLink "{name}" ended the run and its server told nothing of it in {folder}, which must be '
            f"the same folder on the machine of the SuperLink; read {log}, and go on with --resume."
        )

    def _run_id(self) -> str | None:
        said = self._processes.log("flwr-run").read_text(encoding="utf-8", errors="replace")
        started = re.search(r"started run (\d+)", said)
        return started[1] if started else None

    def _check_superlink(self) -> None:
        if self._superlink is not None and self._superlink.poll() is not None:
            raise FederationError(
                f"The SuperLink ended with code {self._superlink.returncode} in the middle of the run (its log is "
                f"{self._processes.log('superlink')}); the rounds that were finished are kept, go on with --resume."
            )

    def _stop_run(self, name: str) -> None:
        """Nobody follows this run any more: the user's SuperLink need not go on with it."""
        if run_id := self._run_id():
            stop = self._processes.start("flwr-stop", [_command("flwr"), "stop", run_id, name])
            with suppress(subprocess.TimeoutExpired):
                stop.wait(_START)


@contextmanager
def _own_superlink(job: Job, folder: Path) -> Iterator[_Federation]:
    clients = job.study.split.clients
    port, *others = _ports(job.study.federation.port, clients)
    home = folder / "flower"
    environment = {
        **_environment(),
        "FLWR_HOME": str(home),
        "FLWR_SUPEREXEC_TASK_POLL_INTERVAL": "0.1",  # seconds; a loopback can be asked more often than each second
        "TOCSIN_CLIENT_HOME": str(job.home),
    }
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // clients))}
    with Processes(folder / "logs", environment, mark="FLWR_HOME") as processes:
        _configure(home, port)
        link = [_command("flower-superlink"), "--insecure", "--disable-runtime-dependency-installation"]
        superlink = processes.start("superlink", [*link, "--host", _HOST, "--port", str(port)])
        _wait_until_it_listens(superlink, port, processes.log("superlink"))
        node = [_command("flower-supernode"), "--insecure", "--superlink", f"{_HOST}:{port}"]
        for client, own_port in enumerate(others):
            which = f"partition-id={client} num-partitions={clients}"
            command = [*node, "--host", _HOST, "--port", str(own_port), "--node-config", which]
            processes.start(f"supernode-{client:04d}", command, threads)
        yield _Federation(processes, superlink)


@contextmanager
def _users_superlink(folder: Path) -> Iterator[_Federation]:
    environment = {**_environment(), "TOCSIN_RUN": str(folder)}
    with Processes(folder / "logs", environment, mark="TOCSIN_RUN") as processes:
        yield _Federation(processes, None)


def _environment() -> dict[str, str]:
    # Flower finds its own helpers by PATH, and an environment that is not activated is not on it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1"}


def _command(name: str) -> str:
    command = shutil.which(name, path=_environment()["PATH"])
    if command is None:
        raise TocsinError(
            f"Flower's command {name} is not installed beside this Python; "
            "reinstall it with `pip install --force-reinstall flwr`."
        )
    return command


def _write_app(job: Job, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(_PYPROJECT.format(version=tocsin.__version__), encoding="utf-8")
    (folder / "tocsin_run.py").write_text(_MODULE.format(job=job.to_json()), encoding="utf-8")


def _configure(home: Path, port: int) -> None:
    home.mkdir(parents=True, exist_ok=True)
    text = f'[superlink.{_NAME}]\naddress = "{_HOST}:{port}"\ninsecure = true\n'
    (home / "config.toml").write_text(text, encoding="utf-8")


def _ports(wanted: int, clients: int) -> list[int]:
    """The SuperLink's port and one for each SuperNode, all free a moment ago."""
    with ExitStack() as stack:
        ports = []
        for port in (wanted, *[0] * clients):
            taken = stack.enter_context(closing(socket.socket()))
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that is only cooling down is free
            try:
                taken.bind((_HOST, port))
            except OSError as error:
                raise TocsinError(
                    f"Port {port} cannot be used on {_HOST} ({error.strerror}); "
                    "set federation.port to a free one, or to 0, which finds one."
                ) from None
            ports.append(taken.getsockname()[1])
        return ports


def _wait_until_it_listens(superlink: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START
    while superlink.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection((_HOST, port), timeout=1.0).close()
        except OSError:
            time.sleep(_PAUSE)
        else:
            return
    raise FederationError(f"The SuperLink did not start on port {port}; read {log}.")
