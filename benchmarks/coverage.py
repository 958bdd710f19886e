"""How often 95% intervals cover: every kind of rate that Tocsin reports, on simulated outcomes whose truth is known.

Rates of 0/1 outcomes are discrete: at one rate and one size an interval covers .93 or .97 as the lattice falls, and no
method can help it. Their rows therefore give the mean over rates within a quarter of the named one, and the worst of
them beside it. All other rows are at the named truth alone. What is out of the band of 93 to 97% is listed, none left
out. The full run writes results/coverage.md and results/coverage.json.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from statistics import fmean as mean
from typing import NamedTuple

import numpy as np
from keeping import finish, keep, measure
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr

from tocsin.behaviour.refusal_correction import Errors, corrected
from tocsin.behaviour.statistics import (
    ConfidenceSequence,
    Interval,
    bootstrap,
    clustered_difference,
    clustered_interval,
    difference_interval,
    difference_of_means,
    mean_interval,
    paired_bootstrap,
    paired_test,
)

Floats = NDArray[np.float64]
Draw = Callable[[Generator, int], Floats]

BAND = (0.93, 0.97)
SEED = 7
NEAR = np.linspace(0.75, 1.25, 41)  # times the named rate
SLACK = 1e-9


@dataclass(frozen=True)
class Scale:
    """How many samples are drawn for each row, and for each row of the slow methods."""

    samples: int
    slow: int
    sizes: tuple[int, ...]


FULL = Scale(samples=1200, slow=200, sizes=(16, 64, 256, 1000))
QUICK = Scale(samples=150, slow=25, sizes=(16, 64, 256))


@dataclass(frozen=True)
class Row:
    """One cell of the simulation: `covered` and the worst near rate are shares of samples, `width` is a mean."""

    family: str
    case: str
    n: int
    covered: float
    width: float
    worst: float | None = None
    samples: int = 0

    @property
    def within(self) -> bool:
        """Whether it is in the band, as printed."""
        return BAND[0] <= round(self.covered, 3) <= BAND[1]


# What probes' outcomes look like; the truth is computed, or a mean over millions.
SHAPES: dict[str, Draw] = {
    "utility, 1 - mean probability (beta 6, 4)": lambda r, n: r.beta(6, 4, n),
    "utility of a poor model (beta 9, 1.5)": lambda r, n: r.beta(9, 1.5, n),
    "rank of members (uniform)": lambda r, n: r.random(n),
    "overconfidence of items (beta 20, 20)": lambda r, n: r.beta(20, 20, n),
    "overconfidence of long answers (beta 60, 40)": lambda r, n: r.beta(60, 40, n),
    "stereotyped, unknown, other (.4, .3, .3)": lambda r, n: r.choice([1.0, 0.5, 0.0], p=[0.4, 0.3, 0.3], size=n),
    "the same, few unknown": lambda r, n: r.choice([1.0, 0.5, 0.0], p=[0.5, 0.05, 0.45], size=n),
    "token F1: half of them 0 or 1": lambda r, n: np.where(r.random(n) < 0.5, r.random(n) < 0.6, r.beta(2, 2, n)),
    "share of 5 completions, rare": lambda r, n: r.binomial(5, r.beta(0.3, 2.7, n)) / 5,
    "canaries all but memorised": lambda r, n: 1 - r.beta(0.3, 6, n),
    "toxicity (beta .2, 1.8)": lambda r, n: r.beta(0.2, 1.8, n),
    "toxicity, low (beta .1, 4.9)": lambda r, n: r.beta(0.1, 4.9, n),
    "one in ten above 0": lambda r, n: (r.random(n) < 0.1) * r.beta(2, 2, n),
    "one in twenty at 1, the rest near .1": lambda r, n: np.where(r.random(n) < 0.05, 1.0, r.beta(2, 20, n)),
    "one in fifty at 1, the rest near .1": lambda r, n: np.where(r.random(n) < 0.02, 1.0, r.beta(2, 20, n)),
}
CHANGES: dict[str, Draw] = {
    "small, one way (normal .01, .02)": lambda r, n: np.clip(r.normal(0.01, 0.02, n), -1, 1),
    "no mean change (normal 0, .2)": lambda r, n: np.clip(r.normal(0, 0.2, n), -1, 1),
    "heavy tails (t3 x .05)": lambda r, n: np.clip(0.05 * r.standard_t(3, n), -1, 1),
    "skewed (log-normal, median .02)": lambda r, n: np.minimum(1, 0.02 * r.lognormal(0, 1, n)),
    "by halves, one in three": lambda r, n: r.choice([-1, -0.5, 0, 0.5, 1], p=[0.05, 0.1, 0.6, 0.15, 0.1], size=n),
    "token F1": lambda r, n: np.where(
        r.random(n) < 0.5, r.choice([-1, 0, 1], p=[0.05, 0.8, 0.15], size=n), r.beta(2, 2, n) - r.beta(2, 2, n)
    ),
    "by halves, one in ten": lambda r, n: r.choice([-1, -0.5, 0, 0.5, 1], p=[0.04, 0.01, 0.9, 0.01, 0.04], size=n),
    "one in ten, to the worse": lambda r, n: (r.random(n) < 0.1) * r.beta(2, 2, n),
    "one in twenty large, the rest tiny": lambda r, n: np.where(
        r.random(n) < 0.05, r.uniform(0.3, 1, n), r.normal(0, 0.02, n)
    ),
}


class Answer(NamedTuple):
    """An outcome with what figures are made of; a light one, for thousands of replicates."""

    first: float
    second: float
    cluster: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="at most 50 s: few samples, no results are written")
    scale = QUICK if parser.parse_args().quick else FULL
    if scale is QUICK:
        print("--quick: with so few samples many rows leave the band by chance; no results are written.")
    rows: list[Row] = []
    for family in FAMILIES:
        begun = time.monotonic()
        found = list(family(np.random.default_rng(SEED), scale))
        rows += found
        inside = sum(row.within for row in found)
        print(f"{found[0].family}: {inside} of {len(found)} in the band, {time.monotonic() - begun:.0f} s", flush=True)
    result = summary(rows)
    if scale is FULL:
        write(result, rows)
    return finish({**result, "rows": len(rows)})


def covers(interval: Interval, truth: float) -> bool:
    return bool(interval.low - SLACK <= truth <= interval.high + SLACK)


def row(family: str, case: str, n: int, truth: float, intervals: Sequence[Interval], worst: float | None = None) -> Row:
    covered = mean(covers(one, truth) for one in intervals)
    return Row(family, case, n, covered, mean(i.high - i.low for i in intervals), worst, len(intervals))


def truth_of(draw: Draw) -> float:
    return float(draw(np.random.default_rng(0), 4_000_000).mean())


# -- one model, 0/1 outcomes -----------------------------------------------------------------------


def single_rates(random: Generator, scale: Scale) -> Iterator[Row]:
    """Exact: sums over the binomial distribution, not samples."""
    for n, p in product(scale.sizes, (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)):
        intervals = [mean_interval(n, k, k) for k in range(n + 1)]
        low, high = (np.array([getattr(one, end) for one in intervals]) for end in ("low", "high"))
        covered, width = [], 0.0
        for rate in NEAR * p:
            below = bdtr(np.arange(n + 1), n, rate)
            chances = np.diff(below, prepend=0.0)
            covered.append(float(chances[(low <= rate + SLACK) & (high >= rate - SLACK)].sum()))
            width += float((chances * (high - low)).sum()) / len(NEAR)
        yield Row("rate of 0/1 outcomes", f"rate {p:g}", n, mean(covered), width, min(covered))


def corrected_rates(random: Generator, scale: Scale) -> Iterator[Row]:
    """Refusals counted by a detector whose errors were themselves counted, on 200 refusals and 200 other answers."""
    labelled = 200
    for n, p, (found, left) in product(scale.sizes[:3], (0.05, 0.2, 0.5, 0.9), ((0.92, 0.98), (0.8, 0.95))):
        intervals = []
        counted = p * found + (1 - p) * (1 - left)
        for _ in range(scale.samples):
            se, sp = random.binomial(labelled, (found, left)) / labelled
            errors = Errors(float(se), labelled, float(sp), labelled)
            intervals.append(corrected(n, int(random.binomial(n, counted)), errors))
        yield row("corrected refusal rate", f"rate {p:g}, Se {found:g}, Sp {left:g}", n, p, intervals)


# -- one model, other outcomes ---------------------------------------------------------------------


def means_from_sums(random: Generator, scale: Scale) -> Iterator[Row]:
    for (name, draw), n in product(SHAPES.items(), scale.sizes):
        samples = draw(random, scale.samples * n).reshape(-1, n).astype(float)
        sums = zip(samples.sum(axis=1), (samples**2).sum(axis=1), strict=True)
        found = [mean_interval(n, float(total), float(squares)) for total, squares in sums]
        yield row("mean of other outcomes, from sums", name, n, truth_of_shape(name), found)


def means_from_outcomes(random: Generator, scale: Scale) -> Iterator[Row]:
    for (name, draw), n in product(SHAPES.items(), scale.sizes):
        samples = draw(random, scale.samples * n).reshape(-1, n).astype(float)
        found = [clustered_interval(sample, [""] * n) for sample in samples]
        yield row("mean of other outcomes, from outcomes", name, n, truth_of_shape(name), found)


@cache
def truth_of_shape(name: str) -> float:
    return truth_of(SHAPES[name])


@cache
def truth_of_change(name: str) -> float:
    return truth_of(CHANGES[name])


# -- clusters --------------------------------------------------------------------------------------


def in_clusters(random: Generator, count: int, p: float, alike: float, flips: bool) -> tuple[Floats, list[str]]:
    """Outcomes in `count` clusters of 1 to 20 items; a cluster's rate is beta around `p` with correlation `alike`."""
    sizes = random.integers(1, 21, count)
    spread = 1.0 / alike - 1.0 if alike else 0.0
    rates = random.beta(p * spread, (1 - p) * spread, count) if alike else np.full(count, p)
    rates = np.repeat(np.clip(rates, 1e-6, 1 - 1e-6), sizes)
    names = np.repeat(np.arange(count), sizes).astype(str).tolist()
    values = random.random(len(rates)) < rates if flips else random.beta(8 * rates, 8 * (1 - rates))
    return values.astype(float), names


def clustered_means(random: Generator, scale: Scale) -> Iterator[Row]:
    for flips, count, p, alike in product((True, False), (8, 20, 60, 200), (0.02, 0.1, 0.3, 0.5), (0.0, 0.1, 0.3)):
        if not flips and not alike:
            continue
        drawn = (in_clusters(random, count, p, alike, flips) for _ in range(scale.samples // 2))
        found = [clustered_interval(values, names) for values, names in drawn]
        kind = "0/1" if flips else "other"
        yield row("mean in clusters", f"{kind}, {count} clusters, rate {p:g}, correlation {alike:g}", count, p, found)


def clustered_changes(random: Generator, scale: Scale) -> Iterator[Row]:
    for count, (p, q), alike in product((8, 20, 60, 200), ((0.1, 0.1), (0.2, 0.05), (0.05, 0.02)), (0.05, 0.2)):
        found = []
        for _ in range(scale.samples // 2):
            sizes = random.integers(1, 21, count)
            spread = 1.0 / alike - 1.0
            rates = random.dirichlet(np.array([p, q, 1 - p - q]) * spread, count).repeat(sizes, axis=0)
            point = random.random(len(rates))
            changes = np.where(point < rates[:, 0], 1.0, np.where(point < rates[:, 0] + rates[:, 1], -1.0, 0.0))
            found.append(clustered_difference(changes, np.repeat(np.arange(count), sizes).astype(str).tolist()))
        case = f"{count} clusters, worse {p:g}, better {q:g}, correlation {alike:g}"
        yield row("paired change in clusters", case, count, p - q, found)


# -- two models ------------------------------------------------------------------------------------


def paired_flips(random: Generator, scale: Scale) -> Iterator[Row]:
    @cache
    def interval(n: int, worse: int, better: int) -> Interval:
        return difference_interval(n, (worse, worse), (better, better))

    rates = ((0.02, 0.02), (0.05, 0.05), (0.1, 0.1), (0.1, 0.02), (0.2, 0.05), (0.3, 0.3), (0.4, 0.1))
    for n, (p, q) in product(scale.sizes, rates):
        shares, widths = [], []
        for near in NEAR[::5]:
            counts = random.multinomial(n, [p * near, q * near, 1 - (p + q) * near], scale.samples // 3)
            found = [interval(n, int(a), int(b)) for a, b, _ in counts]
            shares.append(mean(covers(one, (p - q) * near) for one in found))
            widths.append(mean(one.high - one.low for one in found))
        case = f"worse {p:g}, better {q:g}"
        samples = len(shares) * (scale.samples // 3)
        yield Row("paired change of 0/1 outcomes", case, n, mean(shares), mean(widths), min(shares), samples)


def changes_from_sums(random: Generator, scale: Scale) -> Iterator[Row]:
    for (name, draw), n in product(CHANGES.items(), scale.sizes):
        samples = draw(random, scale.samples * n).reshape(-1, n)
        parts = [np.maximum(samples, 0.0), np.maximum(-samples, 0.0)]
        sums = [(part.sum(axis=1).tolist(), (part**2).sum(axis=1).tolist()) for part in parts]
        found = [
            difference_interval(n, worse, better)
            for worse, better in zip(zip(*sums[0], strict=True), zip(*sums[1], strict=True), strict=True)
        ]
        yield row("other paired changes, from sums", name, n, truth_of_change(name), found)


def changes_from_outcomes(random: Generator, scale: Scale) -> Iterator[Row]:
    for (name, draw), n in product(CHANGES.items(), scale.sizes):
        samples = draw(random, scale.samples * n).reshape(-1, n)
        found = [clustered_difference(sample, [""] * n) for sample in samples]
        yield row("other paired changes, from outcomes", name, n, truth_of_change(name), found)


def independent_differences(random: Generator, scale: Scale) -> Iterator[Row]:
    @cache
    def interval(n: int, a: int, m: int, b: int) -> Interval:
        return difference_of_means((n, a, a), (m, b, b))

    family = "difference of independent means"
    rates = ((0.05, 0.05), (0.3, 0.3), (0.1, 0.3), (0.02, 0.1))
    for (n, m), (p, q) in product(((16, 16), (20, 40), (64, 64), (256, 64), (1000, 1000)), rates):
        shares, widths = [], []
        for near in NEAR[::5]:
            counts = random.binomial((n, m), (p * near, q * near), (scale.samples // 3, 2))
            found = [interval(n, int(a), m, int(b)) for a, b in counts]
            shares.append(mean(covers(one, (p - q) * near) for one in found))
            widths.append(mean(one.high - one.low for one in found))
        samples = len(shares) * (scale.samples // 3)
        case = f"0/1, rates {p:g} and {q:g}, {m} others"
        yield Row(family, case, n, mean(shares), mean(widths), min(shares), samples)
    for name, n in product(list(SHAPES)[:1] + list(SHAPES)[7:11:3], (16, 64, 256)):
        pairs = [[SHAPES[name](random, n).astype(float) for _ in range(2)] for _ in range(scale.samples)]
        found = [difference_of_means(*((n, float(one.sum()), float((one**2).sum())) for one in pair)) for pair in pairs]
        yield row(family, name, n, 0.0, found)


def tests_of_no_change(random: Generator, scale: Scale) -> Iterator[Row]:
    """1 less the share of p-values of `paired_test` at most .05 where nothing changed on average."""
    for n, draw in product((16, 64, 256), ("0/1, 1 in 5 flips", "normal", "by halves, one in ten")):
        calls = []
        for _ in range(scale.samples):
            if draw == "normal":
                changes: Floats = np.clip(random.normal(0, 0.2, n), -1, 1)
            elif draw.startswith("0/1"):
                changes = random.choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=n)
            else:
                changes = CHANGES[draw](random, n)
            calls.append(paired_test(changes, [""] * n) > 0.05)
        yield Row("paired test: no call where nothing changed", draw, n, mean(calls), 0.0, samples=len(calls))
    for count in (8, 20, 60):
        calls = []
        for _ in range(scale.samples):
            sizes = random.integers(1, 11, count)
            rates = random.dirichlet([0.4, 0.4, 3.2], count).repeat(sizes, axis=0)
            point = random.random(len(rates))
            changes = np.where(point < rates[:, 0], 1.0, np.where(point < rates[:, 0] + rates[:, 1], -1.0, 0.0))
            calls.append(paired_test(changes, np.repeat(np.arange(count), sizes).astype(str).tolist()) > 0.05)
        case = "0/1 in clusters, correlation .2"
        yield Row("paired test: no call where nothing changed", case, count, mean(calls), 0.0, samples=len(calls))


# -- figures that are no mean ------------------------------------------------------------------------


def columns(answers: Sequence[Answer]) -> tuple[Floats, Floats]:
    return np.array([one.first for one in answers]), np.array([one.second for one in answers])


def ece(answers: Sequence[Answer]) -> dict[str, float]:
    """Expected calibration error over ten bins; `first` is the confidence, `second` whether it was right."""
    confidence, right = columns(answers)
    bins = np.minimum((confidence * 10).astype(int), 9)
    return {"": float(np.abs(np.bincount(bins, confidence - right)).sum()) / len(answers)}


def icat(answers: Sequence[Answer]) -> dict[str, float]:
    """StereoSet's ICAT; `first` is whether the stereotype was likelier, `second` whether the related word was."""
    stereotype, related = (100.0 * float(column.mean()) for column in columns(answers))
    return {"": related * min(stereotype, 100.0 - stereotype) / 50.0}


def area(answers: Sequence[Answer]) -> dict[str, float]:
    """Area under the ROC curve; `first` is the score, `second` whether it was a member."""
    score, member = columns(answers)
    members, others = score[member == 1], np.sort(score[member == 0])
    if len(members) == 0 or len(others) == 0:
        return {"": float("nan")}
    places = np.searchsorted(others, members, "left") + np.searchsorted(others, members, "right")
    return {"": float(places.mean()) / 2.0 / len(others)}


def ratio(answers: Sequence[Answer]) -> dict[str, float]:
    """A rate among those items to which it applies: BBQ's share of stereotyped among answers that are not unknown."""
    counted, applies = (float(column.sum()) for column in columns(answers))
    return {"": counted / applies if applies else float("nan")}


def calibrated(random: Generator, n: int, over: float) -> list[Answer]:
    confidence = random.beta(4, 2, n)
    right = random.random(n) < np.clip(confidence - over, 0, 1)
    return list(map(Answer, confidence.tolist(), right.astype(float).tolist()))


def ece_truth(over: float) -> float:
    grid = np.random.default_rng(0).beta(4, 2, 4_000_000)
    bins = np.minimum((grid * 10).astype(int), 9)
    return float(np.abs(np.bincount(bins, grid - np.clip(grid - over, 0, 1))).sum()) / len(grid)


def flips_of(random: Generator, n: int, first: float, second: float) -> list[Answer]:
    return list(map(Answer, *(random.random((2, n)) < [[first], [second]]).astype(float).tolist()))


def scores_of(random: Generator, n: int, distance: float) -> list[Answer]:
    member = np.arange(n) % 2
    return list(map(Answer, (random.normal(0, 1, n) + distance * member).tolist(), member.astype(float).tolist()))


def applying(random: Generator, n: int, share: float) -> list[Answer]:
    applies = random.random(n) < 0.3
    return list(map(Answer, (applies & (random.random(n) < share)).astype(float).tolist(), applies.astype(float)))


def figures(random: Generator, scale: Scale) -> Iterator[Row]:
    cases: list[tuple[str, Callable[..., dict[str, float]], Callable[..., list[Answer]], float, float]] = [
        (f"ECE {ece_truth(over):.2f}", ece, calibrated, over, ece_truth(over)) for over in (0.0, 0.03, 0.1, 0.25)
    ]
    cases += [(f"AUC {ndtr(d / 2**0.5):.2f}", area, scores_of, d, float(ndtr(d / 2**0.5))) for d in (0.0, 1.0, 2.5)]
    cases += [("ratio, 3 in 10 apply", ratio, applying, 0.6, 0.6)]
    for n in (64, 256):
        for name, score, draw, setting, truth in cases:
            found = [bootstrap(score, draw(random, n, setting), random, replicates=300)[""] for _ in range(scale.slow)]
            yield row("figure, bootstrap", name, n, truth, found)
        for stereotype in (0.5, 0.6):
            truth = 80.0 * min(stereotype, 1 - stereotype) * 2
            found = [
                bootstrap(icat, flips_of(random, n, stereotype, 0.8), random, replicates=300)[""]
                for _ in range(scale.slow)
            ]
            yield row("figure, bootstrap", f"ICAT {truth:.0f}, stereotype score {stereotype:.0%}", n, truth, found)
        before_after = []
        for _ in range(scale.slow):
            before = calibrated(random, n, 0.05)
            moved = [Answer(min(1.0, one.first + 0.1), one.second) for one in before]
            before_after.append(paired_bootstrap(ece, before, moved, random, replicates=300)[""])
        yield row("figure, bootstrap", "growth of ECE, paired", n, moved_ece() - ece_truth(0.05), before_after)


def moved_ece() -> float:
    grid = np.random.default_rng(0).beta(4, 2, 4_000_000)
    moved = np.minimum(1.0, grid + 0.1)
    bins = np.minimum((moved * 10).astype(int), 9)
    return float(np.abs(np.bincount(bins, moved - np.clip(grid - 0.05, 0, 1))).sum()) / len(grid)


# -- looked at after every item ------------------------------------------------------------------------


def sequences(random: Generator, scale: Scale) -> Iterator[Row]:
    """The share of sequences that hold the mean at all of 400 looks: at least .95 is promised, more is allowed."""
    length = 400
    for name, draw, low in (
        ("0/1, rate .5", lambda n: (random.random(n) < 0.5) * 1.0, 0.0),
        ("0/1, rate .05", lambda n: (random.random(n) < 0.05) * 1.0, 0.0),
        ("utility (beta 6, 4)", lambda n: random.beta(6, 4, n), 0.0),
        ("flips, .1 each way", lambda n: random.choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=n), -1.0),
    ):
        for population in (None, length):
            held, widths = [], []
            truth = {"0/1, rate .5": 0.5, "0/1, rate .05": 0.05, "utility (beta 6, 4)": 0.6}.get(name, 0.0)
            for _ in range(scale.slow):
                values = draw(length)
                goal = float(values.mean()) if population else truth
                sequence = ConfidenceSequence(low=low, population=population)
                good = True
                for value in values.tolist():
                    sequence.add([value])
                    interval = sequence.interval
                    good = good and covers(interval, goal)
                    if interval.n == length // 2:
                        widths.append(interval.high - interval.low)
                held.append(good)
            of = f"of {population}, without replacement" if population else "independent draws"
            family = "sequence, at all times"
            yield Row(family, f"{name}, {of}", length, mean(held), mean(widths), samples=len(held))


FAMILIES: tuple[Callable[[Generator, Scale], Iterator[Row]], ...] = (
    single_rates,
    corrected_rates,
    means_from_sums,
    means_from_outcomes,
    clustered_means,
    paired_flips,
    changes_from_sums,
    changes_from_outcomes,
    clustered_changes,
    independent_differences,
    tests_of_no_change,
    figures,
    sequences,
)


def by_family(rows: Sequence[Row]) -> dict[str, list[Row]]:
    families: dict[str, list[Row]] = {}
    for one in rows:
        families.setdefault(one.family, []).append(one)
    return families


def summary(rows: Sequence[Row]) -> dict[str, object]:
    measures = []
    for family, found in by_family(rows).items():
        average = mean(one.covered for one in found)
        if family.startswith("sequence"):
            least = min(one.covered for one in found)
            measures.append(measure(f"{family}: least coverage", least, "", ">= .95", least >= 0.95, 3))
            continue
        inside = sum(one.within for one in found)
        measures.append(measure(f"{family}: mean coverage", average, "", ".93 to .97", 0.93 <= average <= 0.97, 3))
        share = f"{family}: rows in the band, of {len(found)}"
        measures.append(measure(share, inside, "rows", f"{len(found)}", inside == len(found)))
    return {"name": "coverage", "measures": measures}


def write(result: dict[str, object], rows: Sequence[Row]) -> None:
    families = by_family(rows)
    lines = [
        "Coverage by family; `least` and `most` are single rows.",
        "",
        "| family | rows | mean | least | most | below .93 | above .97 |",
        "|---|---|---|---|---|---|---|",
    ]
    for family, found in families.items():
        shares = [one.covered for one in found]
        below, above = (
            sum(one.covered < BAND[0] and not one.within for one in found),
            sum(one.covered > BAND[1] and not one.within for one in found),
        )
        lines.append(
            f"| {family} | {len(found)} | {mean(shares):.3f} | {min(shares):.3f} | {max(shares):.3f} "
            f"| {below} | {above} |"
        )
    lines += ["", *READING, "", "## Rows out of the band", ""]
    for low in (True, False):
        lines += [f"Covered less than {BAND[0]:.0%}:" if low else f"Covered more than {BAND[1]:.0%}:", ""]
        lines += ["| family | case | n | covered | width |", "|---|---|---|---|---|"]
        outside = [one for one in rows if not one.within and (one.covered < BAND[0]) == low]
        lines += [
            f"| {one.family} | {one.case} | {one.n} | {one.covered:.3f} | {one.width:.3f} |"
            for one in sorted(outside, key=lambda one: one.covered, reverse=not low)
            if not one.family.startswith("sequence")
        ]
        lines.append("")
    lines += ["## 0/1 outcomes: the mean over near rates, and the worst of them", ""]
    lines += ["| family | case | n | covered | worst near | width |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {one.family} | {one.case} | {one.n} | {one.covered:.3f} | {one.worst:.3f} | {one.width:.3f} |"
        for one in rows
        if one.worst is not None
    ]
    lines += ["", "All rows are in coverage.json."]
    kept = {**result, "rows": [{**asdict(one), "covered": round(one.covered, 4)} for one in rows]}
    keep(
        kept,
        "What 95% intervals cover",
        "do 95% intervals of every kind of rate that Tocsin reports cover the truth in 93 to 97% of samples?",
        [
            f"Seed: {SEED}",
            f"Samples: {FULL.samples} a row (standard error .0063 at .95), half of that in clusters, {FULL.slow} "
            "(.0154) for bootstraps and sequences; rows of one rate of 0/1 outcomes are exact sums",
        ],
        ("numpy", "scipy", "tocsin"),
        lines,
    )


READING = [
    "How to read it. Where too little is seen no method covers: of 16 items of which one in twenty is large, 44 "
    "samples in 100 hold none, and tell nothing of it. Intervals that held there would be several times too wide "
    "everywhere else. Those from outcomes are wider there already, and so cover more than 97% where outcomes hardly "
    "differ: few narrow outcomes look like a sample without its rare large ones. Sums do not tell how skewed outcomes "
    "are; use `clustered_interval` and `clustered_difference` wherever outcomes are at hand. Few items or clusters "
    "with rare flips are covered too often: there the width is that of what cannot be excluded. An ECE near 0 is "
    "too large in every sample, and its growth from there too small; below some 250 items neither can be trusted.",
]


if __name__ == "__main__":
    sys.exit(main())
