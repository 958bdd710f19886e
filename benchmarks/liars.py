"""What clients that lie can do to masked sums, and what a median of cohorts and a check on public probes do about it.

Under masks nothing bounds what one client adds to a sum: a lie is any number. Simulated are sums of ten rounds in two
channels, counts (worse - better on 20 items a client and round) and trips (clients that tripped in these rounds). The
question put to each is whether the rate is above the study's tolerance: "failing" where the 95% interval is above it,
"healthy" where it is below, "unknown" else. Liars know the deal, what the truth is and how all of this works; they
choose the lie that deceives most often. The full run writes results/liars.md and results/liars.json.
"""

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from keeping import finish, keep, measure
from numpy.random import Generator
from numpy.typing import NDArray

from tocsin.privacy.channels import STEP, Channel, Counts, Trips
from tocsin.privacy.ledger import Budget, Horizon, calibrate
from tocsin.privacy.liars import cannot_blind, capture, disagreement, robust_total, withstands
from tocsin.privacy.schema import Schema

Floats = NDArray[np.float64]

SEED = 11
ROUNDS, WINDOW, ITEMS = 30, 10, 20
EPSILON, DELTA = 2.0, 1e-6
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
DEALS = ((50, 10), (200, 20), (200, 40))  # clients, cohorts
Z = 1.959964
LIES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 10.0, 1e9)  # times what lies between healthy and failing
HEALTHY, UNKNOWN, FAILING = -1, 0, 1


@dataclass(frozen=True)
class Case:
    """One failure in one channel: rates of clients that are healthy and, a share `hit` of them, that are not."""

    channel: str
    name: str
    healthy: float
    failing: float
    hit: float
    tolerance: float

    @property
    def items(self) -> int:
        """What one client adds to the denominator in the window."""
        return WINDOW * ITEMS if self.channel == "counts" else 1

    def rate(self, failing: bool) -> float:
        """The mean over clients of what is estimated."""
        return self.healthy + failing * self.hit * (self.failing - self.healthy)

    def draw(self, random: Generator, reps: int, clients: int, failing: bool) -> Floats:
        """Each client's excess over the tolerance, (reps, clients), no noise."""
        first = np.arange(clients) < failing * round(self.hit * clients)
        hit = random.permuted(np.broadcast_to(first, (reps, clients)), axis=1)
        rates = np.where(hit, self.failing, self.healthy)
        if self.channel == "trips":
            return (random.random((reps, clients)) < rates) - self.tolerance
        flips = 0.03  # each way, in clients that are healthy; clients differ by a third of their rate
        worse, better = (
            random.binomial(self.items, np.clip(rate * random.normal(1, 1 / 3, (reps, clients)), 0, 1))
            for rate in (flips + rates, np.full((reps, clients), flips))
        )
        excess: Floats = worse - better - self.tolerance * self.items
        return excess


CASES = (
    Case("counts", "all clients, by 15 points", 0.0, 0.15, 1.0, 0.03),
    Case("counts", "a tenth of the clients, by 60 points", 0.0, 0.60, 0.1, 0.03),
    Case("trips", "40% of the clients trip", 0.01, 1.0, 0.4, 0.03),
    Case("trips", "a tenth of the clients trip", 0.01, 1.0, 0.1, 0.03),
)


@dataclass(frozen=True)
class Price:
    """What a median costs where nobody lies: shares of runs, half-widths in points of the rate."""

    clients: int
    cohorts: int
    noise: str
    channel: str
    failure: str
    rings_sum: float
    rings_median: float
    healthy_median: float  # a failure reads healthy
    false_sum: float
    false_median: float
    half_sum: float
    half_median: float
    held: float  # shares of runs in which the median's interval holds the true rate
    agrees: float  # ... in which the median's limits, if nobody lies, hold the sum of the subtotals


@dataclass(frozen=True)
class Deceived:
    """Shares of runs in which `liars` have their way with each of three ways to read the subtotals.

    "hide": a failure reads healthy; "fake": health reads failing; "blind": a failure does not read failing. `found`:
    the share of runs in which the lie that would turn the sum is found by the median's limits. `shift`: by how many
    points the median's rate can be moved, the median and the 95th percentile over deals (infinite: captured).
    """

    clients: int
    cohorts: int
    noise: str
    channel: str
    failure: str
    liars: int
    captured: float
    hide_sum: float
    fake_sum: float
    hide_median: float
    fake_median: float
    blind_median: float
    hide_checked: float
    fake_checked: float
    blind_checked: float
    found: float
    shift: float
    shift_95: float


@dataclass(frozen=True)
class Checked:
    """How often `disagreement` rejects at .01: clients that all tell the truth, and lies that move the rate."""

    clients: int
    own: int
    noise: str
    rate: float
    honest: float
    found: tuple[float, ...]


MOVES = (0.02, 0.05, 0.1, 0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="at most 50 s: few repetitions, no results are written")
    quick = parser.parse_args().quick
    reps = 300 if quick else 3000
    prices: list[Price] = []
    deceived: list[Deceived] = []
    for clients, cohorts in DEALS:
        for noise in ("none", f"epsilon {EPSILON:g}"):
            for case in CASES:
                world = World(np.random.default_rng(SEED), reps, clients, cohorts, noise != "none", case)
                prices.append(world.price(noise))
                if case.hit > 0.1:  # a median does not see the others to begin with
                    deceived += world.deceived(noise)
                print(f"{clients} clients, {cohorts} cohorts, noise {noise}, {case.channel}: {case.name}", flush=True)
    edge = [level_at_the_edge(4 * reps, clients, cohorts) for clients, cohorts in DEALS]
    checked = list(cross_checks(np.random.default_rng(SEED), 4 * reps))
    result = summary(prices, deceived, edge, checked, reps)
    if not quick:
        write(result, prices, deceived, checked, reps)
    return finish(result)


class World:
    """Runs of one federation, honest: what each cohort's subtotal and the whole roster's sum would be."""

    def __init__(self, random: Generator, reps: int, clients: int, cohorts: int, noisy: bool, case: Case) -> None:
        self._random, self._reps, self._clients, self._cohorts, self._case = random, reps, clients, cohorts, case
        self._size = clients // cohorts
        self._sd_whole = noise_sd(case, clients) if noisy else 0.0
        self._sd_cohort = noise_sd(case, self._size) if noisy else 0.0
        self._truth = {failing: case.draw(random, reps, clients, failing) for failing in (False, True)}
        self._subtotals = {f: self._noised(t.reshape(reps, cohorts, -1).sum(axis=2)) for f, t in self._truth.items()}
        self._sums = {f: t.sum(axis=1) + self._normal(self._sd_whole, reps) for f, t in self._truth.items()}
        # The sum is given its true standard error, which nobody knows: more than fair to it.
        self._se = {f: float(t.std()) for f, t in self._sums.items()}
        self._se_of_subtotals = {f: float(t.sum(axis=1).std()) for f, t in self._subtotals.items()}
        self._points = 100 / (clients * case.items)

    def price(self, noise: str) -> Price:
        """Nobody lies."""
        medians = {f: self._limits(t) for f, t in self._subtotals.items()}
        sums = {f: verdict(t - Z * self._se[f], t + Z * self._se[f]) for f, t in self._sums.items()}
        low, high = medians[False]
        true = (self._case.rate(False) - self._case.tolerance) * self._clients * self._case.items
        failed = verdict(*medians[True])
        return Price(
            self._clients,
            self._cohorts,
            noise,
            self._case.channel,
            self._case.name,
            rings_sum=share(sums[True] == FAILING),
            rings_median=share(failed == FAILING),
            healthy_median=share(failed == HEALTHY),
            false_sum=share(sums[False] == FAILING),
            false_median=share(verdict(low, high) == FAILING),
            half_sum=Z * self._se[False] * self._points,
            half_median=float(np.mean(high - low)) / 2 * self._points,
            held=share((low <= true) & (true <= high)),
            agrees=share(self._agree(self._subtotals[False])),
        )

    def deceived(self, noise: str) -> Iterator[Deceived]:
        """For each number of liars, the best of `LIES` for each purpose."""
        gap = (self._case.rate(True) - self._case.rate(False)) * self._size * self._case.items
        for liars in sorted({max(1, round(s * self._clients)) for s in SHARES}):
            hit = self._hit(liars)
            found: dict[str, float] = defaultdict(float)  # the best lie for each purpose
            for lie in LIES:
                for what, failing, sign in (("hide", True, -1), ("fake", False, 1)):
                    wanted = HEALTHY if failing else FAILING
                    whole = self._sums[failing] + sign * lie * gap * self._cohorts  # one liar can do this
                    se = Z * self._se[failing]
                    lied = self._subtotals[failing] + sign * lie * gap * hit
                    median, checked = self._readings(lied, failing)
                    read = {"sum": verdict(whole - se, whole + se), "median": median, "checked": checked}
                    for how, said in read.items():
                        found[f"{what}_{how}"] = max(found[f"{what}_{how}"], share(said == wanted))
                        if failing and how != "sum":
                            found[f"blind_{how}"] = max(found[f"blind_{how}"], share(said != FAILING))
            shift, shift_95 = self._shift(hit)
            yield Deceived(
                self._clients,
                self._cohorts,
                noise,
                self._case.channel,
                self._case.name,
                liars,
                captured=capture([self._size] * self._cohorts, liars),
                found=self._found(hit, gap),
                shift=shift,
                shift_95=shift_95,
                **found,
            )

    def false_alarms_at_the_edge(self) -> float:
        """How often healthy clients read failing, with liars in as many cohorts as its interval reckons with."""
        lied = self._subtotals[False] + 1e9 * (np.arange(self._cohorts) < cannot_blind(self._cohorts))
        return share(verdict(*self._limits(lied)) == FAILING)

    def _readings(self, subtotals: Floats, failing: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What the median's interval says; and what the sum says where it agrees with the median."""
        plain, se = subtotals.sum(axis=1), Z * self._se_of_subtotals[failing]
        checked = np.where(self._agree(subtotals), verdict(plain - se, plain + se), UNKNOWN)
        return verdict(*self._limits(subtotals)), checked

    def _found(self, hit: NDArray[np.bool_], gap: float) -> float:
        """The lie takes all of the failure off the sum, in equal parts over the cohorts that hold liars."""
        part = gap * self._cohorts / np.maximum(hit.sum(axis=1, keepdims=True), 1)
        return share(~self._agree(self._subtotals[True] - part * hit))

    def _agree(self, subtotals: Floats) -> NDArray[np.bool_]:
        return robust_total(subtotals.T, [self._size] * self._cohorts, lying=0).holds(subtotals.sum(axis=1))

    def _shift(self, hit: NDArray[np.bool_]) -> tuple[float, float]:
        """By how much liars that agree move the median's rate: quantiles over deals and noise."""
        sizes = [self._size] * self._cohorts
        honest = self._subtotals[False]
        lied = robust_total((honest + 1e12 * hit).T, sizes).total
        shift = np.where(
            hit.sum(axis=1) > withstands(self._cohorts),
            math.inf,
            (lied - robust_total(honest.T, sizes).total) * self._points,
        )
        shift.sort()
        return float(shift[len(shift) // 2]), float(shift[int(0.95 * len(shift))])

    def _limits(self, subtotals: Floats) -> tuple[Floats, Floats]:
        robust = robust_total(subtotals.T, [self._size] * self._cohorts)
        return robust.low, robust.high

    def _hit(self, liars: int) -> NDArray[np.bool_]:
        """Which cohorts hold a liar, (reps, cohorts), by lot."""
        order = self._random.random((self._reps, self._clients)).argsort(axis=1)
        hit: NDArray[np.bool_] = (order < liars).reshape(self._reps, self._cohorts, -1).any(axis=2)
        return hit

    def _noised(self, subtotals: Floats) -> Floats:
        return subtotals + self._normal(self._sd_cohort, subtotals.shape)

    def _normal(self, sd: float, shape: int | tuple[int, ...]) -> Floats:
        return sd * self._random.normal(size=shape)


def noise_sd(case: Case, clients: int) -> float:
    """Of the excess over the tolerance in a sum over `clients`, after the window's rounds: as a plan makes it whose one
    channel this is. (Drawn as a normal: ten discrete draws are as good as that.)"""
    schema = Schema({"refusal": ("all",)})
    channel: Channel = Counts(schema) if case.channel == "counts" else Trips((("refusal", "all", "all"),))
    delta = DELTA if case.channel == "counts" else 0.0
    plan = calibrate(Budget(EPSILON, delta), Horizon(ROUNDS, clients, clients, exposures=1), [channel])
    variance = plan.noise_variance(case.channel, clients) * WINDOW
    if case.channel == "trips":
        return math.sqrt(variance)
    return math.sqrt(variance * (2 + case.tolerance**2)) / STEP  # worse, better, and tolerance times the number


def verdict(low: Floats, high: Floats) -> NDArray[np.int64]:
    """What an interval for the excess over the tolerance says."""
    said: NDArray[np.int64] = (low > 0).astype(int) - (high < 0).astype(int)
    return said


def share(of: NDArray[np.bool_]) -> float:
    """Of runs."""
    return float(np.mean(of))


def level_at_the_edge(reps: int, clients: int, cohorts: int) -> float:
    """The worst that liars can do in cohorts that the interval reckons with, where the truth is all but failing."""
    edge = Case("counts", "the tolerance itself", 0.03, 0.03, 1.0, 0.03)
    return World(np.random.default_rng(SEED), reps, clients, cohorts, True, edge).false_alarms_at_the_edge()


def cross_checks(random: Generator, reps: int) -> Iterator[Checked]:
    """Before-sums of one round on a public probe, 0/1 outcomes, against the server's own items."""
    case = CASES[0]
    for clients in (50, 200):
        for noisy in (False, True):
            sd = noise_sd(case, clients) / math.sqrt(WINDOW * (2 + case.tolerance**2)) if noisy else 0.0
            for own in (100, 400):
                for rate in (0.04, 0.5):
                    n = clients * ITEMS

                    noise = f"epsilon {EPSILON:g}" if noisy else "none"
                    honest = rejected(random, reps, n, own, rate, sd, 0.0)
                    found = tuple(rejected(random, reps // 10, n, own, rate, sd, move) for move in MOVES)
                    yield Checked(clients, own, noise, rate, honest, found)


def rejected(random: Generator, reps: int, n: int, own: int, rate: float, sd: float, move: float) -> float:
    """How often the cross-check is under .01 when lies move the clients' rate by `move`."""
    totals = random.binomial(n, rate, reps) + move * n + sd * random.normal(size=reps)
    numbers = n + sd * random.normal(size=reps)
    mine = np.arange(own) < random.binomial(own, rate, (reps, 1))
    values = zip(totals, numbers, mine, strict=True)
    return share(np.array([disagreement(total, number, sd, outcomes) < 0.01 for total, number, outcomes in values]))


def summary(
    prices: Sequence[Price], deceived: Sequence[Deceived], edge: Sequence[float], checked: Sequence[Checked], reps: int
) -> dict[str, object]:
    slack = 3 * math.sqrt(0.025 * 0.975 / (4 * reps))
    measures = [
        measure("least share of runs of one liar in which the plain sum is deceived", _least_deceived(deceived), ""),
        measure(
            "most false alarms of the median, liars in all the cohorts that it reckons with, at the edge of the null",
            max(edge),
            "",
            f"<= {0.025 + slack:.3f}",
            max(edge) <= 0.025 + slack,
        ),
    ]
    worst = max(one.honest for one in checked)
    most = 0.01 + 4 * math.sqrt(0.01 * 0.99 / (4 * reps))
    measures.append(measure("most false alarms of the cross-check at .01", worst, "", f"<= {most:.4f}", worst <= most))
    for clients, cohorts in DEALS:
        safe = [one for one in deceived if (one.clients, one.cohorts) == (clients, cohorts) and one.captured < 1e-9]
        head = f"{clients} clients, {cohorts} cohorts"
        fakes = max(max(one.hide_median, one.fake_median) for one in safe)
        measures.append(
            measure(f"{head}: most liars of those tried that cannot capture the median", max(o.liars for o in safe), "")
        )
        measures.append(measure(f"{head}: most often that so many deceive its interval", fakes, "share of runs"))
    return {"name": "liars", "measures": measures}


def _least_deceived(rows: Sequence[Deceived]) -> float:
    return min(min(one.hide_sum, one.fake_sum) for one in rows)


def write(
    result: dict[str, object],
    prices: Sequence[Price],
    deceived: Sequence[Deceived],
    checked: Sequence[Checked],
    reps: int,
) -> None:
    rows: dict[str, Sequence[Price | Deceived | Checked]] = {
        "prices": prices,
        "deceived": deceived,
        "cross-checks": checked,
    }
    kept = result | {name: [asdict(one) for one in many] for name, many in rows.items()}
    keep(
        kept,
        "Clients that lie",
        "what can a given number of lying clients do to masked sums, and what do the median of cohorts and the check "
        "on public probes do about it?",
        [
            f"Seed: {SEED}; {reps} runs for each row, {4 * reps} for each level",
            f"Sums of {WINDOW} rounds of {ROUNDS}, {ITEMS} items a client and round; noise of a plan with epsilon "
            f"{EPSILON:g} for one channel, delta {DELTA:g} for counts, none for trips",
            "Healthy: 3% of items flip to the worse and 3% to the better; 1% of clients trip. Tolerance: 3 points",
        ],
        ("numpy", "scipy", "tocsin"),
        [*_prices(prices), "", *_deceived(deceived), "", *_captures(), "", *_checked(checked)],
    )


def _prices(rows: Sequence[Price]) -> Iterator[str]:
    yield (
        "## What a median costs where nobody lies\n\n"
        "One masked sum over everybody against the median of cohorts, both at 95%. Noise is added in each cohort, so "
        "that all cohorts together hold as many times the noise of one sum as there are cohorts. `reads healthy`: "
        "the failure is there, and the median's interval is under the tolerance. `holds the rate`: the share "
        "of runs in which the median's interval holds the true rate of healthy clients. `sum agrees`: the sum of the "
        "subtotals is within the median's limits, those for the case that nobody lies. Where trips are rare and exact, "
        "most cohorts have none, and the median is 0 whatever the mean is: no limits hold the rate there.\n"
    )
    yield (
        "| clients, cohorts | noise | failure | sum rings | median rings | median reads healthy | false: sum | median "
        "| half-width, points: sum | median | holds the rate | sum agrees |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for one in rows:
        yield (
            f"| {one.clients}, {one.cohorts} | {one.noise} | {one.channel}: {one.failure} | {one.rings_sum:.2f} "
            f"| {one.rings_median:.2f} | {one.healthy_median:.2f} | {one.false_sum:.3f} | {one.false_median:.3f} "
            f"| {one.half_sum:.1f} | {one.half_median:.1f} | {one.held:.3f} | {one.agrees:.3f} |"
        )


def _deceived(rows: Sequence[Deceived]) -> Iterator[str]:
    yield (
        "## What liars can do\n\n"
        "Shares of runs in which the best lie has its way. `hide`: a failure reads healthy; `fake`: health reads "
        "failing; `blind`: a failure does not read failing (misses without any lie are among it). One sum over "
        "everybody is hidden and faked by one liar in all of these runs. Two other ways to read the subtotals: the "
        "median's interval, which reckons with liars in "
        f"{', '.join(f'{cannot_blind(k)} of {k}' for _, k in DEALS)} cohorts; and the sum where it agrees with the "
        'median ("unknown" where not). `captured`: the chance that the lot puts liars into more cohorts than a median '
        "withstands. `found`: the lie that takes the failure off the sum shows, because the sum does not agree with "
        "the median. `shift`: how far the median's rate can be moved, over deals and noise.\n"
    )
    yield (
        "| clients, cohorts | noise | failure | liars | captured | median: hide | fake | blind "
        "| checked sum: hide | fake | blind | found | shift, points: median deal | 95% of deals |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for one in rows:
        shifts = " | ".join("any" if math.isinf(s) else f"{s:.1f}" for s in (one.shift, one.shift_95))
        yield (
            f"| {one.clients}, {one.cohorts} | {one.noise} | {one.channel}: {one.failure} | {one.liars} "
            f"| {one.captured:.2g} | {one.hide_median:.2f} "
            f"| {one.fake_median:.2f} | {one.blind_median:.2f} | {one.hide_checked:.2f} | {one.fake_checked:.2f} "
            f"| {one.blind_checked:.2f} | {one.found:.2f} | {shifts} |"
        )


def _captures() -> Iterator[str]:
    yield (
        "## How likely liars are to capture the median\n\n"
        "Exact (`capture`); no number of liars up to `for sure` can; and none up to `cannot blind` can keep "
        "it from a conclusion. One liar owns its cohort's subtotal, so that more "
        "cohorts withstand more liars, and cost more noise.\n"
    )
    yield "| clients | cohorts | for sure | cannot blind | " + " | ".join(f"{share:.0%} lie" for share in SHARES) + " |"
    yield "|---|---|---|---|" + "---|" * len(SHARES)
    for clients, cohorts in ((50, 5), (50, 10), (200, 10), (200, 20), (200, 40), (1000, 50), (1000, 200)):
        sizes = [clients // cohorts] * cohorts
        chances = " | ".join(f"{capture(sizes, max(1, round(share * clients))):.2g}" for share in SHARES)
        yield f"| {clients} | {cohorts} | {withstands(cohorts)} | {cannot_blind(cohorts)} | {chances} |"


def _checked(rows: Sequence[Checked]) -> Iterator[str]:
    yield (
        "## The check on public probes\n\n"
        "Share of rounds in which `disagreement` is under .01: all tell the truth; and lies move the clients' rate by "
        "so many points *on the public probe too*. Liars who tell the truth there, which costs them nothing, are found "
        "as often as honest clients are.\n"
    )
    yield "| clients | server's items | noise | rate | honest | " + " | ".join(f"{m:.0%} off" for m in MOVES) + " |"
    yield "|---|---|---|---|---|" + "---|" * len(MOVES)
    for one in rows:
        found = " | ".join(f"{f:.2f}" for f in one.found)
        yield f"| {one.clients} | {one.own} | {one.noise} | {one.rate:g} | {one.honest:.4f} | {found} |"


if __name__ == "__main__":
    sys.exit(main())
