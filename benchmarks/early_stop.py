"""What stopping early saves: items until an interval that may be looked at after every item is narrow enough, or until
a difference is decided, against sets of items whose number is fixed beforehand.

On simulated outcomes, and on the embedded model's outcomes of CrowS-Pairs (1,508 pairs) where the model and TOCSIN_DATA
are at hand: computed once and then drawn in many random orders. The full run writes results/early_stop.md and
results/early_stop.json.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import ceil
from random import Random
from statistics import fmean, quantiles

import numpy as np
from keeping import finish, keep, measure
from numpy.random import Generator
from numpy.typing import NDArray

from tocsin.behaviour.statistics import ConfidenceSequence

Floats = NDArray[np.float64]

SEED = 5
BATCH = 16  # items between looks, as many as are measured at once
NORMAL = 1.959964
UNTIL = 0.03


@dataclass(frozen=True)
class Scale:
    """Random orders of each case."""

    orders: int


FULL, QUICK = Scale(orders=100), Scale(orders=6)


@dataclass(frozen=True)
class Row:
    """Items that were needed. `planned` is the fixed number that is enough whatever the rate; `oracle` the one that is
    enough if the outcomes' spread were known beforehand; `whole` all items that there are.
    """

    case: str
    goal: str
    items: float
    tenth: float
    ninetieth: float
    planned: int
    oracle: int
    whole: int | None
    right: float
    orders: int

    @property
    def saved(self) -> float:
        """Of the planned items, the share that was not needed."""
        return 1.0 - self.items / self.planned


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="at most 50 s: few orders, no results are written")
    scale = QUICK if parser.parse_args().quick else FULL
    real = outcomes_of_the_embedded_model() if scale is FULL else None
    rows = []
    for one in (*narrow(np.random.default_rng(SEED), scale, real), *decided(np.random.default_rng(SEED), scale)):
        print(
            f"{one.case}; {one.goal}: {one.items:.0f} items, planned {one.planned}, oracle {one.oracle}, "
            f"right {one.right:.2f}",
            flush=True,
        )
        rows.append(one)
    result = summary(rows)
    if scale is FULL:
        write(result, rows, real is not None)
    return finish(result)


def outcomes_of_the_embedded_model() -> Floats | None:
    """All of CrowS-Pairs, one outcome a pair; None where the data or the model is not at hand."""
    if "TOCSIN_DATA" not in os.environ:
        return None
    from tocsin import models, study
    from tocsin.behaviour import PROBES
    from tocsin.errors import TocsinError

    try:
        probe = PROBES.get("crows-pairs")
        items = probe.draw(10_000, Random(SEED))
        settings = study.Model(source="embedded", precision="float32", threads=os.cpu_count() or 1)
        model = models.load(settings, study.Lora())
        return np.array([outcome.value for outcome in probe.measure(model, items)])
    except TocsinError as error:
        print(f"without the embedded model: {error}")
        return None


def until(values: Floats, mean: float, width: float, population: int | None) -> tuple[int, bool]:
    """Items until the half-width is reached, and whether the interval then holds the mean."""
    sequence = ConfidenceSequence(population=population, aim=width)
    for start in range(0, len(values), BATCH):
        sequence.add(values[start : start + BATCH].tolist())
        interval = sequence.interval
        if (interval.high - interval.low) / 2.0 <= width:
            break
    return interval.n, bool(interval.low - 1e-9 <= mean <= interval.high + 1e-9)


def narrow(random: Generator, scale: Scale, real: Floats | None) -> Iterator[Row]:
    """`--until`: of an endless pool, and of a benchmark of 1,508 items drawn without replacement."""
    size = 1508
    shapes: dict[str, Floats] = {
        f"0/1, rate {p:g}": (np.arange(size) < round(p * size)) * 1.0 for p in (0.02, 0.1, 0.3, 0.5)
    }
    shapes["utility (beta 6, 4)"] = np.random.default_rng(0).beta(6, 4, size)
    if real is not None:
        shapes["embedded model on CrowS-Pairs"] = real
    for (name, pool), population in ((case, n) for case in shapes.items() for n in (None, size)):
        if population and len(pool) != population:
            population = len(pool)
        if name.startswith("embedded") and population is None:
            continue
        for width in (UNTIL, 0.05):
            found = []
            for _ in range(scale.orders):
                values = random.permutation(pool) if population else random.choice(pool, 8000)
                found.append(until(values, float(pool.mean()), width, population))
            spread = float(pool.std())
            fixed = [ceil((NORMAL * most / width) ** 2) for most in (0.5, spread)]
            if population:  # a fixed number of a finite pool needs less, too
                fixed = [ceil(n / (1 + (n - 1) / population)) for n in fixed]
            where = f"{population} items without replacement" if population else "independent draws"
            yield of(f"{name}, {where}", f"half-width {width:g}", found, fixed[0], fixed[1], population)


def decided(random: Generator, scale: Scale) -> Iterator[Row]:
    """`--against`: items until the sequence of paired differences excludes 0, or all 4,000 are measured.

    `planned` is the fixed number that finds a change of .05 with 90% power at one item in three that changes at all;
    `oracle` the one that finds the change at hand.
    """
    most = 4000
    for worse, better in ((0.02, 0.02), (0.1, 0.05), (0.15, 0.05), (0.2, 0.1), (0.25, 0.05), (0.4, 0.05)):
        found = []
        for _ in range(scale.orders):
            values = random.choice([1.0, -1.0, 0.0], p=[worse, better, 1 - worse - better], size=most)
            sequence = ConfidenceSequence(low=-1.0)
            for start in range(0, most, BATCH):
                sequence.add(values[start : start + BATCH].tolist())
                interval = sequence.interval
                if interval.low > 0.0 or interval.high < 0.0:
                    break
            called = interval.low > 0.0 or interval.high < 0.0
            found.append((interval.n, not called if worse == better else interval.low > 0.0))
        change = worse - better
        oracle = most if change == 0 else power_items(change, worse + better - change**2)
        goal = "decided" if change else "not decided, rightly"
        yield of(f"worse {worse:g}, better {better:g}", goal, found, power_items(0.05, 1 / 3), oracle, most)


def power_items(change: float, variance: float) -> int:
    """Fixed number of pairs that finds `change` with 90% power at the 5% level."""
    return ceil(variance * ((NORMAL + 1.281552) / change) ** 2)


def of(case: str, goal: str, found: list[tuple[int, bool]], planned: int, oracle: int, whole: int | None) -> Row:
    items = [float(n) for n, _ in found]
    tenths = quantiles(items, n=10)
    right = fmean(good for _, good in found)
    return Row(case, goal, fmean(items), tenths[0], tenths[-1], planned, oracle, whole, right, len(found))


def summary(rows: list[Row]) -> dict[str, object]:
    measures = [
        measure("least share of intervals that hold at the stop", min(one.right for one in rows), "", ">= .9", digits=3)
    ]
    measures[0]["met"] = measures[0]["value"] >= 0.9
    for one in rows:
        if one.goal == f"half-width {UNTIL:g}" and (one.whole or one.case.startswith("0/1")):
            against = one.whole or one.planned
            share = 1.0 - one.items / against
            than = "all of them" if one.whole else "a fixed number that is always enough"
            measures.append(measure(f"{one.case}, {one.goal}: fewer than {than}", share, "share", digits=3))
    return {"name": "early_stop", "measures": measures}


def write(result: dict[str, object], rows: list[Row], real: bool) -> None:
    lines = [
        "`planned`: a fixed number that is enough at any rate (for `decided`: that finds a change of .05 with 90% "
        "power where one item in three changes). `oracle`: a fixed number that is enough for the spread (or change) at "
        "hand, which nobody knows beforehand. Looking after every batch has its price against the oracle, and pays "
        "against the plan unless the rate is between about .2 and .8.",
        "",
        "| case | goal | items, mean | 10% to 90% | planned | oracle | all | saved of planned | of all | right |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in rows:
        whole = (
            f"{one.whole} | {one.saved:.0%} | {1 - one.items / one.whole:.0%}" if one.whole else f"| {one.saved:.0%} |"
        )
        lines.append(
            f"| {one.case} | {one.goal} | {one.items:.0f} | {one.tenth:.0f} to {one.ninetieth:.0f} | {one.planned} "
            f"| {one.oracle} | {whole} | {one.right:.2f} |"
        )
    kept = {**result, "rows": [asdict(one) for one in rows]}
    model = "the embedded model's outcomes of all of CrowS-Pairs among the cases" if real else "no real outcomes"
    keep(
        kept,
        "Items saved by stopping early",
        "how many items do `--until` and `--against` save, when they stop as soon as the interval is narrow or the "
        "difference decided, against a fixed set at the same half-width?",
        [f"Seed: {SEED}", f"Cases: {FULL.orders} random orders each, a look every {BATCH} items; {model}"],
        ("numpy", "tocsin"),
        lines,
    )


if __name__ == "__main__":
    sys.exit(main())
