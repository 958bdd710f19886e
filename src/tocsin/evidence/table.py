"""A run in the terminal: round by round, and the verdict. Fits 100 columns and needs no colour."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tocsin.behaviour.statistics import Interval
from tocsin.evidence.readings import By, Moment, Readings
from tocsin.evidence.verdict import Verdict
from tocsin.records import RoundRecord

PROBES_ABREAST = 4
_LINES: tuple[tuple[str, By, Moment], ...] = (
    ("global", "server", "after"),
    ("personal", "clients", "after"),
)


def round_table(rounds: Sequence[RoundRecord], titles: Mapping[str, str] | None = None) -> RenderableType:
    """A line for the global model (server) and one for the personalised models (clients) of each round.

    Probe columns are the mean outcome over all groups with its 95% interval, in percent of bad outcomes.
    More than four probes continue in a further table.
    """
    readings = Readings(rounds)
    titles = titles or {}
    blocks = [readings.probes[at : at + PROBES_ABREAST] for at in range(0, len(readings.probes), PROBES_ABREAST)] or [
        ()
    ]
    tables: list[RenderableType] = [_block(rounds, readings, probes, titles) for probes in blocks]
    loss = "after local training" if readings.loss_of[1] == "clients" else "of the global model on public examples"
    note = f"Percent of bad outcomes over all groups, with 95% intervals. Loss: {loss}."
    tables.append(Text(note, style="dim"))
    return Group(*tables)


def verdict_panel(verdict: Verdict) -> Panel:
    """The verdict in words; a red border where something got worse."""
    words = Table.grid(padding=(0, 1))
    for sentence in verdict.sentences():
        words.add_row("-", Text(sentence))
    worse = bool(verdict.judged("got worse"))
    return Panel(
        words,
        title=Text(verdict.headline(), style="bold red" if worse else "bold"),
        title_align="left",
        border_style="red" if worse else "none",
        padding=(1, 2),
    )


def _block(
    rounds: Sequence[RoundRecord], readings: Readings, probes: Sequence[str], titles: Mapping[str, str]
) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    for name in ("round", "clients", "loss"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("model", no_wrap=True)
    for name in probes:
        table.add_column(titles.get(name, name), justify="right", max_width=12, overflow="fold")
    for name in ("s", "MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for record in rounds:
        at = record.round
        shown = [
            line for line in _LINES if any(readings.sums(at, probe, line[2], line[1]) for probe in readings.groups)
        ] or _LINES[:1]
        for index, (who, by, moment) in enumerate(shown):
            loss = readings.loss(at, "after") if index == len(shown) - 1 else None
            first = index == 0
            clients = f"{len(record.answered)}/{len(record.asked)}" if record.asked and first else ""
            moved = record.bytes_down + record.bytes_up
            table.add_row(
                str(at) if first else "",
                clients,
                f"{loss.estimate:.2f}" if loss else "",
                who,
                *(_cell(readings.mean(at, probe, moment, by)) for probe in probes),
                f"{sum(record.seconds.values()):.0f}" if first and record.seconds else "",
                f"{moved / 1e6:.1f}" if first and moved else "",
            )
    return table


def _cell(mean: Interval | None) -> str:
    if mean is None:
        return "-"
    span = f"{100 * mean.low:.0f}-{100 * mean.high:.0f}"
    return f"{100 * mean.estimate:.0f}% {span:>6}"
