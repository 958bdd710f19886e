"""What a client measures in a round: fresh items, their outcomes, and the tally of them on its disk."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import numpy as np

from tocsin.behaviour import HeldOut, Item, LanguageModel, Outcome, Probe, find_probe, measure_all, paired
from tocsin.federation.disclosure import epsilon_of_trips
from tocsin.federation.watching import Watch, trip_plan, watched
from tocsin.privacy import Release, Schema, Tally, Vector
from tocsin.study import Study

OTHER = "other"
"""The group of all items whose own group the schema does not know."""

Drawn = list[tuple[Probe, list[Item]]]
"""The items of a round, by probe."""

Measured = dict[str, list[Outcome]]
"""By probe, in the order in which the items were drawn."""


def draw(study: Study, client: int, round_: int, examples: Callable[[Probe, int], Sequence[HeldOut]]) -> Drawn:
    """Fresh items for this client and round, the same ones for all models that are compared.

    `examples(probe, items)` is what a probe may see of this client's own data.
    """
    drawn = []
    for use in study.probe:
        if use.at != "server":
            probe = find_probe(use.name)
            random = Random(f"{study.seed} client {client} round {round_} {probe.name}")
            drawn.append((probe, probe.draw(use.items, random, examples(probe, use.items))))
    return drawn


def measure(model: LanguageModel, items: Drawn, tick: Callable[[int], None] = lambda step: None) -> Measured:
    """The outcomes of all items; `tick(0)` is called before each probe."""
    outcomes = {}
    for probe, drawn in items:
        tick(0)
        outcomes[probe.name] = measure_all(model, probe, drawn)
    return outcomes


def tally_of(schema: Schema, before: Measured, after: Measured | None) -> Tally:
    """The tally of a round's outcomes before and after local training; without `after` nothing was personalised."""
    tally = Tally(schema)
    _add(tally, schema, before, "before")
    if after is not None:
        _add(tally, schema, after, "after")
        for name in before:
            worse, better = paired(before[name], after[name])
            tally.add(name, "worse", _folded(schema, name, worse))
            tally.add(name, "better", _folded(schema, name, better))
    return tally


def _add(tally: Tally, schema: Schema, outcomes: Measured, moment: str) -> None:
    for name, values in outcomes.items():
        tally.add(name, moment, _folded(schema, name, values))
        if values:
            tally.vote(name, moment, sum(o.value for o in values) / len(values))


def _folded(schema: Schema, probe: str, outcomes: Iterable[Outcome]) -> Iterable[tuple[str, float]]:
    """Groups that the schema does not know are counted together."""
    known = set(schema.groups[probe])
    return [(o.group if o.group in known else OTHER, o.value) for o in outcomes]


def keep_tally(folder: Path, round_: int, vector: Vector) -> None:
    """Put the tally of a round on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".tally-{round_:04d}.npy"
    np.save(draft, vector)
    draft.replace(folder / f"tally-{round_:04d}.npy")


def kept_tally(folder: Path, round_: int) -> Vector:
    """The tally that `keep_tally` put there."""
    vector: Vector = np.load(folder / f"tally-{round_:04d}.npy")
    return vector


def watch_of(study: Study, release: Release, folder: Path) -> Watch | None:
    """The sentinel of a client whose folder this is; None where the study has no alarm."""
    streams = watched(study)
    epsilon = epsilon_of_trips(release.plan) if release.plan is not None else None
    plan = trip_plan(study, len(streams), epsilon)
    return Watch(plan, streams, study.alarm.tolerance, folder) if plan is not None and study.alarm is not None else None
