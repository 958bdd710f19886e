"""`tocsin probe`: how one model behaves, with intervals, group by group."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from rich.table import Table

from tocsin import models
from tocsin.aligning import aligned_adapter, percent
from tocsin.behaviour import PROBES, Interval, mean_interval, measure_all, summarise
from tocsin.errors import TocsinError
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings


@dataclass(frozen=True)
class Probed:
    """Mean outcome (1 = bad) of one probe in one group; group `all` is over all items."""

    probe: str
    title: str
    group: str
    mean: Interval


def probe_model(
    settings: ModelSettings, names: Sequence[str], items: int, seed: int, say: Callable[[str], None]
) -> list[Probed]:
    """Ask each probe `items` items of the model. Without names: every probe whose items we generate ourselves.

    `settings.start` is base, aligned, or an adapter's folder. Raises TocsinError for a probe that needs a
    client's own data, for an unknown one, and for what loading raises.
    """
    chosen = [PROBES.get(name) for name in names] or [
        probe for probe in map(PROBES.get, PROBES) if probe.source == "generated"
    ]
    for probe in chosen:
        if probe.source == "held-out":
            raise TocsinError(
                f'The probe "{probe.name}" asks about a client\'s own held-out data; it works in `tocsin run` only.'
            )
    drawn = [(probe, probe.draw(items, Random(f"{seed} {probe.name}"))) for probe in chosen]
    model = models.load(settings, Lora())
    if settings.start == "aligned":
        model.use(aligned_adapter(model, lambda step, of: say(f"aligning: step {step + 1} of {of}")))
    elif settings.start != "base":
        model.use(model.read(Path(settings.start).expanduser()))
    results = []
    for number, (probe, asked) in enumerate(drawn, 1):
        say(f"probe {number} of {len(drawn)}: {probe.name}, {len(asked)} items")
        for group, (n, total, squares) in summarise(measure_all(model, probe, asked)).items():
            results.append(Probed(probe.name, probe.title, group, mean_interval(n, total, squares)))
    return results


def table(results: Sequence[Probed]) -> Table:
    """A row for each probe and group."""
    shown = Table("probe", "what 100% means", "group", "rate (95% interval)", "items", box=None)
    for one in results:
        whole = one.group == "all"
        shown.add_row(
            one.probe if whole else "",
            one.title if whole else "",
            one.group,
            percent(one.mean),
            str(one.mean.n),
            style="bold" if whole else None,
        )
    return shown


def as_json(result: Probed) -> dict[str, Any]:
    """The same as plain values."""
    return asdict(result)
