"""A client's sentinel: it watches all streams of its client and tells, once in a run, which one tripped first."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.e_process import Floats
from tocsin.alarm.paired import BETS, TOLERANCE, Paired


class Sentinel:
    """First trip of one client over `streams`, told once.

    A stream trips when its `Paired` e-value reaches `1 / false_trip`: under its null a client trips there, ever in the
    run, with a probability of at most `false_trip` (per stream; the server's tests allow for it, see `TripPlan`). Which
    of several that trip in the same round is told: see `told_of`; `subjects`, (streams,), are what each is about, and
    without them all are about the same.

    Told once: `tell` hands the trip out one time, to be kept (`state`, on disk) *before* it is sent: the privacy
    ledger's claim for trips rests on that. A trip may wait for the next release; waiting costs no validity.
    """

    def __init__(
        self,
        streams: int,
        rounds: int,
        false_trip: float,
        tolerance: float = TOLERANCE,
        bets: Sequence[float] = BETS,
        subjects: Sequence[str] | None = None,
    ) -> None:
        if not 0.0 < false_trip < 1.0:
            raise ValueError(f"a false-trip probability of {false_trip} is not in (0, 1)")
        self._paired = Paired(streams, rounds, tolerance, bets)
        self._barrier = -np.log(false_trip)
        self._subjects = (
            np.zeros(streams, dtype=int) if subjects is None else np.unique(subjects, return_inverse=True)[1]
        )
        self.first: int | None = None
        """The stream that tripped first, None while there is none; in streams' order."""
        self.told = False

    def observe(self, differences: NDArray[np.floating]) -> Floats:
        """One round's paired differences, as in `Paired.update`; returns each stream's highest log e-value."""
        log_e = self._paired.update(differences)
        if self.first is None and (log_e >= self._barrier).any():
            self.first = told_of(log_e, self._barrier, self._subjects)
        return log_e

    def tell(self) -> int | None:
        """The first trip if there is one that was not told, and None ever after."""
        if self.told or self.first is None:
            return None
        self.told = True
        return self.first

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {"paired": self._paired.state(), "first": self.first, "told": self.told}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of other streams."""
        self._paired.restore(state["paired"])
        self.first, self.told = state["first"], state["told"]


def told_of(log_e: Floats, barrier: float, subjects: NDArray[np.integer]) -> int:
    """Which of the streams that trip is told: of the subject of the highest e-value the first in order.

    Streams of one subject see one loss at several moments, and which of them has the highest e-value is chance: by
    order the clients of one failure name one stream. Across subjects the highest says what is failing.
    """
    mine = subjects == subjects[int(np.argmax(log_e))]
    return int(np.flatnonzero(mine & (log_e >= barrier))[0])
