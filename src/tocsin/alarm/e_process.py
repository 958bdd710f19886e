"""The e-process that all tests share: bets begun in every round, averaged, on several cells at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class StartMixture:
    """M_t = (M_{t-1} + w) * L_t with w = 1/starts, and cash 1 - w * (starts so far): a bet begun in each release.

    Where each L_t has a mean of at most 1 given the past, under the null, M_t + cash is a nonnegative supermartingale
    that begins at 1: the average over all change points j of the capital of somebody who begins to bet in release j.
    Hence P(it ever reaches x) <= 1/x (Ville 1939), whatever the change point is. This is the finite-horizon form of the
    e-detector of Shin, Ramdas & Rinaldo ("E-detectors: a nonparametric framework for sequential change detection",
    New England Journal of Statistics in Data Science, 2024), which bounds the run's false alarms and not their rate.

    `shape` is (cells, ...): one capital for each cell and bet. A release in which a cell is unknown is skipped: no bet
    is begun, none moves. Kept as logarithms, which do not overflow.
    """

    def __init__(self, shape: Sequence[int], starts: int) -> None:
        if starts < 1 or min(shape) < 1:
            raise ValueError(f"{starts} starts of bets of shape {tuple(shape)}: at least one of each is wanted")
        self.starts = starts
        self.log_m: Floats = np.full(tuple(shape), -np.inf)
        self.begun: NDArray[np.int64] = np.zeros(shape[0], dtype=np.int64)

    def start(self, known: Flags) -> None:
        """Begin a bet in each `known` cell, (cells,). Raises ValueError when a cell has had all its starts."""
        if (self.begun[known] >= self.starts).any():
            raise ValueError(f"more than {self.starts} releases: the horizon of a run is fixed before it")
        self.log_m[known] = np.logaddexp(self.log_m[known], -np.log(self.starts))
        self.begun[known] += 1

    def multiply(self, log_l: Floats, known: Flags) -> None:
        """Take what the bets returned: `log_l` has `shape`, rows of unknown cells are ignored."""
        self.log_m[known] += log_l[known]

    @property
    def cash(self) -> Floats:
        """What no bet has been begun with, (cells,)."""
        got: Floats = np.maximum(0.0, 1.0 - self.begun / self.starts)
        return got

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        rows = [None if not np.isfinite(row).all() else row.tolist() for row in self.log_m]
        return {"log_m": rows, "begun": self.begun.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of another shape."""
        rows = state["log_m"]
        if len(rows) != len(self.log_m) or len(state["begun"]) != len(self.log_m):
            raise ValueError(f"a state of {len(rows)} cells does not fit {len(self.log_m)}")
        for at, row in enumerate(rows):
            self.log_m[at] = -np.inf if row is None else np.asarray(row, float).reshape(self.log_m[at].shape)
        self.begun[:] = state["begun"]


def log_mean_exp(values: Floats, axis: int = -1) -> Floats:
    """log of the mean of exp(values); -inf where all are."""
    top = np.max(values, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        got: Floats = np.log(np.mean(np.exp(values - top), axis=axis)) + np.squeeze(top, axis=axis)
    return got


def log_or_nothing(values: Floats) -> Floats:
    """The logarithm, -inf of 0."""
    with np.errstate(divide="ignore"):
        got: Floats = np.log(values)
    return got


def per_cell(what: str, values: object, cells: int) -> Floats:
    """`values` as float64 of (cells,); one number is taken for all. Raises ValueError for another shape."""
    got = np.asarray(values, dtype=float)
    if got.shape not in ((), (cells,)):
        raise ValueError(f"{what} of shape {got.shape}: one number, or one for each of {cells} cells, is wanted")
    return np.broadcast_to(got, (cells,)).astype(float)
