"""Load a model, put one adapter in or two by turns, and ask."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from tocsin import models
from tocsin.aligning import aligned_adapter
from tocsin.behaviour import Item, Outcome, Probe, measure_all
from tocsin.models import Arrays, Model
from tocsin.probing.asking import Asked, Enough, batches, draw
from tocsin.probing.examples import Examples
from tocsin.probing.judge import Measured, judge
from tocsin.probing.report import Report
from tocsin.probing.wanted import Wanted, choose, partner
from tocsin.study import Lora


class Teller(Protocol):
    """Who is told how far it is; see `ProbeBar`."""

    def say(self, what: str) -> None:
        """What is going on."""

    def items(self, done: int, of: int) -> None:
        """How many items are done, and how many there will be as far as can be told."""


def probe_model(wanted: Wanted, tell: Teller) -> Report:
    """Measure, and judge. Everything that can be wrong without the model is found before it is loaded.

    Raises TocsinError for options that mean nothing, an unknown probe, data that are missing or broken, and what
    loading the model and its adapters raises.
    """
    wanted.check()
    probes, notes = choose(wanted)
    examples = Examples(wanted)
    ready = {probe.name: draw(probe, wanted, ()) for probe in probes if probe.source not in ("held-out", "trained")}
    tell.say("loading the model")
    model = models.load(wanted.model, Lora())
    asked = [ready.get(probe.name) or draw(probe, wanted, examples.of(probe, model)) for probe in probes]
    sides = [_adapter(model, start, tell) for start in (wanted.model.start, wanted.against) if start is not None]
    probed = judge(_measure(model, sides, asked, wanted, tell), wanted.seed)
    beside = partner(probes)
    return Report(
        wanted.model.source,
        wanted.model.start,
        wanted.against,
        wanted.seed,
        wanted.until,
        tuple(replace(one, beside=beside) if one.kind == "bias" else one for one in probed),
        tuple(notes),
    )


def _adapter(model: Model, start: str, tell: Teller) -> Arrays:
    if start == "base":
        return model.fresh()
    if start == "aligned":
        return aligned_adapter(model, lambda step, of: tell.say(f"aligning: step {step + 1} of {of}"))
    return model.read(Path(start).expanduser())


def _measure(model: Model, sides: list[Arrays], asked: list[Asked], wanted: Wanted, tell: Teller) -> list[Measured]:
    enough = [Enough(wanted, one, len(asked)) for one in asked]
    done, measured = 0, []
    model.use(sides[0])
    for number, (one, limit) in enumerate(zip(asked, enough, strict=True)):
        tell.say(f"{one.probe.name} ({number + 1} of {len(asked)})")
        later = sum(other.expected() for other in enough[number + 1 :])
        ours: list[Outcome] = []
        theirs: list[Outcome] = []
        stopped = None
        for items in batches(one.items):
            tell.items(done + len(ours), done + limit.expected() + later)
            after, before = _ask(model, sides, one.probe, items)
            ours += after
            theirs += before
            values = [outcome.value for outcome in after]
            if before:
                values = [value - outcome.value for value, outcome in zip(values, before, strict=True)]
            stopped = limit.add(values)
            if stopped is not None:
                break
        done += len(ours)
        tell.items(done, done + later)
        measured.append(Measured(one, ours, theirs if len(sides) > 1 else None, stopped, limit.level))
    return measured


def _ask(model: Model, sides: list[Arrays], probe: Probe, items: Sequence[Item]) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes of this model, and of the other where there is one."""
    if len(sides) == 1:
        return measure_all(model, probe, items), []
    found = []
    for arrays in sides:
        model.use(arrays)
        found.append(measure_all(model, probe, items))
    return found[0], found[1]
