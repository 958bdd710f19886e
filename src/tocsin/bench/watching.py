"""Sentinels of many clients: which stream of a client trips first, and when."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.e_process import Floats, log_mean_exp
from tocsin.alarm.paired import BETS, Paired
from tocsin.alarm.sentinel import told_of

NEVER = 0


class Sentinels:
    """`alarm.Sentinel` for each of many clients, at several false-trip probabilities at once.

    Nearly all streams of clients never come near a trip. A bound that takes a round's items to the worse first is
    computed for all of them, and only those that it lets pass are asked again, item by item, with `alarm.Paired`: the
    trips are the same, in a twentieth of the time.
    """

    def __init__(
        self,
        clients: int,
        streams: int,
        rounds: int,
        tolerance: float,
        lowest_barrier: float,
        subjects: Sequence[str] | None = None,
    ) -> None:
        self._subjects = (
            np.zeros(streams, dtype=int) if subjects is None else np.unique(subjects, return_inverse=True)[1]
        )
        self._shape, self._rounds, self._tolerance = (clients, streams), rounds, tolerance
        self._barrier = float(np.log(lowest_barrier))
        self._log_m: Floats = np.full((clients * streams, len(BETS)), -np.inf)
        self._begun = np.zeros(clients * streams)
        self._near = np.zeros(clients * streams, dtype=bool)
        self._seen: list[NDArray[np.float32]] = []

    def observe(self, differences: NDArray[np.float32]) -> Floats:
        """One round's paired differences, (clients, streams, items), NaN where there is none.

        Returns every stream's log e-value after the round's last item, (clients, streams).
        """
        d = differences.reshape(len(self._near), -1)
        known = ~np.all(np.isnan(d), axis=1)
        gain, most = self._gains(d)
        begun = np.logaddexp(self._log_m, -np.log(self._rounds))
        self._begun += known
        cash = np.maximum(1e-300, 1.0 - self._begun / self._rounds)
        bound: Floats = np.logaddexp(log_mean_exp(begun + most), np.log(cash))
        self._near |= known & (bound >= self._barrier - 1e-6)
        self._log_m = np.where(known[:, np.newaxis], begun + gain, self._log_m)
        self._seen.append(d)
        log_e: Floats = np.logaddexp(log_mean_exp(self._log_m), np.log(cash))
        return log_e.reshape(self._shape)

    def first_trips(self, barriers: tuple[float, ...]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """For each of `barriers` (1/c) every client's (round from 1, or `NEVER`; stream), both (clients,).

        Raises ValueError for a barrier under the lowest that was announced.
        """
        if np.log(min(barriers)) < self._barrier - 1e-9:
            raise ValueError(f"a barrier of {min(barriers):g} is under the lowest one")
        near = np.flatnonzero(self._near)
        clients, streams = np.divmod(near, self._shape[1])
        test = Paired(max(1, len(near)), self._rounds, self._tolerance)
        first = [(np.zeros(self._shape[0], np.int64), np.zeros(self._shape[0], np.int64)) for _ in barriers]
        for at, d in enumerate(self._seen, start=1):
            if not len(near):
                break
            log_e = test.update(d[near])
            for barrier, (when, which) in zip(barriers, first, strict=True):
                over = (log_e >= np.log(barrier)) & (when[clients] == NEVER)
                for client in np.unique(clients[over]):
                    mine = clients == client
                    told = told_of(log_e[mine], float(np.log(barrier)), self._subjects[streams[mine]])
                    which[client], when[client] = streams[mine][told], at
        return first

    def _gains(self, d: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Log growth of each bet in a round, and what it is at most after any item, both (all streams, bets)."""
        bets = np.array(BETS)
        got = np.zeros((2, len(d), len(bets)))
        one = np.ones(d.shape[1], dtype=np.float32)  # products with it are quicker than sums over a short axis
        net, moved, squares = d @ one, np.abs(d) @ one, (d * d) @ one
        flips = squares == moved  # all are -1, 0 or 1; False where one is NaN
        worse, better = (moved[flips] + net[flips]) / 2.0, (moved[flips] - net[flips]) / 2.0
        counts = np.stack([worse, d.shape[1] - worse - better, better], axis=1)
        logs = np.log1p(bets * (np.array([[1.0], [0.0], [-1.0]]) - self._tolerance))
        got[0, flips], got[1, flips] = counts @ logs, counts @ np.maximum(logs, 0.0)
        if not np.all(flips):
            rest = np.nan_to_num(d[~flips].astype(float) - self._tolerance)
            each = np.log1p(rest[..., np.newaxis] * bets)
            got[0, ~flips], got[1, ~flips] = each.sum(axis=1), np.maximum(each, 0.0).sum(axis=1)
        return got[0], got[1]
