"""Load a model, put one adapter in or two by turns, and ask."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from tocsin import models
from tocsin.aligning import aligned_adapter
from tocsin.behaviour import Item, Outcome, Probe, measure_all
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Endpoint, Model, NotGiven
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
    model = _model(wanted)
    asked = [ready.get(probe.name) or draw(probe, wanted, examples.of(probe, model)) for probe in probes]
    if isinstance(model, Endpoint):
        asked, limits = _given(model, asked)
        notes = limits or notes
    sides = _sides(model, wanted, tell)
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


def _model(wanted: Wanted) -> Model | Endpoint:
    settings = wanted.model
    if not models.is_address(settings.source):
        return models.load(settings, Lora())
    if settings.start != "base" or wanted.against is not None or settings.revision is not None:
        raise TocsinError(
            f"{settings.source} is an endpoint: no adapter can be put into it, and no commit be asked of it; leave out "
            "--adapter, --against and --revision, or name a model whose weights are here."
        )
    return Endpoint(settings.source)


def _given(model: Endpoint, asked: Sequence[Asked]) -> tuple[list[Asked], list[str]]:
    """The probes that can ask their first item of an endpoint, and notes on the others. Raises TocsinError where none
    can."""
    can: list[Asked] = []
    cannot: dict[str, str] = {}
    for one in asked:
        try:
            measure_all(model, one.probe, one.items[:1])
        except NotGiven as reason:
            cannot[one.probe.name] = str(reason)
        else:
            can.append(one)
    if not can:
        name, why = next(iter(cannot.items()))
        raise TocsinError(f'The probe "{name}" cannot run: {why}')
    notes = [f"Cannot run: {', '.join(n for n in cannot if cannot[n] == why)}. {why}" for why in set(cannot.values())]
    if any(one.probe.kind == "bias" for one in can) and all(one.probe.kind != "quality" for one in can):
        notes.append("Bias is not to be read alone, for a model that guesses looks fair, and no quality was measured.")
    return can, sorted(notes)


def _sides(model: Model | Endpoint, wanted: Wanted, tell: Teller) -> list[Arrays]:
    """The adapter of each side; an endpoint has one side, and an empty adapter stands for it."""
    if isinstance(model, Endpoint):
        return [{}]
    return [_adapter(model, start, tell) for start in (wanted.model.start, wanted.against) if start is not None]


def _adapter(model: Model, start: str, tell: Teller) -> Arrays:
    if start == "base":
        return model.fresh()
    if start == "aligned":
        return aligned_adapter(model, lambda step, of: tell.say(f"aligning: step {step + 1} of {of}"))
    return model.read(Path(start).expanduser())


def _measure(
    model: Model | Endpoint, sides: list[Arrays], asked: list[Asked], wanted: Wanted, tell: Teller
) -> list[Measured]:
    enough = [Enough(wanted, one, len(asked)) for one in asked]
    done, measured = 0, []
    if not isinstance(model, Endpoint):
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


def _ask(
    model: Model | Endpoint, sides: list[Arrays], probe: Probe, items: Sequence[Item]
) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes of this model, and of the other where there is one."""
    if isinstance(model, Endpoint) or len(sides) == 1:
        return measure_all(model, probe, items), []
    found = []
    for arrays in sides:
        model.use(arrays)
        found.append(measure_all(model, probe, items))
    return found[0], found[1]
