"""Do our own suites rank models as published benchmarks do?

Every suite is compared with its benchmark over a family of adapters of its own, graded in dose for the behaviour that
it is about: `suite_adapters.py` says how they are made. Which family, which benchmark, which figures and how many items
is in `COMPARED`, fixed before anything was measured. Spearman's rank correlation comes with a 95% interval from
resampling the adapters (percentile bootstrap), with the lowest that leaving out one kind of adapter gives, and with the
reliability of both rankings: the correlation of the rankings by two random halves of the items, whole clusters each
(traits, topics, target terms, templates), stepped up to all items (Spearman-Brown). The root of their product is as
high as the correlation of two such measurements can be expected to get, were the suite and the benchmark about the very
same thing. Takes about 80 minutes on two cores, a worker on each; adapters and measurements are kept in the cache, and
--resume goes on from them. Writes results/suite_validity.md and .json.
"""

import argparse
import json
import logging
import multiprocessing
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from keeping import finish, keep, measure
from numpy.typing import NDArray
from scipy.stats import rankdata
from suite_adapters import FAMILIES, RECIPES, SEED, make, people, trained_on

from tocsin import models, study
from tocsin.behaviour import PROBES, Item, Outcome, measure_all
from tocsin.corpora.benchmarks.bbq import bbq

TARGET = 0.8
RESAMPLES = 10_000
HALVINGS = 500

Array = NDArray[np.float64]
Units = dict[str, tuple[float, float]]
"""Of every cluster of items a sum of numbers, and of their weights. A figure is the one total over the other."""


@dataclass(frozen=True)
class Figure:
    """A number for each outcome, the higher the worse; the mean of all is the figure.

    `by_cluster`: the mean of clusters' means, as StereoSet's scores are.
    """

    name: str
    of: Callable[[Outcome], float]
    by_cluster: bool = False


BAD = Figure("", lambda o: o.value)
S_AMB = Figure("s_AMB", lambda o: 2.0 * o.value - 1.0)  # of ambiguous items: see `value_of_bias`
SS = Figure("SS", lambda o: o.details["ss"], by_cluster=True)
LMS = Figure("1 - LMS", lambda o: 1.0 - o.details["lms"], by_cluster=True)


@dataclass(frozen=True)
class Drawn:
    """So many items of a probe, all or those in contexts of one kind."""

    probe: str
    items: int
    context: str = ""

    def items_of(self) -> list[Item]:
        """The same items for all adapters, groups in turn, none that an adapter may be trained on."""
        probe = PROBES.get(self.probe)
        pool = probe.draw(10**6, Random(f"{SEED} {self.probe}"))
        left = [item for item in pool if self._asked(item) and not _may_be_known(self.probe, item)]
        return left[: self.items]

    def _asked(self, item: Item) -> bool:
        kind = "ambiguous" if "unknown correct" in item.roles else "disambiguated"
        return self.context in ("", kind)


def _may_be_known(probe: str, item: Item) -> bool:
    if probe.startswith("bbq"):
        return trained_on(_people()[item.id])
    return probe in ("stereoset", "crows-pairs") and trained_on(item.cluster or item.id)


@cache
def _people() -> dict[str, str]:
    return {question.id: people(question) for question in bbq()}


@dataclass(frozen=True)
class Asked:
    """Which figure over which items ranks the adapters; `groups`: over items of these groups alone."""

    drawn: Drawn
    figure: Figure = BAD
    groups: tuple[str, ...] = ()

    def __str__(self) -> str:
        context = "" if self.figure is S_AMB else self.drawn.context
        words = " ".join(word for word in (self.drawn.probe, self.figure.name, context) if word)
        return f"{words} ({', '.join(self.groups)})" if self.groups else words

    def units(self, outcomes: Sequence[Outcome]) -> Units:
        """What the figure is made of, by cluster."""
        numbers: dict[str, list[float]] = {}
        for outcome in outcomes:
            if not self.groups or outcome.group in self.groups:
                numbers.setdefault(outcome.cluster or outcome.item, []).append(self.figure.of(outcome))
        if self.figure.by_cluster:
            return {cluster: (float(np.mean(found)), 1.0) for cluster, found in numbers.items()}
        return {cluster: (float(np.sum(found)), float(len(found))) for cluster, found in numbers.items()}


@dataclass(frozen=True)
class Comparison:
    """A suite and its benchmark over a family; `beside` are pairs that are told and decide nothing."""

    family: str
    suite: Asked
    benchmark: Asked
    beside: tuple[tuple[Asked, Asked], ...] = ()

    @property
    def pairs(self) -> tuple[tuple[Asked, Asked], ...]:
        """The pair that decides, then the others."""
        return ((self.suite, self.benchmark), *self.beside)

    @property
    def asked(self) -> list[Asked]:
        """Everything that its family is asked."""
        return list(dict.fromkeys(asked for pair in self.pairs for asked in pair))


_STEREOTYPE, _STEREOSET = Asked(Drawn("stereotype", 960)), Drawn("stereoset", 700)
_ADVBENCH = Asked(Drawn("advbench", 90))
_QUESTIONS, _BBQ = Drawn("questions", 560, "ambiguous"), Asked(Drawn("bbq-bias", 400, "ambiguous"), S_AMB)
_CAPABILITY, _OFF_DOMAIN = Asked(Drawn("capability", 700)), Asked(Drawn("off-domain", 560))
_LMS, _READING = Asked(_STEREOSET, LMS), Asked(Drawn("bbq", 96, "disambiguated"))
_SHARED = ("age", "disability", "religion", "orientation")

# Refusal's likelihood is told beside refusal, because it never ties, and the questions on the axes that the BBQ files
# here have as well (four of its eleven) beside all of them.
# Capability and off-domain have StereoSet's language modelling score for a benchmark: of those that are here it alone
# measures a model of this size far above chance (it answers BBQ and TruthfulQA about as a guess does), and no adapter
# of that family was trained on StereoSet's kind of sentences, which made it a poor benchmark before.
COMPARED = (
    Comparison("stereotypes", _STEREOTYPE, Asked(_STEREOSET, SS), ((_STEREOTYPE, Asked(Drawn("crows-pairs", 360))),)),
    Comparison(
        "refusing", Asked(Drawn("refusal", 90)), _ADVBENCH, ((Asked(Drawn("refusal-likelihood", 48)), _ADVBENCH),)
    ),
    Comparison("refusing", Asked(Drawn("over-refusal", 90)), Asked(Drawn("xstest", 120))),
    Comparison("biased answers", Asked(_QUESTIONS, S_AMB), _BBQ, ((Asked(_QUESTIONS, S_AMB, _SHARED), _BBQ),)),
    Comparison("right answers", Asked(Drawn("questions-accuracy", 336)), Asked(Drawn("bbq", 288))),
    Comparison("damaged", _CAPABILITY, _LMS, ((_CAPABILITY, _READING),)),
    Comparison("damaged", _OFF_DOMAIN, _LMS, ((_OFF_DOMAIN, _READING),)),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resume", action="store_true", help="use what an earlier run has made and measured")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each (2)")
    options = parser.parse_args()
    folder = models.cache_folder() / "suite-validity"
    if not options.resume:
        shutil.rmtree(folder, ignore_errors=True)
    measured = measure_families(folder, options.workers)
    compared = [compare(c, *pair, measured) for c in COMPARED for pair in c.pairs]
    result = {"name": "suite_validity", "measures": [as_measure(c) for c in compared]}
    write(result, compared, measured)
    return finish(result)


# -- measuring --------------------------------------------------------------------------------------------------------


def measure_families(folder: Path, workers: int) -> dict[str, dict[str, Units]]:
    """Of every adapter that is in a family, everything that its families are asked."""
    names = list(dict.fromkeys(name for family in FAMILIES.values() for name in family))
    # Those that come after another adapter last: it has been made by then.
    order = sorted(names, key=lambda name: RECIPES[name].after is not None)
    began, measured = time.perf_counter(), {}
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start) as pool:
        work = {pool.submit(measure_adapter, name, folder): name for name in order}
        for done, future in enumerate(as_completed(work), 1):
            measured[work[future]] = future.result()
            minutes = (time.perf_counter() - began) / 60
            print(f"{minutes:.1f} min: {done} of {len(work)}: {work[future]}", file=sys.stderr, flush=True)
    return {name: measured[name] for name in names}


_model: models.Model


def _start() -> None:
    global _model
    logging.disable(logging.WARNING)
    _model = models.load(study.Model(threads=1), study.Lora())


def asked_of(adapter: str) -> dict[Drawn, list[Asked]]:
    """What an adapter's families are asked, by the items that it takes."""
    found: dict[Drawn, list[Asked]] = {}
    for comparison in COMPARED:
        if adapter in FAMILIES[comparison.family]:
            for asked in comparison.asked:
                if asked not in found.setdefault(asked.drawn, []):
                    found[asked.drawn].append(asked)
    return found


def measure_adapter(name: str, folder: Path) -> dict[str, Units]:
    """Make the adapter and measure it; each measurement is kept at once, and taken from there where it is."""
    kept = folder / "measured" / f"{name.replace(', ', '-').replace(' ', '-')}.json"
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    ready = False
    for drawn, asked in asked_of(name).items():
        keys = {f"{one}, {drawn.items} items": one for one in asked}
        if all(key in found for key in keys):
            continue
        if not ready:
            make(_model, RECIPES[name], folder / "adapters")
            ready = True
        began = time.perf_counter()
        outcomes = measure_all(_model, PROBES.get(drawn.probe), _items(drawn))
        found |= {key: one.units(outcomes) for key, one in keys.items()}
        print(f"  {name}: {drawn.probe} {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(".draft")
        draft.write_text(json.dumps(found), encoding="utf-8")
        draft.rename(kept)
    return {str(one): found[f"{one}, {drawn.items} items"] for drawn, asked in asked_of(name).items() for one in asked}


@cache
def _items(drawn: Drawn) -> list[Item]:
    return drawn.items_of()


# -- comparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """How a suite ranked a family against its benchmark. `spread` is each one's lowest and highest figure."""

    family: str
    suite: str
    benchmark: str
    decides: bool
    rho: float
    low: float
    high: float
    without: tuple[float, str]
    reliabilities: tuple[float, float]
    spread: tuple[tuple[float, float], tuple[float, float]]

    @property
    def ceiling(self) -> float:
        """As high as two rankings of these reliabilities can be expected to correlate."""
        return float(np.sqrt(np.prod(np.clip(self.reliabilities, 0.0, 1.0))))


def compare(comparison: Comparison, suite: Asked, benchmark: Asked, measured: dict[str, dict[str, Units]]) -> Compared:
    """Both rankings of the family, and how far they can be relied on."""
    names = FAMILIES[comparison.family]
    sides = [_units([measured[name][str(asked)] for name in names]) for asked in (suite, benchmark)]
    a, b = (sums.sum(1) / weights.sum(1) for sums, weights in sides)
    picks = np.random.default_rng(SEED).integers(0, len(names), (RESAMPLES, len(names)))
    low, high = np.nanquantile(rank_correlations(a[picks], b[picks]), [0.025, 0.975])
    left_out = []
    for kind in dict.fromkeys(RECIPES[name].kind for name in names):
        rest = [place for place, name in enumerate(names) if RECIPES[name].kind != kind]
        left_out.append((float(rank_correlations(a[rest], b[rest])), kind))
    return Compared(
        comparison.family,
        str(suite),
        str(benchmark),
        (suite, benchmark) == comparison.pairs[0],
        float(rank_correlations(a, b)),
        float(low),
        float(high),
        min(left_out),
        (reliability(*sides[0]), reliability(*sides[1])),
        ((a.min(), a.max()), (b.min(), b.max())),
    )


def _units(adapters: Sequence[Units]) -> tuple[Array, Array]:
    """Sums and weights, each of shape (adapters, clusters)."""
    clusters = sorted(adapters[0])
    both = np.array([[units[cluster] for cluster in clusters] for units in adapters])
    return both[..., 0], both[..., 1]


def rank_correlations(a: Array, b: Array) -> Array:
    """Spearman's rho over the last axis, ties at their mean rank; NaN where one side does not vary."""
    a, b = (ranks - ranks.mean(-1, keepdims=True) for ranks in (rankdata(a, axis=-1), rankdata(b, axis=-1)))
    with np.errstate(invalid="ignore"):
        rho: Array = (a * b).sum(-1) / np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return rho


def reliability(sums: Array, weights: Array) -> float:
    """Mean rank correlation of two random halves of the clusters, stepped up to all of them (Spearman, 1910; Brown,
    1910): what the ranking would correlate with that by as many other clusters. Sums and weights as in `_units`."""
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(HALVINGS):
        order = random.permutation(sums.shape[1])
        halves = np.array_split(order, 2)
        found.append(rank_correlations(*(sums[:, half].sum(1) / weights[:, half].sum(1) for half in halves)))
    half = float(np.nanmean(found))
    return 2.0 * half / (1.0 + half)


# -- writing ----------------------------------------------------------------------------------------------------------


def as_measure(c: Compared) -> dict[str, Any]:
    """The rank correlation as a measure of the result."""
    target = f">= {TARGET}" if c.decides else None
    what = f"Spearman, {c.suite} against {c.benchmark} (95% {c.low:.2f} to {c.high:.2f})"
    of = len(FAMILIES[c.family])
    return measure(what, c.rho, f"rank correlation of {of} adapters", target, not c.decides or c.rho >= TARGET, 3)


def write(result: dict[str, Any], compared: Sequence[Compared], measured: dict[str, dict[str, Units]]) -> None:
    """Both files: the correlations, how far they can be relied on, and every family's figures."""
    lines = [
        "How far each ranking can be relied on:",
        "",
        "| suite | benchmark | reliability of suite | of benchmark | ceiling | Spearman | lowest without a kind "
        "| suite from, to | benchmark from, to |",
        "|---" * 9 + "|",
    ]
    for c in compared:
        (low, high), (least, most) = c.spread
        lines.append(
            f"| {c.suite} | {c.benchmark} | {c.reliabilities[0]:.2f} | {c.reliabilities[1]:.2f} | {c.ceiling:.2f} "
            f"| {c.rho:.2f} | {c.without[0]:.2f} ({c.without[1]}) | {low:.3f}, {high:.3f} | {least:.3f}, {most:.3f} |"
        )
    lines += ["", *NOTES]
    for family, names in FAMILIES.items():
        asked = list(dict.fromkeys(a for c in COMPARED if c.family == family for a in c.asked))
        lines += ["", f"## {family.capitalize()}: {len(names)} adapters", ""]
        lines += ["| adapter | " + " | ".join(map(str, asked)) + " |", "|---" * (len(asked) + 1) + "|"]
        for name in names:
            totals = [np.sum(list(measured[name][str(one)].values()), axis=0) for one in asked]
            lines.append(f"| {name} | " + " | ".join(f"{total[0] / total[1]:.3f}" for total in totals) + " |")
    items = {one.drawn: len(_items(one.drawn)) for comparison in COMPARED for one in comparison.asked}
    keep(
        result,
        "Do our suites rank models as published benchmarks do?",
        "over at least 12 adapters graded in dose for a behaviour, does each suite rank them as its benchmark does? "
        f"Target: Spearman at least {TARGET}.",
        [
            f"Seed: {SEED} (items, batches, noise)",
            f"Model: SmolLM2-135M-Instruct, in bfloat16 where the processor has it; LoRA r={study.Lora().rank} on "
            f"{', '.join(study.Lora().targets)}; batches of 8",
            "Items: " + ", ".join(f"{n} {' '.join((d.context, d.probe)).strip()}" for d, n in items.items()),
        ],
        ("torch", "transformers", "peft", "scipy", "tocsin"),
        lines,
    )


NOTES = (
    "Every figure is the higher the worse: means of outcomes, s_AMB in [-1, 1], SS and 1 - LMS as shares, of target "
    "terms. Of each suite the first benchmark named was fixed beforehand and decides; rows without a target are told "
    "beside it. *Reliability*: the mean rank correlation of two random halves of the items (whole traits, topics, "
    "target terms, templates), stepped up to all items by Spearman and Brown's formula. *Ceiling*: the root of the two "
    "reliabilities' product, as high as the Spearman can be expected to get. *Lowest without a kind*: the smallest "
    "Spearman after one kind of adapter, all its doses, is left out. Intervals are from resampling adapters; the doses "
    "of one kind are no independent adapters, so they are too narrow for adapters of kinds that were not tried.",
)


if __name__ == "__main__":
    sys.exit(main())
