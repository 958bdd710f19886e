"""Live progress of `tocsin probe` in the terminal: items done, and the time left."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn


class ProbeBar:
    """One bar over the items of all probes; how many there will be may change as they are asked."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("items, left:"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=console.is_terminal,
        )
        self._task = self._bar.add_task("reading", total=None)

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def say(self, what: str) -> None:
        """What is going on."""
        self._bar.update(self._task, description=what)

    def items(self, done: int, of: int) -> None:
        """How many items are done, and how many there will be as far as can be told."""
        self._bar.update(self._task, completed=done, total=of)
