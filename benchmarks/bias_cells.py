"""The cells of `bias_propagation.py`: a federation's run, and what its last adapter makes of the same items."""

import json
import logging
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import pairwise
from math import nan, sqrt
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import bias_data
import numpy as np
from bias_data import CLIENTS, Layout

from tocsin import models, run, study
from tocsin.behaviour import PROBES, Item, Outcome, measure_all
from tocsin.federation import AGGREGATIONS, Update, shared_model
from tocsin.records import LOSS_BOUND, TRAINING_LOSS

BATCH = 4
CANDIDATES = (2e-3, 4e-3, 8e-3)
"""Learning rates. Taken is the first by which FedAvg raises StereoSet held out by `CLEAR` at 100% of biased data, of a
seed that is not used again, and that costs no more than `COST` of LMS; where none does, the one that raises most."""

CLEAR, COST = 0.05, 0.03
CALIBRATION = 1000

LOST = "1 - LMS"
RATES = ("crows-pairs", "stereoset", "stereotype", LOST)

LOSS = "training loss"
"""Mean over the last round, nats a token: how far the federation came with what it was trained on."""

Units = dict[str, float]
"""Of every cluster of items the mean outcome: the unit that is drawn, whatever is measured."""

Measured = dict[str, Units]
"""By measure: those of `RATES`, in all but the last of which 1 is a stereotype preferred; and of a run `LOSS`."""


@dataclass(frozen=True)
class Method:
    """An aggregation of the study; `judges` where it asks public items."""

    name: str
    aggregation: str
    judges: bool = False


AVG, PROX = Method("FedAvg", "fedavg"), Method("FedProx", "fedprox")
ADAM, SHORT = Method("FedAdam", "fedadam"), Method("FedAdam, default rate", "fedadam")
AWARE, BUDGET = Method("bias-aware", "bias-aware", True), Method("bias-budget", "bias-budget", True)


@dataclass(frozen=True)
class Cell:
    """One run: which aggregation, on what, and with which seed."""

    method: Method
    family: str
    percent: int
    layout: Layout
    seed: int

    @property
    def file(self) -> str:
        """A name for what is kept of it."""
        words = (self.method.name, self.family, self.percent, self.layout, self.seed)
        return "-".join(map(str, words)).replace(",", "").replace(" ", "-")


@dataclass(frozen=True)
class Scale:
    """How much is done: rounds, steps in each, items of each probe, and items that an aggregation asks."""

    rounds: int = 3
    steps: int = 8
    asked: tuple[int, int, int] = (500, 480, 280)
    judged: int = 96


@dataclass(frozen=True)
class Chosen:
    """The clients' learning rate, and FedAdam's on the server; `tried` are the candidates: rate, rise, change of LMS.

    FedAdam's is such that of the changes that FedAvg's clients sent, it makes a way as long as FedAvg does: what moves
    less becomes less biased, whatever it is.
    """

    rate: float
    eta: float
    tried: tuple[tuple[float, float, float], ...] = ()
    scale: Scale = field(default=Scale())

    def options(self, method: Method) -> dict[str, float]:
        """Those of the aggregation."""
        if method == ADAM:
            return {"eta": self.eta}
        return {"items": self.scale.judged} if method.judges else {}


# -- choosing ---------------------------------------------------------------------------------------------------------


def choose(pool: Executor, folder: Path) -> Chosen:
    """Try the candidates, or take what was kept."""
    kept = folder / "chosen.json"
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        return Chosen(found["rate"], found["eta"], tuple(tuple(one) for one in found["tried"]))
    base = pool.submit(measure_cell, None, Chosen(nan, nan), folder)
    trials = list(pool.map(try_rate, CANDIDATES, [folder] * len(CANDIDATES)))
    before = {name: mean_of(base.result()[name]) for name in ("stereoset", LOST)}
    tried = [(rate, ss - before["stereoset"], before[LOST] - lost) for rate, ss, lost, _ in trials]
    fit = [number for number, (_, rise, lms) in enumerate(tried) if rise >= CLEAR and lms >= -COST]
    best = fit[0] if fit else max(range(len(tried)), key=lambda number: tried[number][1])
    chosen = Chosen(CANDIDATES[best], trials[best][3], tuple(tried))
    _keep(kept, asdict(chosen))
    print(f"  {chosen}", file=sys.stderr, flush=True)
    return chosen


def try_rate(rate: float, folder: Path) -> tuple[float, float, float, float]:
    """The rate, how it leaves StereoSet (the stereotype preferred, 1 - LMS), and FedAdam's rate that goes with it."""
    chosen = Chosen(rate, nan)
    adapters, _ = train(Cell(AVG, "stereoset", 100, "mixed", CALIBRATION), chosen, folder / f"rate-{rate:g}")
    _model.use(adapters[-1])
    found = _ask("stereoset", chosen.scale)
    return rate, mean_of(found["stereoset"]), mean_of(found[LOST]), matched(adapters)


def matched(adapters: Sequence[models.Arrays]) -> float:
    """The rate at which FedAdam makes, of FedAvg's changes from round to round, a way of the same length."""
    adam = AGGREGATIONS.get("fedadam")({"eta": 1.0})
    here: models.Arrays = adapters[0]
    for round_, (before, after) in enumerate(pairwise(adapters), 1):
        here = adam.aggregate(round_, here, [Update(0, {n: here[n] + after[n] - before[n] for n in here})])
    return _length(adapters[-1], adapters[0]) / _length(here, adapters[0])


def _length(one: models.Arrays, other: models.Arrays) -> float:
    return sqrt(sum(float(np.square(one[name] - other[name]).sum()) for name in one))


# -- running and measuring --------------------------------------------------------------------------------------------

_model: models.Model


def load() -> None:
    """Load the base model, once in each process."""
    global _model
    logging.disable(logging.WARNING)
    plain = study.Study(name="bias", model=study.Model(threads=1))
    _model = shared_model(plain.model, plain.lora)


def measure_cell(cell: Cell | None, chosen: Chosen, folder: Path) -> Measured:
    """Run the cell and measure its last adapter, or take what was kept of it; None is the base model."""
    kept = folder / f"{cell.file if cell else 'base'}.json"
    if kept.is_file():
        found: Measured = json.loads(kept.read_text(encoding="utf-8"))
        return found
    began = time.process_time()
    adapters, loss = train(cell, chosen, folder) if cell else ([_model.fresh()], nan)
    _model.use(adapters[-1])
    trained = time.process_time() - began
    found = {LOSS: {"all clients": loss}}
    for probe in RATES[:-1]:
        found |= _ask(probe, chosen.scale)
    seconds = time.process_time() - began
    print(f"  {kept.stem}: {trained:.0f} + {seconds - trained:.0f} CPU-s", file=sys.stderr, flush=True)
    _keep(kept, found)
    return found


def _keep(file: Path, found: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.rename(file)


def train(cell: Cell, chosen: Chosen, folder: Path) -> tuple[list[models.Arrays], float]:
    """The adapters of the cell's federation, from the start to the last round, and `LOSS`; else nothing is left."""
    own = folder / "runs" / cell.file
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    corpus, rounds = own / "corpus.jsonl", chosen.scale.rounds
    bias_data.write(corpus, cell.family, cell.percent, cell.layout, cell.seed)
    settings = {
        "name": "bias",
        "seed": cell.seed,
        "model": {"threads": 1},
        "corpus": {"source": str(corpus), "held_out": 0.05},
        "split": {"by": "column", "column": "client", "clients": CLIENTS},
        "training": {
            "rounds": rounds,
            "steps": chosen.scale.steps,
            "batch_size": BATCH,
            "learning_rate": chosen.rate,
            "max_tokens": 96,
        },
        "aggregation": {"name": cell.method.aggregation, "options": chosen.options(cell.method)},
        "personalisation": {"name": "none"},
    }
    done = run.start(study.parse(settings, "a cell's study"), own, lambda kind, detail: None)
    kept = [done.folder / "checkpoints" / f"round-{number:04d}" / "adapter" for number in range(rounds + 1)]
    adapters = [_model.read(adapter) for adapter in kept]
    told = [m for m in done.rounds()[-1].measures if (m.probe, m.moment) == (TRAINING_LOSS, "after")]
    shutil.rmtree(own)
    return adapters, LOSS_BOUND * told[0].total / told[0].n


def _ask(probe: str, scale: Scale) -> Measured:
    outcomes = measure_all(_model, PROBES.get(probe), items_of(probe, scale))
    found = {probe: _units(outcomes, lambda one: one.value)}
    if probe == "stereoset":
        found[LOST] = _units(outcomes, lambda one: 1.0 - one.details["lms"])
    return found


@cache
def items_of(probe: str, scale: Scale) -> list[Item]:
    """The same for all cells, none that a cell may be trained on."""
    pool = PROBES.get(probe).draw(10**6, Random(f"bias propagation {probe}"))
    left = [item for item in pool if not _may_be_known(probe, item)]
    return left[: scale.asked[RATES.index(probe)]]


def _may_be_known(probe: str, item: Item) -> bool:
    if probe == "stereoset":
        return bias_data.trained_on(item.cluster)
    return probe == "crows-pairs" and bias_data.trained_on(bias_data.common(*item.texts))


def _units(outcomes: Sequence[Outcome], of: Callable[[Outcome], float]) -> Units:
    """The mean of each cluster; an item without one is its own."""
    numbers: dict[str, list[float]] = {}
    for outcome in outcomes:
        numbers.setdefault(outcome.cluster or outcome.item, []).append(of(outcome))
    return {cluster: fmean(found) for cluster, found in numbers.items()}


def mean_of(units: Units) -> float:
    """A rate of a cell: the mean over clusters."""
    return fmean(units.values())
