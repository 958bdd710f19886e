"""Processes that a run starts: each with a log, and none that outlives the run."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil

# SIGTERM, seconds, SIGKILL.
_GRACE = 3.0

# A process that dies with the one that started it, even when that is killed: Linux offers this to the child
# alone, so a line of Python asks for it (prctl, PR_SET_PDEATHSIG = 1) and then becomes the command.
_DIE_WITH_US = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execvp(sys.argv[1], sys.argv[1:])"


class Processes:
    """A context in which processes live; at its end all of them, and all that they started, are ended.

    What they start may leave their process group (Flower's SuperLink does that to its helper), but it inherits
    the environment: `mark` is a variable whose value belongs to this run alone, and whoever carries it is
    ended. Leftovers of an earlier, killed attempt are ended at the start, since two servers would write to
    the same folder.
    """

    def __init__(self, logs: Path, environment: Mapping[str, str], mark: str) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._mark = mark, self._environment[mark]

    def __enter__(self) -> "Processes":
        self._logs.mkdir(parents=True, exist_ok=True)
        self.end()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def log(self, name: str) -> Path:
        """Where a process writes what it says."""
        return self._logs / f"{name}.log"

    def start(
        self, name: str, command: Sequence[str], extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `command` with a log called `name`, in a session of its own: Ctrl-C is for us to handle."""
        if sys.platform == "linux":
            command = [sys.executable, "-c", _DIE_WITH_US, *command]
        with self.log(name).open("wb") as log:
            return subprocess.Popen(
                command,
                env=self._environment | dict(extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self) -> None:
        """End every process of this run, first politely."""
        for force in (False, True):
            found = self._found()
            for process in found:
                try:
                    process.kill() if force else process.terminate()
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs(found, timeout=_GRACE)

    def _found(self) -> list[psutil.Process]:
        name, value = self._mark
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and process.environ().get(name) == value:
                    found.append(process)
            except (psutil.Error, OSError):
                continue  # it ended, or it is somebody else's
        return found
