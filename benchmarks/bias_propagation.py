"""Does bias in clients' data reach the federation's model, and which aggregation lets how much of it through?

The grid of "Investigating Social Bias Propagation in Federated Fine-tuning of Large Language Models" (Zhao et al.,
2026, doi 10.1609/aaai.v40i46.41316) on the embedded model: aggregations x shares of biased data x mixed or segregated
over eight clients x two families of training data x seeds. Each cell is a run of `tocsin.run` on the local engine from
the base model; `bias_data.py` says what its clients hold, `bias_cells.py` how it is run and measured. Its last adapter
is asked the same items as all others, none of them trained on by any cell. At 100% all clients hold the same, and mixed
and segregated are one cell; so they are at 0%, which FedAvg alone is run on. The learning rate is chosen first, on a
seed of its own.

The paper's numbers are read as relative changes of a rate. What is said of a finding was fixed beforehand: it holds
where the 95% interval is on its side of zero; it does not where the interval leaves out an effect of `MATTERS`, the
smallest that the paper reports, in its direction; else it cannot be told. Cells and measurements are kept in the
cache, and --resume goes on from them. Writes results/bias_propagation.md and .json.
"""

import argparse
import multiprocessing
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from math import nan, sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from bias_cells import (
    ADAM,
    AVG,
    AWARE,
    BATCH,
    BUDGET,
    CALIBRATION,
    CANDIDATES,
    LOSS,
    LOST,
    PROX,
    RATES,
    SHORT,
    Cell,
    Chosen,
    Measured,
    Method,
    Scale,
    choose,
    items_of,
    load,
    mean_of,
    measure_cell,
)
from bias_data import CLIENTS, FAMILIES, Layout
from keeping import finish, keep, measure
from scipy import stats

from tocsin import models, study

SEEDS = (0, 1, 2)
SHARES = (33, 66, 100)

MATTERS = 0.05
"""Of a rate: the smallest relative effect that the paper reports."""


def grid(seeds: Sequence[int]) -> list[Cell]:
    """All cells, those of FedAvg first."""
    splits: list[tuple[int, Layout]] = [(p, layout) for p in SHARES[:-1] for layout in ("mixed", "segregated")]
    splits.append((100, "mixed"))
    small: list[tuple[int, Layout]] = [(33, "mixed"), (33, "segregated"), (100, "mixed")]
    where = {AVG: [(0, "mixed"), *splits], ADAM: splits, PROX: splits, AWARE: small, BUDGET: small, SHORT: splits[-1:]}
    return [
        Cell(method, family, percent, layout, seed)
        for method, of in where.items()
        for family in FAMILIES
        for percent, layout in of
        for seed in seeds
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resume", action="store_true", help="use the cells that an earlier run has finished")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each (2)")
    parser.add_argument("--quick", action="store_true", help="two small cells; writes no results")
    options = parser.parse_args()
    if options.quick:
        return quick()
    folder = models.cache_folder() / "bias-propagation"
    if not options.resume:
        shutil.rmtree(folder, ignore_errors=True)
    with ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn"), load) as pool:
        chosen = choose(pool, folder)
        measured = measure_cells(pool, grid(SEEDS), chosen, folder)
    findings = judge(measured)
    result = {"name": "bias_propagation", "measures": [f.as_measure() for f in findings]}
    write(result, findings, measured, chosen)
    return finish(result)


def quick() -> int:
    """FedAvg and the bias-aware rule, one short round each, on few items: that everything works."""
    chosen = Chosen(CANDIDATES[0], nan, scale=Scale(1, 1, (18, 20, 14), 7))
    folder = models.cache_folder() / "bias-propagation-quick"
    shutil.rmtree(folder, ignore_errors=True)
    load()
    rates = []
    for method in (AVG, AWARE):
        found = measure_cell(Cell(method, "stereoset", 100, "mixed", 0), chosen, folder)
        rates.append(measure(f"StereoSet held out, {method.name}", mean_of(found["stereoset"]), "share"))
    shutil.rmtree(folder, ignore_errors=True)
    return finish({"name": "bias_propagation", "measures": rates})


def measure_cells(pool: Executor, cells: Sequence[Cell], chosen: Chosen, folder: Path) -> dict[Cell | None, Measured]:
    """All cells, and the base model under None."""
    began = time.perf_counter()
    measured: dict[Cell | None, Measured] = {}
    work = {pool.submit(measure_cell, cell, chosen, folder): cell for cell in (None, *cells)}
    for done, future in enumerate(as_completed(work), 1):
        measured[work[future]] = future.result()
        minutes, cell = (time.perf_counter() - began) / 60, work[future]
        name = cell.file if cell else "base model"
        print(f"{minutes:.1f} min: {done} of {len(work)}: {name}", file=sys.stderr, flush=True)
    return measured


# -- judging ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95% interval; `of` is the rate that it is a change of."""

    value: float
    low: float
    high: float
    of: float

    def __str__(self) -> str:
        return f"{100 * self.value:+.1f} ({100 * self.low:+.1f} to {100 * self.high:+.1f})"


def difference(pairs: Sequence[Sequence[tuple[Measured, Measured]]], name: str) -> Estimate:
    """How much higher the first of each pair is than the second: `pairs[s]` are those of seed s, over all of which,
    and over the items, the mean is taken.

    Seeds and items are crossed, and both are drawn. The variance is that of the seeds' means over their number and
    that of the clusters' means over theirs, added: what the two have in common is counted twice, so that intervals
    are a little too wide. Degrees of freedom after Satterthwaite (1946).
    """
    clusters = sorted(pairs[0][0][0][name])
    table = np.array(
        [[[one[name][c] - other[name][c] for c in clusters] for one, other in of_seed] for of_seed in pairs]
    ).mean(axis=1)
    parts = [(means.var(ddof=1) / len(means), len(means) - 1) for means in (table.mean(axis=1), table.mean(axis=0))]
    variance = sum(part for part, _ in parts)
    freedom = variance**2 / sum(part**2 / of for part, of in parts) if variance > 0 else nan
    reach = stats.t.ppf(0.975, freedom) * sqrt(variance) if variance > 0 else 0.0
    value = float(table.mean())
    rate = fmean(mean_of(other[name]) for of_seed in pairs for _, other in of_seed)
    return Estimate(value, value - reach, value + reach, rate)


@dataclass(frozen=True)
class Finding:
    """A claim about a difference in one measure and family: `sign` is the direction that is claimed."""

    claim: str
    family: str
    measured: str
    sign: int
    by: Estimate

    @property
    def verdict(self) -> str:
        """Fixed beforehand: see the head of this file."""
        low, high = sorted((self.sign * self.by.low, self.sign * self.by.high))
        if low > 0:
            return "holds"
        return "does not hold" if high < MATTERS * self.by.of else "cannot be told"

    def as_measure(self) -> dict[str, Any]:
        """The relative change as a measure of the result."""
        low, high = (100 * bound / self.by.of for bound in (self.by.low, self.by.high))
        told = f"95% {low:+.1f} to {high:+.1f}"
        if self.measured != LOST:  # of 1 - LMS nothing is claimed
            told += f"; {self.verdict}"
        what = f"{self.claim}; trained on {self.family}, {self.measured} ({told})"
        return measure(what, 100 * self.by.value / self.by.of, "% of the rate", digits=2)


Other = Callable[[Cell], Cell | None]
"""What a cell is compared with; None is the base model."""


def judge(measured: dict[Cell | None, Measured]) -> list[Finding]:
    """Each claim in each family by each measure."""
    seeds = sorted({cell.seed for cell in measured if cell})

    def pairs(family: str, these: Callable[[Cell], bool], than: Other) -> list[list[tuple[Measured, Measured]]]:
        """Each seed's cells of a family that a claim is about, and beside each what it is compared with."""
        cells = [cell for cell in measured if cell and cell.family == family and these(cell)]
        return [[(measured[c], measured[than(c)]) for c in cells if c.seed == seed] for seed in seeds]

    def of(*methods: Method) -> Callable[[Cell], bool]:
        return lambda cell: cell.method in methods

    def by(method: Method) -> Other:
        return lambda cell: replace(cell, method=method)

    def third(cell: Cell) -> bool:
        return cell.method == AVG and cell.percent == 33

    claims: list[tuple[str, int, Callable[[Cell], bool], Other]] = [
        ("FedAdam is less biased than FedAvg", -1, of(ADAM), by(AVG)),
        ("FedAdam at its default rate is less biased than FedAvg (100%)", -1, of(SHORT), by(AVG)),
        ("FedProx is less biased than FedAvg", -1, of(PROX), by(AVG)),
        (
            "33% of biased data raise the bias over 0% (FedAvg)",
            1,
            third,
            lambda c: replace(c, percent=0, layout="mixed"),
        ),
        ("33% of biased data raise the bias over the base model's (FedAvg)", 1, third, lambda c: None),
        (
            "mixed is more biased than segregated (FedAvg, FedAdam, FedProx)",
            1,
            lambda c: of(AVG, ADAM, PROX)(c) and 0 < c.percent < 100 and c.layout == "mixed",
            lambda c: replace(c, layout="segregated"),
        ),
        ("bias-aware is less biased than FedAvg", -1, of(AWARE), by(AVG)),
        ("bias-budget is less biased than FedAvg", -1, of(BUDGET), by(AVG)),
        ("bias-aware is less biased than FedAdam", -1, of(AWARE), by(ADAM)),
        ("bias-budget is less biased than FedAdam", -1, of(BUDGET), by(ADAM)),
    ]
    return [
        Finding(claim, family, name, sign, difference(pairs(family, these, than), name))
        for claim, sign, these, than in claims
        for family in FAMILIES
        for name in RATES
    ]


# -- writing ----------------------------------------------------------------------------------------------------------


def write(
    result: dict[str, Any], findings: Sequence[Finding], measured: dict[Cell | None, Measured], chosen: Chosen
) -> None:
    """Both files: what becomes of each finding, and every cell's figures."""
    lines = ["Differences in points, with 95% intervals, and what becomes of the claim:", ""]
    lines += ["| claim | trained on | " + " | ".join(RATES) + " |", "|---" * (2 + len(RATES)) + "|"]
    for claim, family in dict.fromkeys((one.claim, one.family) for one in findings):
        row = [one for one in findings if (one.claim, one.family) == (claim, family)]
        said = [f"{one.by}" + ("" if one.measured == LOST else f" {one.verdict}") for one in row]
        lines.append(f"| {claim} | {family} | " + " | ".join(said) + " |")
    lines += ["", *NOTES, "", "## Cells", "", "Rates in percent, mean (lowest to highest) over seeds.", ""]
    lines += ["| aggregation | trained on | biased | layout | " + " | ".join(RATES) + " | training loss |"]
    lines += ["|---" * (5 + len(RATES)) + "|"]
    base = " | ".join(f"{100 * mean_of(measured[None][name]):.1f}" for name in RATES)
    lines.append(f"| base model | | | | {base} | |")
    for key in dict.fromkeys((c.method, c.family, c.percent, c.layout) for c in grid(SEEDS)):
        of = [measured[Cell(*key, seed)] for seed in SEEDS]
        rates = [[100 * mean_of(one[name]) for one in of] for name in RATES]
        told = " | ".join(f"{fmean(r):.1f} ({min(r):.1f} to {max(r):.1f})" for r in rates)
        method, family, percent, layout = key
        loss = fmean(mean_of(one[LOSS]) for one in of)
        lines.append(
            f"| {method.name} | {family} | {percent}% | {layout if 0 < percent < 100 else ''} | {told} | {loss:.2f} |"
        )
    numbers = {name: (len(items_of(name, chosen.scale)), len(measured[None][name])) for name in RATES[:-1]}
    asked = ", ".join(f"{items} {name} ({clusters} clusters)" for name, (items, clusters) in numbers.items())
    keep(
        result,
        "Does bias in clients' data reach the federation's model?",
        "which of the findings of Zhao et al. (2026) hold on the embedded model, for two families of training data and "
        "three measures; and is aggregation that looks at bias better than what does not?",
        [
            f"Seeds: {', '.join(map(str, SEEDS))} (which contexts are biased, who holds them, batches)",
            "Model: SmolLM2-135M-Instruct from the base, in bfloat16 where the processor has it; LoRA "
            f"r={study.Lora().rank}",
            f"Federation: {CLIENTS} clients, {chosen.scale.rounds} rounds of {chosen.scale.steps} steps of {BATCH}, "
            f"AdamW at {chosen.rate:g}; FedAdam's server rate {chosen.eta:.3g}, by which its way is as long as "
            "FedAvg's; clients count the same; all else at its default",
            f"Learning rates that were tried on seed {CALIBRATION}, with the rise of StereoSet held out and the change "
            "of LMS in points: "
            + ", ".join(f"{rate:g} ({100 * rise:+.1f}, {100 * lms:+.1f})" for rate, rise, lms in chosen.tried),
            f"Items, the same for all cells, none trained on: {asked}",
        ],
        ("torch", "transformers", "peft", "flwr", "scipy", "tocsin"),
        lines,
    )


NOTES = (
    "A rate is how often the stereotype is preferred, as the mean over clusters (StereoSet: target terms; the suite "
    "`stereotype`: traits; CrowS-Pairs: pairs); 1 - LMS is how often a meaningful sentence loses to a meaningless one, "
    "and says what an adapter lost of its language. *holds*: the interval is on the claimed side of zero. *does not "
    f"hold*: it leaves out a change of {MATTERS:.0%} of the rate in that direction. Nothing is corrected for how many "
    "claims there are. Differences are paired by seed, share, layout and item; with three seeds the intervals are wide "
    "where seeds differ. Unbiased data are sentences of the same kind, one half with a stereotype and the other "
    "with its opposite: neutral in sum, and not silent about groups. The paper's models are larger, its data and "
    "lengths of training others, so that what does not hold here may hold there.",
)


if __name__ == "__main__":
    sys.exit(main())
