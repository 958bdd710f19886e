"""Banks: what each of many clients would add to every round of a run, so that runs are drawn as sums over clients."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.bench.cells import Watch
from tocsin.bench.source import Source
from tocsin.bench.watching import Sentinels

Floats = NDArray[np.float32]

BOUND = 0.25
"""A client's mean paired difference in a round counts for at most this much, either way, in `Sums.bounded`."""


SHARES = (0.1, 0.3)
"""Shares of clients hit on which `Sums.mixed` bets."""


@dataclass(frozen=True)
class Sums:
    """Sums over the clients of each of several runs, round by round. First axes: (runs, rounds).

    clients           of the roster
    loss              of their mean training losses, nats a token
    bad, asked        (cells,) outcomes of personalised models, and how many
    worse, better     (streams,) parts of paired differences
    bounded           (streams,) clients' mean paired differences, each within `BOUND`
    mixed             (shares, streams) log of 1 - p + p E over clients, E a client's own e-value so far, p of `SHARES`
    trips             (streams,) first trips of clients, in the round in which they came
    """

    clients: Floats
    loss: Floats
    bad: Floats
    asked: Floats
    worse: Floats
    better: Floats
    bounded: Floats
    mixed: Floats
    trips: Floats

    @staticmethod
    def joined(parts: "list[Sums]") -> "Sums":
        """Runs side by side."""
        return Sums(*(np.concatenate([getattr(part, name) for part in parts]) for name in Sums.__dataclass_fields__))


@dataclass(frozen=True)
class Bank:
    """The clients of one federation: `sums` has one "run" for each of them; trips are kept apart, by barrier."""

    onset: int
    hit: NDArray[np.bool_]
    sums: Sums
    trips: dict[float, Floats]

    def everyone(self) -> Sums:
        """All its clients as one run."""
        parts = {name: getattr(self.sums, name) for name in Sums.__dataclass_fields__}
        parts["trips"] = next(iter(self.trips.values()))
        return Sums(**{name: part.sum(axis=0, keepdims=True) for name, part in parts.items()})

    def draw(self, rng: np.random.Generator, runs: int, clients: int, barrier: float) -> Sums:
        """`runs` federations of `clients`, drawn whole; as large a share of them hit as in the bank.

        No client is twice in a run: that would be two clients that fail as one. Runs share clients only when the bank
        has too few for all of them. `barrier` is one of those that the bank was made with. Raises ValueError for more
        clients than the bank has.
        """
        weights = np.zeros((runs, len(self.hit)), dtype=np.float32)
        number = round(clients * float(self.hit.mean()))
        for who, many in ((np.flatnonzero(self.hit), number), (np.flatnonzero(~self.hit), clients - number)):
            for run, drawn in enumerate(_dealt(rng, who, runs, many)):
                weights[run, drawn] = 1.0
        parts = {name: getattr(self.sums, name) for name in Sums.__dataclass_fields__} | {"trips": self.trips[barrier]}
        return Sums(**{name: np.tensordot(weights, part, axes=1) for name, part in parts.items()})


def make_bank(
    rng: np.random.Generator,
    source: Source,
    clients: int,
    rounds: int,
    onset: int,
    tolerance: float,
    barriers: tuple[float, ...],
) -> Bank:
    """One federation of `source`, watched for `rounds`; `barriers` are those at which sentinels trip (1/c)."""
    watch = Watch.of(source.cells)
    federation = source.federation(rng, clients, rounds, onset)
    subjects = [stream.subject for stream in watch.streams]
    sentinels = Sentinels(clients, len(subjects), rounds, tolerance, min(barriers), subjects)
    kept: dict[str, list[NDArray[np.floating]]] = {name: [] for name in Sums.__dataclass_fields__ if name != "trips"}
    for told in federation.rounds:
        d = watch.differences(told.outcomes)
        log_e = sentinels.observe(d)
        last = told.outcomes[..., -1]
        asked = _sums(~np.isnan(last))
        net, moved = _sums(np.nan_to_num(d)), _sums(np.abs(np.nan_to_num(d)))
        kept["clients"].append(~np.isnan(told.loss))
        kept["loss"].append(np.nan_to_num(told.loss))
        kept["bad"].append(_sums(np.nan_to_num(last)))
        kept["asked"].append(asked)
        kept["worse"].append((moved + net) / 2.0)
        kept["better"].append((moved - net) / 2.0)
        kept["mixed"].append(np.stack([np.logaddexp(np.log1p(-p), np.log(p) + log_e) for p in SHARES], axis=1))
        kept["bounded"].append(np.clip(net / np.maximum(asked[:, watch.cell], 1.0), -BOUND, BOUND))
    trips = {}
    for barrier, (when, which) in zip(barriers, sentinels.first_trips(barriers), strict=True):
        trips[barrier] = np.zeros((clients, rounds, len(watch.streams)), dtype=np.float32)
        tripped = np.flatnonzero(when)
        trips[barrier][tripped, when[tripped] - 1, which[tripped]] = 1.0
    parts = {name: np.stack(rows, axis=1).astype(np.float32) for name, rows in kept.items()}
    return Bank(onset, federation.hit, Sums(**parts, trips=np.zeros(0, dtype=np.float32)), trips)


def _dealt(rng: np.random.Generator, who: NDArray[np.int64], runs: int, many: int) -> Iterator[NDArray[np.int64]]:
    """`runs` hands of `many` of `who`: dealt out until there are too few left, and then all anew."""
    if many > len(who):
        raise ValueError(f"{many} clients cannot be drawn out of {len(who)}")
    deck: NDArray[np.int64] = who[:0]
    for _ in range(runs):
        if len(deck) < many:
            deck = rng.permutation(who)
        yield deck[:many]
        deck = deck[many:]


def _sums(values: NDArray[np.generic]) -> Floats:
    """Sums over the last axis, which is short: a product with ones is the quickest."""
    got: Floats = values.astype(np.float32) @ np.ones(values.shape[-1], dtype=np.float32)
    return got
