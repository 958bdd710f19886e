"""Client-level privacy: each client's change is clipped, and the server adds Gaussian noise to the sum."""

import math
import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.federation.aggregation import OfSum, State
from tocsin.federation.messages import Arrays, Update
from tocsin.privacy.noise import Bytes, noised

Changes = Mapping[str, NDArray[np.float64]]


def clipped(current: Arrays, arrays: Arrays, norm: float) -> dict[str, NDArray[np.float64]]:
    """The change from `current` to `arrays`, scaled down to the L2 norm `norm` over all arrays where it is larger.

    In double precision, so that the norm is kept to 1 in 10^12; Flower's `compute_clip_model_update` works in that of
    the update, and divides by zero for a client that changed nothing.
    """
    change = {name: arrays[name].astype(np.float64) - current[name] for name in current}
    length = math.sqrt(sum(float(np.square(array).sum()) for array in change.values()))
    return {name: array * (norm / max(norm, length)) for name, array in change.items()}


class ClientPrivate:
    """An aggregation that learns of the updates only the noised sum of their clipped changes. It is an `OfSum` itself.

    DP-FedAvg with flat clipping and uniform weights (McMahan et al., 2018, arXiv 1710.06963, Algorithm 1); every
    client takes part, so no sampling lowers the cost. The noise has `multiplier * clip` as its standard deviation in
    the sum of the changes; `ClientDP(multiplier)` is what the ledger charges for a round. What `inner` makes of the
    sum costs nothing more.

    Flower's `DifferentialPrivacyServerSideFixedClipping` is the peer. It adds the noise after its inner strategy, which
    is right for FedAvg alone; its noise is numpy's global generator's in single precision, ours is the operating
    system's; and its noise is made for the configured number of clients, ours for those that answered.
    """

    weighs = False

    def __init__(self, inner: OfSum, clip: float, multiplier: float, random: Bytes = os.urandom) -> None:
        self._inner, self._clip, self._sigma, self._random = inner, clip, clip * multiplier, random
        self.client_options = inner.client_options
        self.fewest = inner.fewest

    def aggregate(self, round_: int, current: Arrays, updates: Sequence[Update]) -> dict[str, NDArray[np.float32]]:
        """See `Aggregation.aggregate`. Each update counts once, however many examples it claims."""
        total = {name: np.zeros(array.shape) for name, array in current.items()}
        for update in updates:
            for name, array in clipped(current, update.arrays, self._clip).items():
                total[name] += array
        return self.aggregate_sum(round_, current, total, len(updates))

    def aggregate_sum(
        self, round_: int, current: Arrays, total: Changes, clients: int
    ) -> dict[str, NDArray[np.float32]]:
        """The next adapter from the sum of the changes of `clients` clients, which must have been `clipped`."""
        release = {name: noised(total[name], self._sigma, self._random) for name in current}
        return self._inner.aggregate_sum(round_, current, release, clients)

    def state(self) -> State:
        """See `Aggregation.state`."""
        return self._inner.state()

    def restore(self, state: State) -> None:
        """See `Aggregation.restore`."""
        self._inner.restore(state)
