"""The server's test of trips: noisy sums of clients' first trips, against chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.e_process import Floats, StartMixture, log_mean_exp, log_or_nothing, per_cell
from tocsin.alarm.laws import NO_NOISE, DiscreteLaplace, Noise
from tocsin.alarm.levels import threshold
from tocsin.alarm.scan import Scan, ScanBets, plan
from tocsin.errors import TocsinError

_LAPLACE_BETS = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)  # of epsilon
_GAUSSIAN_BETS = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0)
_SCAN_AT_MOST = 0.9  # of the capital
_SCAN_COST_AT_MOST = 20.0  # times by which false trips raise its price: above, trips are many and exponential bets do

_DEFAULTS: tuple[tuple[float, int, float], ...] = (
    (100, 5, 0.1 / 60.0),
    (200, 2, 0.2 / 60.0),
    (math.inf, 1, 0.5 / 60.0),
)
"""(for fewer clients than, rounds between releases, false-trip probability). Few clients: trips are gathered, so that
noise has fewer chances, and sentinels trip late, so that few are wasted. Many: at once, and early. Chosen by
simulation at epsilon 2, 60 cells and 30 rounds, on other seeds than those of benchmarks/alarm_validity.py."""

_SPOILT_AT_MOST = 0.5  # a client's chance, over all cells, of having used its one trip up by a false one


@dataclass(frozen=True)
class TripPlan:
    """All that is fixed before a run: horizon, cells, level, noise, when trips are released, when a sentinel trips.

    clients     the most distinct clients that the run can have, those that join late included
    cells       streams that a trip can name
    rounds      the horizon T
    level       the chance of any false alarm of this channel in the run
    noise       the noise in each cell of a release, at its largest
    every       rounds from one release to the next: a client keeps its trip until then
    false_trip  c: a client whose null is true trips in a cell, ever in the run, with at most this probability

    Raises TocsinError for values that no run can have.
    """

    clients: int
    cells: int
    rounds: int
    level: float
    noise: Noise
    every: int
    false_trip: float

    @classmethod
    def usual(cls, clients: int, cells: int, rounds: int, level: float, noise: Noise) -> "TripPlan":
        """The plan with `every` and `false_trip` as they did best in simulation for so many clients."""
        every, false_trip = next((e, c) for below, e, c in _DEFAULTS if clients < below)
        if noise == NO_NOISE:
            every = 1  # waiting gains nothing
        return cls(clients, cells, rounds, level, noise, min(every, rounds), min(false_trip, _SPOILT_AT_MOST / cells))

    def __post_init__(self) -> None:
        if min(self.clients, self.cells, self.rounds, self.every) < 1:
            raise TocsinError(
                f"Trips of {self.clients} clients in {self.cells} cells over {self.rounds} rounds, every "
                f"{self.every}, cannot be tested; give at least 1 of each."
            )
        if not 0.0 < self.level < 1.0 or not 0.0 < self.false_trip < 1.0:
            raise TocsinError(
                f"Trips cannot be tested at level {self.level:g} and a false-trip probability of "
                f"{self.false_trip:g}; both are between 0 and 1."
            )

    @cached_property
    def releases(self) -> tuple[int, ...]:
        """The rounds, counted from 1, in which trips are released; the last of the run is one of them."""
        count = math.ceil(self.rounds / self.every)
        return tuple(math.ceil(self.rounds * (i + 1) / count) for i in range(count))

    @property
    def threshold(self) -> float:
        """What a cell's e-value has to reach."""
        return threshold(self.level, self.cells)

    def cost(self, bet: Floats | float) -> Floats:
        """E exp(bet * false trips in a cell) at most: (1 + c (e^bet - 1))^clients."""
        got: Floats = np.exp(self.clients * np.log1p(self.false_trip * np.expm1(np.asarray(bet, dtype=float))))
        return got

    @cached_property
    def scan(self) -> Scan | None:
        """What the scan bets on; None without discrete Laplace noise, on whose tails it rests, and for many clients."""
        if not isinstance(self.noise, DiscreteLaplace) or self._scan_cost > _SCAN_COST_AT_MOST:
            return None
        return plan(self.noise, len(self.releases), _SCAN_AT_MOST / self.threshold, self._scan_cost - 1.0)

    @cached_property
    def _scan_cost(self) -> float:
        """What false trips multiply the chance of an event by, on average, at most; 1 without such noise."""
        return float(self.cost(self.noise.epsilon)) if isinstance(self.noise, DiscreteLaplace) else 1.0

    @property
    def scan_factor(self) -> float:
        """What the scan's capital is multiplied by to pay for false trips, in (0, 1]."""
        return 1.0 if self.scan is None else 1.0 / (1.0 + self.scan.touched * (self._scan_cost - 1.0))

    @property
    def scan_share(self) -> float:
        """The part of a cell's capital that the scan has: just so much that a bet of it that comes true rings."""
        return 0.0 if self.scan is None else self.threshold * self.scan.price / self.scan_factor * (1.0 + 1e-9)


class Trips:
    """E-processes of all cells.

    Null of a cell: for every client and round, the mean of paired differences over the pool is at most the tolerance
    of its sentinel. Units of independence: the client (given the models, each draws its own items) and the noise
    of a release. A false trip has a probability of at most c over the run (`Paired`), and a client trips once, so the
    false trips X of a cell are at most Binomial(clients, c), stochastically, whoever is in the roster when. A client
    that drops out, for whatever reason, its score included, sends fewer trips, and one that has sent its trip sends
    no other; so unequal rosters, repeated clients and drop-out that depends on the score all leave this bound as it is.
    When false trips come is not bounded: all may come in one release.

    Two accounts, whose capitals are added:

    *Exponential bets* (broad effects: trips accumulate). With bet lambda, noise of log-moment log m,

        M_t = (M_{t-1} + w) * exp(lambda y_t - log m(lambda)),   counted as B M_t, B = (1 + c (e^lambda - 1))^-clients

    *The scan* (few clients: so many trips at once), see `Scan`. Its price is that of noise alone. Noise of pure
    epsilon makes any event at most e^(epsilon k) times likelier by k trips (group privacy): what protects clients
    bounds what false trips can do. The sum over bets of e^(epsilon * trips in them) is convex in how X trips fall
    on releases, so at most (1 - touched) + touched * e^(epsilon X), all in one release; counted is the capital times
    1 / (1 + touched * (E e^(epsilon X) - 1)).

    Given all clients' items, bets on events that grow with y are worth at most what they are worth to somebody who
    knows the trips, and that is a martingale in the noise; so P(log_e of the cell ever >= x) <= exp(-x), and with
    `TripPlan.threshold` the chance of a false alarm in the run is at most the plan's level.

    What breaks it: a client that tells two trips or lies (each liar is worth one trip: at epsilon 2 up to a factor of
    e^2); trips that depend on earlier releases, as when the server changes training by what it sees before it rings;
    more distinct clients than planned; less or more noise than stated.
    """

    def __init__(self, plan: TripPlan, runs: int = 1) -> None:
        """`runs` of the same plan, side by side, for simulations: cells are then those of run 1, of run 2, ..."""
        self.plan = plan
        self._cells = plan.cells * runs
        if isinstance(plan.noise, DiscreteLaplace):
            bets = np.array(_LAPLACE_BETS) * plan.noise.epsilon
        else:
            bets = np.array(_GAUSSIAN_BETS)
        self._bets: Floats = bets
        self._log_b: Floats = -np.log(plan.cost(bets))
        self._process = StartMixture((self._cells, len(bets)), len(plan.releases))
        self._scan = None if plan.scan is None else ScanBets(plan.scan, self._cells)

    def update(self, values: Sequence[float] | NDArray[np.floating], noise: Noise | None = None) -> Floats:
        """The next release: new trips with noise in each cell, (cells,), NaN where unknown. Returns log_e, (cells,).

        `noise` is what this release's noise was, if it was not as planned (other rosters make other shares). An
        unknown cell is skipped: no evidence, neither way. Raises ValueError for another shape, epsilon or kind of
        noise, and for more releases than planned.
        """
        noise = self.plan.noise if noise is None else noise
        y = per_cell("trips", values, self._cells)
        known = ~np.isnan(y)
        if getattr(noise, "epsilon", None) != getattr(self.plan.noise, "epsilon", None):
            raise ValueError(f"a release with {noise} in a run that was planned with {self.plan.noise}")
        self._process.start(known)
        self._process.multiply(self._bets * y[:, np.newaxis] - noise.log_moment(self._bets), known)
        if self._scan is not None and isinstance(noise, DiscreteLaplace):
            self._scan.update(y, noise, known)
        return self.log_e

    @property
    def log_e(self) -> Floats:
        """Each cell's log e-value after the releases so far, (cells,); at most 0 before any."""
        share = self.plan.scan_share
        running = np.logaddexp(log_mean_exp(self._log_b + self._process.log_m), log_or_nothing(self._process.cash))
        if self._scan is None:
            return running
        scanned = log_or_nothing(share * self.plan.scan_factor * self._scan.capital)
        got: Floats = np.logaddexp(np.log1p(-share) + running, scanned)
        return got

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {"running": self._process.state(), "scan": None if self._scan is None else self._scan.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`, of the same plan. Raises ValueError when it is of another number of cells."""
        self._process.restore(state["running"])
        if self._scan is not None:
            self._scan.restore(state["scan"])


def ceiling(level: float, cells: int, epsilon: float, clients: int) -> float:
    """What no mechanism can exceed: the power to name the right one of `cells`, when `clients` of a roster fail in it.

    With pure epsilon for each client and run, whatever is decided is at most e^(epsilon * clients) times likelier than
    it was without them, and of `cells` equal ones some is falsely named with a probability of at most level / cells.
    """
    return min(1.0, math.exp(epsilon * clients) * level / cells)
