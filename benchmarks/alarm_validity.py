"""Do the alarm's tests hold their level where it is hardest, and what do they see?

Sentinels, trips, counts, rates and histograms are simulated under nulls that sit on the tolerance, with correlated
items, clients that come back every round, a baseline that was estimated, drop-out that depends on the score; and under
failures that begin in round 10 to 14. Beside the null runs are some that break an assumption, to show what it is
worth. "DESIGN" is the test of trips that the design simulated (exponential bets, released every round), on the same
sentinels. Seeds here are not those that the defaults of `TripPlan.usual` were chosen on. The full run writes
results/alarm_validity.md and results/alarm_validity.json.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from keeping import finish, keep, measure
from numpy.typing import NDArray
from scipy.special import betaincinv

from tocsin.alarm.baseline import EstimatedRate
from tocsin.alarm.counts import CountNoise, KnownRate, PairedCounts
from tocsin.alarm.e_process import StartMixture, log_mean_exp
from tocsin.alarm.histogram import Histograms
from tocsin.alarm.laws import DiscreteLaplace, Gaussian
from tocsin.alarm.paired import Paired
from tocsin.alarm.trips import TripPlan, Trips

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Floats]
"""(generator, streams, round from 1) -> paired differences (streams, items)."""

SEED = 20_26
ROUNDS, ITEMS, CELLS, LEVEL, TOLERANCE = 30, 20, 60, 0.05, 0.03
FLIPS = 0.03  # of the items go to the better, and as many to the worse, without any change of the mean
ONSETS = (10, 11, 12, 13, 14)  # healthy rounds before a failure: all phases of a release every five rounds
EFFECTS = {"accuracy .80->.65": 0.15, "stereotype .55->.65": 0.10, "refusal .95->.60": 0.35}
DESIGN_EXPONENTS = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)


@dataclass(frozen=True)
class Scale:
    """How much is simulated."""

    runs: int
    null_streams: int
    effect_streams: int
    histograms: int


FULL = Scale(runs=4000, null_streams=100_000, effect_streams=4000, histograms=1000)
QUICK = Scale(runs=1000, null_streams=20_000, effect_streams=2000, histograms=60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="coarser, at most 50 s on two cores")
    quick = parser.parse_args().quick
    scale = QUICK if quick else FULL
    rng = np.random.default_rng(SEED)
    book = Book()
    sentinels(rng, scale, book)
    banks = Banks(rng, scale)
    false_trips(rng, scale, banks, book)
    table = power(rng, scale, banks, book)
    counts(rng, scale, book)
    rates(rng, scale, book)
    histograms(rng, scale, book)
    result = {"name": "alarm_validity", "measures": book.measures}
    if not quick:
        keep(
            result,
            "Does the alarm hold its level, and what does it see?",
            "familywise false alarms of each test on nulls that sit on the tolerance, at level .05 for the run, with "
            "their 95% upper limit; power and median delay of trips against the design's figures.",
            [f"Seed: {SEED}", f"{scale.runs} runs a row, {CELLS} cells, {ROUNDS} rounds, {ITEMS} items a client"],
            ["numpy", "scipy", "tocsin"],
            table,
        )
    for m in book.measures:
        print(f"{m['measure']:95s} {m['value']:g} {m['unit']} {m['target'] or ''} {'' if m['met'] else 'MISSED'}")
    print("\n".join(table))
    return finish(result)


class Book:
    """The measures so far."""

    def __init__(self) -> None:
        self.measures: list[dict[str, Any]] = []

    def false_alarms(self, what: str, rang: NDArray[np.bool_], level: float = LEVEL) -> None:
        """A test that has to hold: its false alarms' upper limit is at most 1.4 times the level (.07 at .05)."""
        share, upper = float(rang.mean()), upper_limit(int(rang.sum()), len(rang))
        named = f"{what} ({len(rang)} runs, upper limit {upper:.4f})"
        self.measures.append(
            measure(named, share, "false alarms a run", f"<= {level:g}, upper <= {1.4 * level:g}",
                    share <= level and upper <= 1.4 * level)
        )  # fmt: skip

    def note(self, what: str, value: float, unit: str) -> None:
        """A figure without a target."""
        self.measures.append(measure(what, value, unit))

    def target(self, what: str, value: float, unit: str, target: str, met: bool) -> None:
        """A figure with one."""
        self.measures.append(measure(what, value, unit, target, met))


def upper_limit(events: int, runs: int) -> float:
    """Clopper and Pearson's, one-sided 97.5%."""
    return 1.0 if events == runs else float(betaincinv(events + 1, runs - events, 0.975))


def any_cell(rang: NDArray[np.bool_], cells: int) -> NDArray[np.bool_]:
    """Whether any cell of a run rang, (runs,)."""
    got: NDArray[np.bool_] = np.any(rang.reshape(-1, cells), axis=1)
    return got


def flips(rng: np.random.Generator, shape: tuple[int, ...], worse: Any, better: Any) -> Floats:
    """Paired differences of items that flip with these probabilities."""
    u = rng.random(shape)
    return np.where(u < worse, 1.0, np.where(u > 1.0 - np.asarray(better), -1.0, 0.0))


def on_tolerance(rng: np.random.Generator, streams: int, round: int) -> Floats:
    return flips(rng, (streams, ITEMS), FLIPS + TOLERANCE, FLIPS)


def failing(change: float, onset: int) -> Draw:
    def draw(rng: np.random.Generator, streams: int, round: int) -> Floats:
        return flips(rng, (streams, ITEMS), FLIPS + (change if round > onset else TOLERANCE), FLIPS)

    return draw


def trip_rounds(rng: np.random.Generator, draw: Draw, streams: int, barriers: tuple[float, ...]) -> list[NDArray[Any]]:
    """For each of `barriers` (1/c) the round, from 1, in which each stream trips, 0 where it never does."""
    found = [np.zeros(streams, dtype=int) for _ in barriers]
    for begin in range(0, streams, 10_000):
        at = slice(begin, min(streams, begin + 10_000))
        test = Paired(at.stop - at.start, ROUNDS, TOLERANCE)
        for round in range(1, ROUNDS + 1):
            log_e = test.update(draw(rng, at.stop - at.start, round))
            for barrier, first in zip(barriers, found, strict=True):
                new = (log_e >= np.log(barrier)) & (first[at] == 0)
                first[at][new] = round
    return found


# --- sentinels ---------------------------------------------------------------------------------------------------


def sentinels(rng: np.random.Generator, scale: Scale, book: Book) -> None:
    """One client's own test at level .05, its streams one by one: where it holds, and what breaks it."""
    streams, barrier = scale.null_streams // 10, (1.0 / LEVEL,)
    templates = rng.beta(0.6, 9.4, (2, 120))
    templates *= np.array([[FLIPS + TOLERANCE], [FLIPS]]) / templates.mean(axis=1, keepdims=True)

    def of_templates(rng: np.random.Generator, streams: int, round: int) -> Floats:
        which = rng.integers(0, 120, (streams, ITEMS))
        return flips(rng, which.shape, templates[0][which], templates[1][which])

    def in_clusters(rng: np.random.Generator, streams: int, round: int) -> Floats:
        which = np.repeat(rng.integers(0, 120, (streams, 1)), ITEMS, axis=1)
        return flips(rng, which.shape, templates[0][which], templates[1][which])

    def bounded(rng: np.random.Generator, streams: int, round: int) -> Floats:
        return 2.0 * rng.beta(1.03, 0.97, (streams, ITEMS)) - 1.0

    held: dict[str, Draw] = {
        "flips .06 and .03": on_tolerance,
        "flips .48 and .45": lambda rng, n, _: flips(rng, (n, ITEMS), 0.48, 0.45),
        "no flip to the better": lambda rng, n, _: flips(rng, (n, ITEMS), TOLERANCE, 0.0),
        "120 unequal templates, items drawn one by one": of_templates,
        "bounded differences, Beta": bounded,
    }
    for name, draw in held.items():
        book.false_alarms(f"sentinel: {name}", trip_rounds(rng, draw, streams, barrier)[0] > 0)
    once = of_templates(np.random.default_rng(SEED + 1), 10_000, 1)
    broken: dict[str, Draw] = {
        "BROKEN: a template is drawn, and all items of the round from it": in_clusters,
        "BROKEN: one set of 20 items is asked every round": lambda rng, n, _: once[:n],
    }
    for name, draw in broken.items():
        share = float((trip_rounds(rng, draw, streams // 2, barrier)[0] > 0).mean())
        book.note(f"sentinel, {name}", share, "false alarms a run")


# --- trips -------------------------------------------------------------------------------------------------------


def plan(clients: int, shares: float = 1.0, cells: int = CELLS) -> TripPlan:
    return TripPlan.usual(clients, cells, ROUNDS, LEVEL, DiscreteLaplace(2.0, shares))


class Banks:
    """Trip rounds of many streams, from which clients are drawn: by barrier, of nulls and of effects by onset."""

    def __init__(self, rng: np.random.Generator, scale: Scale) -> None:
        self.barriers = tuple(sorted({1.0 / plan(n).false_trip for n in (50, 100, 200)}))
        found = trip_rounds(rng, on_tolerance, scale.null_streams, self.barriers)
        self.null = dict(zip(self.barriers, found, strict=True))
        self.effect: dict[tuple[str, int, float], NDArray[Any]] = {}
        for name, change in EFFECTS.items():
            for onset in ONSETS:
                got = trip_rounds(rng, failing(change, onset), scale.effect_streams, self.barriers)
                self.effect |= {(name, onset, b): rounds for b, rounds in zip(self.barriers, got, strict=True)}

    def nulls(self, rng: np.random.Generator, runs: int, of: TripPlan) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """For each run the (cell, round) of its clients' first false trips."""
        bank = self.null[1.0 / of.false_trip]
        trips = bank[bank > 0]
        pairs = of.clients * of.cells
        found = []
        for number in rng.binomial(pairs, len(trips) / len(bank), runs):
            where = rng.integers(0, pairs, number)
            when = rng.choice(trips, number) if number else np.zeros(0, dtype=int)
            order = np.argsort(when)
            _, first = np.unique(where[order] // of.cells, return_index=True)
            found.append((where[order][first] % of.cells, when[order][first]))
        return found

    def clients(self, rng: np.random.Generator, runs: int, of: TripPlan, name: str, onset: int, hit: int) -> Any:
        """(runs, clients): the round of each client's trip in the failing cell, 0: none, or another came first."""
        barrier = 1.0 / of.false_trip
        got = np.zeros((runs, of.clients), dtype=int)
        got[:, :hit] = rng.choice(self.effect[name, onset, barrier], (runs, hit))
        got[:, hit:] = rng.choice(self.null[barrier], (runs, of.clients - hit))
        bank = self.null[barrier]
        by_round = np.array([((bank > 0) & (bank <= t)).mean() for t in range(ROUNDS + 1)])
        elsewhere = np.searchsorted(1.0 - (1.0 - by_round) ** (of.cells - 1), rng.random(got.shape))
        return np.where(elsewhere < got, 0, got)


def laplace(rng: np.random.Generator, law: DiscreteLaplace, size: int) -> NDArray[np.int64]:
    """Noise for a simulation; seeded, so it protects nobody."""
    keep = -np.expm1(-law.epsilon)
    got: NDArray[np.int64] = rng.negative_binomial(law.shares, keep, size) - rng.negative_binomial(
        law.shares, keep, size
    )
    return got


def rings(rng: np.random.Generator, of: TripPlan, arrivals: NDArray[Any], runs: int, law: DiscreteLaplace) -> Any:
    """The round in which each of runs * cells rings, 0: never. `arrivals` (rounds+1, runs * cells): trips by round."""
    test, rang, last = Trips(of, runs), np.zeros(runs * of.cells, dtype=int), 0
    for round in of.releases:
        y = arrivals[last + 1 : round + 1].sum(axis=0) + laplace(rng, law, runs * of.cells)
        ringing = test.update(y) >= np.log(of.threshold)
        rang[ringing & (rang == 0)] = round
        last = round
    return rang


def design_rings(
    rng: np.random.Generator, of: TripPlan, arrivals: NDArray[Any], runs: int, law: DiscreteLaplace
) -> Any:
    """As `rings`, with the design's formulas: exponential bets alone, a release every round."""
    bets = np.array(DESIGN_EXPONENTS) * law.epsilon
    process, log_b = StartMixture((runs * of.cells, len(bets)), ROUNDS), -np.log(of.cost(bets))
    rang, known = np.zeros(runs * of.cells, dtype=int), np.ones(runs * of.cells, dtype=bool)
    for round in range(1, ROUNDS + 1):
        y = arrivals[round] + laplace(rng, law, runs * of.cells)
        process.start(known)
        process.multiply(bets * y[:, np.newaxis] - law.log_moment(bets), known)
        capital = np.exp(np.minimum(600.0, log_mean_exp(log_b + process.log_m))) + process.cash
        rang[(capital >= of.threshold) & (rang == 0)] = round
    return rang


def false_trips(rng: np.random.Generator, scale: Scale, banks: Banks, book: Book) -> None:
    """Familywise false alarms of trips: all cells on the tolerance, and worse than any null can be."""
    for clients in (50, 100, 200):
        of = plan(clients)
        rows: dict[str, tuple[str, DiscreteLaplace]] = {
            "sentinels on the tolerance": ("bank", DiscreteLaplace(2.0)),
            "false trips at their bound, all in one release": ("bound", DiscreteLaplace(2.0)),
        }
        for name, (kind, law) in rows.items():
            rang = np.concatenate([_null_runs(rng, of, banks, kind, law, 500) for _ in range(scale.runs // 500)])
            book.false_alarms(f"trips, {clients} clients: {name}", rang)
    of, law = plan(50, 1.0 / 0.9), DiscreteLaplace(2.0, 1.0 / 0.9)
    rang = np.concatenate([_null_runs(rng, of, banks, "bank", law, 500) for _ in range(scale.runs // 500)])
    book.false_alarms("trips, 50 clients: noise of all, one in ten assumed to add none", rang)
    rang = np.concatenate([_null_runs(rng, of, banks, "leaving", law, 500) for _ in range(scale.runs // 500)])
    book.false_alarms("trips, 50 clients: those with a bad score leave before they send it", rang)


def _null_runs(
    rng: np.random.Generator, of: TripPlan, banks: Banks, kind: str, law: DiscreteLaplace, runs: int
) -> NDArray[np.bool_]:
    arrivals = np.zeros((ROUNDS + 1, runs * of.cells), dtype=np.int64)
    if kind == "bound":
        number = rng.binomial(of.clients, of.false_trip, runs * of.cells)
        arrivals[of.releases[len(of.releases) // 2]] = number
    else:
        for run, (cells, rounds) in enumerate(banks.nulls(rng, runs, of)):
            stays = rng.random(len(cells)) < (0.5 if kind == "leaving" else 1.0)
            np.add.at(arrivals, (rounds[stays], run * of.cells + cells[stays]), 1)
    return any_cell(rings(rng, of, arrivals, runs, law) > 0, of.cells)


def power(rng: np.random.Generator, scale: Scale, banks: Banks, book: Book) -> list[str]:
    """Power and median delay of trips, ours and the design's, on the same streams."""
    cases = [
        (50, "accuracy .80->.65", 1.0, 0.95, 9),
        (50, "stereotype .55->.65", 1.0, 0.95, 15),
        (50, "refusal .95->.60", 0.2, 0.66, None),
        (50, "refusal .95->.60", 0.1, 0.5, None),
        (100, "refusal .95->.60", 0.1, None, None),
        (200, "accuracy .80->.65", 1.0, 0.95, 5),
        (200, "stereotype .55->.65", 1.0, 0.95, 8),
        (200, "refusal .95->.60", 0.1, 0.95, 5),
    ]
    lines = [
        "Power / median delay in rounds; one total pure epsilon of 2. Onsets are rounds 10 to 14 in equal parts; the",
        "range is of the power by onset: with a release every five rounds it matters where in between one begins.",
        "",
        "| clients | effect | share hit | design's test | ours | range by onset |",
        "|---|---|---|---|---|---|",
    ]
    for clients, name, share, aim, slowest in cases:
        of, law = plan(clients), DiscreteLaplace(2.0)
        ours: list[tuple[Any, int]] = []
        design: list[tuple[Any, int]] = []
        for onset in ONSETS:
            runs = scale.runs // 5 // CELLS * CELLS or CELLS
            first = banks.clients(rng, runs, of, name, onset, round(share * clients))
            arrivals = np.stack([(first == t).sum(axis=1) for t in range(ROUNDS + 1)])
            arrivals[0] = 0
            for found, how in ((ours, rings), (design, design_rings)):
                rang = how(rng, of, arrivals, runs // CELLS, law)
                found.append((rang[rang > onset] - onset, len(rang)))
        shares = [len(d) / n for d, n in ours]
        got, late = _both(ours)
        theirs, theirs_late = _both(design)
        lines.append(
            f"| {clients} | {name} | {share:.0%} | {theirs:.2f} / {theirs_late:g} | {got:.2f} / {late:g} | "
            f"{min(shares):.2f} to {max(shares):.2f} |"
        )
        what = f"trips, {clients} clients, {share:.0%} hit, {name}"
        if aim is None:
            book.note(f"{what}: power", got, "share")
        else:
            book.target(f"{what}: power", got, "share", f">= {aim:g}", got >= aim)
        if slowest is not None:
            book.target(f"{what}: median delay", late, "rounds", f"<= {slowest}", late <= slowest)
    return lines


def _both(found: list[tuple[Any, int]]) -> tuple[float, float]:
    delays = np.concatenate([d for d, _ in found])
    return len(delays) / sum(n for _, n in found), float(np.median(delays)) if len(delays) else float("nan")


# --- counts ------------------------------------------------------------------------------------------------------


def counts(rng: np.random.Generator, scale: Scale, book: Book) -> None:
    """Paired counts of 50 clients with noise of sd 5 in each sum and number."""
    clients, noise = 50, CountNoise(Gaussian(5.0), Gaussian(5.0))
    cells, runs = 12, min(scale.runs, 2000)

    def simulate(kind: str) -> NDArray[Any]:
        size = runs * cells
        test, rang = PairedCounts(size, ROUNDS, TOLERANCE), np.zeros(size, dtype=int)
        worse_at = np.full((size, clients), FLIPS + TOLERANCE)
        if kind == "unequal":
            worse_at = rng.beta(1.0, 15.67, worse_at.shape)
            worse_at *= (FLIPS + TOLERANCE) / worse_at.mean(axis=1, keepdims=True)
            worse_at = np.minimum(worse_at, 0.9)
        stays = np.ones(worse_at.shape, dtype=bool)
        for round in range(1, ROUNDS + 1):
            if kind == "failing":
                worse_at = np.full((size, clients), FLIPS + (TOLERANCE if round <= 10 else 0.1))
            x = rng.binomial(ITEMS, worse_at)
            y = rng.binomial(ITEMS - x, FLIPS / (1.0 - worse_at))
            here = (y <= x) if kind.startswith("now") else stays
            gone = ITEMS * (~here).sum(axis=1) if kind == "now, widened" else 0.0
            sums = [(v * here).sum(axis=1) + rng.normal(0.0, 5.0, size) for v in (x, y)]
            number = ITEMS * here.sum(axis=1) + rng.normal(0.0, 5.0, size)
            log_e = test.update(sums[0], sums[1], number, noise, gone)
            rang[(log_e >= np.log(cells / LEVEL)) & (rang == 0)] = round
            if kind == "past":
                stays = (x >= y) | (rng.random(stays.shape) < 0.5)
        return rang

    for kind, what in (
        ("plain", "every client on the tolerance"),
        ("unequal", "clients unequal (beta-binomial), on the tolerance on average"),
        ("past", "half of those that did well last round stay away"),
        ("now, widened", "those whose items went to the better on balance do not answer, `missing` given"),
    ):
        book.false_alarms(f"paired counts: {what}", any_cell(simulate(kind) > 0, cells))
    broken = float(any_cell(simulate("now") > 0, cells).mean())
    book.note("paired counts, BROKEN: the same, and nothing is said of those missing", broken, "false alarms a run")
    rang = simulate("failing")
    book.note("paired counts, stereotype .55->.65, noise of sd 5: power", float((rang > 10).mean()), "share")
    book.note("paired counts, the same: median delay", float(np.median(rang[rang > 10] - 10)), "rounds")


def rates(rng: np.random.Generator, scale: Scale, book: Book) -> None:
    """A bad rate of .2 with 1,000 items a round: null estimated from few items, and then taken for known or not."""
    cells, runs, rate, items = 12, min(scale.runs, 1000), 0.2, 1000
    noise = CountNoise(Gaussian(5.0), Gaussian(5.0))
    size = cells * runs

    def simulate(test: KnownRate | EstimatedRate, after: float, width: int) -> NDArray[Any]:
        rang = np.zeros(width, dtype=int)
        for round in range(1, ROUNDS + 1):
            bad = rng.binomial(items, after if round > 10 else rate, width) + rng.normal(0.0, 5.0, width)
            log_e = test.update(bad, items + rng.normal(0.0, 5.0, width), noise)
            rang[(log_e >= np.log(cells / LEVEL)) & (rang == 0)] = round
        return rang

    for calibration in (200, 1000, 5000):
        bad = rng.binomial(calibration, rate, size).astype(float)
        plugged = simulate(KnownRate(bad / calibration, ROUNDS), rate, size) > 0
        book.note(
            f"rate, BROKEN: {calibration} calibration items taken for the truth",
            float(any_cell(plugged, cells).mean()),
            "false alarms a run",
        )
        number = np.full(size, float(calibration))
        held = simulate(EstimatedRate(bad, number, ROUNDS, 0.0), rate, size) > 0
        book.false_alarms(f"rate estimated from {calibration} items", any_cell(held, cells))
        width = min(size, 1000)
        for change in (0.05, 0.10, 0.15):
            rang = simulate(EstimatedRate(bad[:width], number[:width], ROUNDS, 0.0), rate + change, width)
            seen = rang[rang > 10] - 10
            book.note(
                f"rate estimated from {calibration} items, .20->{rate + change:.2f}: power", len(seen) / width, "share"
            )
            if len(seen):
                book.note(
                    f"rate estimated from {calibration} items, .20->{rate + change:.2f}: median delay",
                    float(np.median(seen)),
                    "rounds",
                )


def histograms(rng: np.random.Generator, scale: Scale, book: Book) -> None:
    """Client scores in 20 bins, every five rounds, at (2, 1e-5) for a client and run: sd 4 in round 0, then 8."""
    bins, start_sd, sd, releases = 20, 4.0, 8.0, 6

    def votes(chances: Floats, here: NDArray[np.bool_], sd: float) -> tuple[Floats, Floats]:
        score = rng.binomial(ITEMS, chances) / ITEMS
        at = np.minimum((score * bins).astype(int), bins - 1) + bins * np.arange(len(chances))[:, np.newaxis]
        table = np.bincount(at[here], minlength=len(chances) * bins).reshape(-1, bins)
        return table + rng.normal(0.0, sd, table.shape), score

    def simulate(kind: str, runs: int, clients: int) -> NDArray[Any]:
        chances = rng.beta(4.0, 16.0, (runs, clients))
        all_here = np.ones(chances.shape, dtype=bool)
        start, score = votes(chances, all_here, start_sd)
        test = Histograms(start, clients, releases, Gaussian(start_sd), TOLERANCE)
        rang, joined = np.zeros(runs, dtype=int), 0
        for release in range(1, releases + 1):
            here, now = all_here, chances
            if kind == "leaving":
                here = (score > 0.15) | (rng.random(score.shape) < 0.5)
            if kind == "collapse" and release > 2:
                now = np.where(np.arange(clients) < 0.2 * clients, 0.6, chances)
            table, score = votes(now, here, sd)
            if kind == "joining" and release > 2:
                joined = clients // 10
                table += votes(np.full((runs, joined), 0.6), np.ones((runs, joined), dtype=bool), 0.0)[0]
            log_e = test.update(table, Gaussian(sd), joined)
            rang[(log_e >= np.log(1.0 / LEVEL)) & (rang == 0)] = release
        return rang

    for kind, what in (
        ("healthy", "the same clients every round, nothing changes"),
        ("leaving", "half of the clients with good scores stay away"),
        ("joining", "a tenth of bad clients joins, and is said to have joined"),
    ):
        book.false_alarms(f"histogram, 1000 clients: {what}", simulate(kind, scale.histograms, 1000) > 0)
    for clients in (200, 500, 1000):
        rang = simulate("collapse", scale.histograms // 2, clients)
        what = f"histogram, a fifth of {clients} clients collapses from .2 to .6"
        book.note(f"{what}: power", float((rang > 2).mean()), "share")
        if (rang > 2).any():
            book.note(f"{what}: median delay", float(np.median(rang[rang > 2] - 2)), "releases, of five rounds each")


if __name__ == "__main__":
    sys.exit(main())
