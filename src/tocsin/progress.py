"""Live progress of a run in the terminal: rounds, clients, what is going on, and the time left."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class RunProgress:
    """A `Listener` of the federation that draws one bar: a unit of it is one client's round."""

    def __init__(self, console: Console, rounds: int, clients: int) -> None:
        self._rounds, self._clients = rounds, clients
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=rounds * clients)

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def __call__(self, kind: str, detail: dict[str, Any]) -> None:
        """Take one event of the federation (see `federation.rounds.Listener`)."""
        if kind == "loading":
            self._say(f"loading the model {detail['model']}")
        elif kind == "aligning":
            self._say(f"aligning the start adapter, step {detail['step'] + 1} of {detail['of']}")
        elif kind == "surveying":
            self._say("clients describe their data")
        elif kind == "joined":
            self._say(f"{detail['here']} of {detail['of']} clients joined")
        elif kind == "round":
            self._say(f"round {detail['round']} of {detail['of']}: clients train and measure")
        elif kind == "client":
            self._bar.advance(self._task)
        elif kind == "mending":
            self._say(detail.get("text") or f"round {detail['round']}: remedies")
        elif kind == "measuring":
            what = "the start model" if detail["round"] == 0 else f"the global model of round {detail['round']}"
            self._say(f"the server probes {what}")
        elif kind == "retry":
            self._bar.console.print(
                f"Round {detail['round']}: {detail['good']} good updates are too few, trying again."
            )
        elif kind == "finished":
            record = detail["record"]
            # Rounds done before a resume, and clients that did not answer, count as done.
            self._bar.update(self._task, completed=record.round * self._clients)
            if not self._bar.console.is_terminal:  # a log has no live bar
                self._bar.console.print(f"Round {record.round} of {self._rounds} is done.")
            for done in record.remedies:
                self._bar.console.print(f"Round {record.round}: {done}.")
            for refused in record.refused:
                self._bar.console.print(f"Round {record.round}: client {refused.client}: {refused.reason}.")

    def _say(self, what: str) -> None:
        self._bar.update(self._task, description=what)
