"""The scan of trips: a bet that so many clients trip in one release, or in two that follow each other."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.e_process import Flags, Floats
from tocsin.alarm.laws import DiscreteLaplace

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Scan:
    """What the scan bets on, planned for noise of one law: `height` trips in a release, or a `corner` of two.

    Single: y_j >= height. Pair, for j before the last release: i <= y_j < height and y_{j+1} >= k, for a corner (i, k)
    with i + k = height. Each bet costs its probability under noise alone (`single`, `pair`), and they are all of the
    same payout, so that one of them rings when it comes true. Staked on one event in this way, capital is not diluted:
    at five clients and epsilon 2 there are ten nats to be had, and the price of 60 cells and 6 releases is 8.9.
    """

    height: int
    corners: tuple[tuple[int, int], ...]
    releases: int
    noise: DiscreteLaplace

    @cached_property
    def seconds(self) -> tuple[int, ...]:
        """For y_j = 1 .. height-1, what y_{j+1} has to reach; 0: there is no such bet."""
        return tuple(min((k for i, k in self.corners if i <= y), default=0) for y in range(1, self.height))

    @cached_property
    def chances(self) -> tuple[float, ...]:
        """The price of that second part: its probability under noise alone."""
        return tuple(self.noise.tail(k) if k else 0.0 for k in self.seconds)

    @cached_property
    def single(self) -> float:
        """The price of a single bet."""
        return self.noise.tail(self.height)

    @cached_property
    def pair(self) -> float:
        """The price of a pair."""
        return sum(self.noise.probability(i) * chance for i, chance in enumerate(self.chances, start=1))

    @property
    def price(self) -> float:
        """Of all bets of a run: what P(any of them comes true) is at most, under noise alone."""
        return self.releases * self.single + (self.releases - 1) * self.pair

    @property
    def touched(self) -> float:
        """The largest part of `price`, in (0, 1], that trips in one release can affect."""
        return min(1.0, (self.single + min(2, self.releases - 1) * self.pair) / self.price)


def plan(noise: DiscreteLaplace, releases: int, affordable: float, cost: float) -> Scan:
    """The lowest height, with the most corners, at `price * (1 + touched * cost)` of at most `affordable`.

    `cost` >= 0 is what false trips multiply a price by, less 1. Corners come balanced ones first. A height at which
    the single bets alone can be paid for always exists, as tails fall geometrically.
    """
    height = 1
    while True:
        found: Scan | None = None
        corners = sorted(((i, height - i) for i in range(1, height)), key=lambda c: (abs(c[0] - c[1]), -c[0]))
        for count in range((len(corners) if releases > 1 else 0) + 1):
            scan = Scan(height, tuple(corners[:count]), releases, noise)
            if scan.price * (1.0 + scan.touched * cost) > affordable:
                break
            found = scan
        if found is not None:
            return found
        height += 1


class ScanBets:
    """The capital of a `Scan`, from 1, on several cells at once.

    The noise that a release really had is known before its values are looked at, and may be larger than planned: then
    a bet is placed on something rarer, whose price is at most the planned one. A release that is unknown places no bet;
    the second part of a pair waits for the next known release.
    """

    def __init__(self, scan: Scan, cells: int) -> None:
        self._scan = scan
        self._won: Whole = np.zeros(cells, dtype=np.int64)
        self._spent: Floats = np.zeros(cells)
        self._starts: Whole = np.zeros(cells, dtype=np.int64)
        self._waiting: Whole = np.zeros(cells, dtype=np.int64)  # y_j of a pair whose second part is to come; 0: none

    def update(self, values: Floats, noise: DiscreteLaplace, known: Flags) -> None:
        """One release: `values` (cells,) are new trips with noise."""
        scan, shift, seconds = self._scan, self._shift(noise), self._seconds(noise)
        y = np.where(known, values, -np.inf)
        waiting = known & (self._waiting > 0)
        self._won += waiting & (y >= seconds[self._waiting])
        self._won += y - shift >= scan.height
        more = self._starts < scan.releases - 1
        self._spent += known * (scan.single + more * scan.pair)
        first = np.clip(np.where(known, np.floor(y - shift), 0.0), 0, scan.height).astype(np.int64)
        first = np.where(more & (first < scan.height), first, 0)
        self._waiting = np.where(known, np.where(self._planned_seconds[first] > 0, first, 0), self._waiting)
        self._starts += known

    @property
    def capital(self) -> Floats:
        """(cells,): cash, bets that came true, and what the pairs that stand are worth."""
        worth = np.array([0.0, *self._scan.chances])[self._waiting]
        cash = np.maximum(0.0, 1.0 - self._spent / self._scan.price)
        got: Floats = cash + (self._won + worth) / self._scan.price
        return got

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {
            "won": self._won.tolist(),
            "spent": self._spent.tolist(),
            "starts": self._starts.tolist(),
            "waiting": self._waiting.tolist(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of another number of cells."""
        if {len(state[key]) for key in ("won", "spent", "starts", "waiting")} != {len(self._won)}:
            raise ValueError(f"the state of a scan does not fit {len(self._won)} cells")
        self._won[:], self._spent[:] = state["won"], state["spent"]
        self._starts[:], self._waiting[:] = state["starts"], state["waiting"]

    @cached_property
    def _planned_seconds(self) -> Whole:
        return np.array([0, *self._scan.seconds], dtype=np.int64)

    def _seconds(self, noise: DiscreteLaplace) -> Whole:
        """What a second part has to reach under `noise`, so that it is no likelier than what was paid for."""
        got = self._planned_seconds.copy()
        for y, chance in enumerate(self._scan.chances, start=1):
            while chance and noise.tail(int(got[y])) > chance:
                got[y] += 1
        return got

    def _shift(self, noise: DiscreteLaplace) -> int:
        """How much higher values have to be under `noise`, so that single bets and pairs cost no more than planned."""
        shift, scan = 0, self._scan
        while (
            noise.tail(scan.height + shift) > scan.single
            or sum(noise.probability(i + shift) * c for i, c in enumerate(scan.chances, start=1)) > scan.pair
        ):
            shift += 1
        return shift
