"""q-FFL (Li et al., 2020, arXiv 1905.10497): clients of a high loss count for more, so that losses become alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.federation.aggregation import AGGREGATIONS, ENTRIES, Aggregation, Options, above, at_least, options
from tocsin.federation.local_loss import ASKED
from tocsin.federation.messages import Arrays, LocalLoss
from tocsin.federation.self_weighing import LEAST, SelfWeighing, moved


class QFFL(SelfWeighing):
    """q-FedAvg (Algorithm 2) as a self-weighted sum.

    With F the loss of a client's examples under the global adapter w, and c its change, the paper steps to
    w + sum F^q c / sum F^q (1 + q L ||c||^2 / F). Its L, a Lipschitz constant, is 1 over the learning rate of plain
    gradient descent; clients here train with AdamW, for which that is off by orders of magnitude. But where one step of
    the curvature L makes the change c, the loss falls by L ||c||^2 / 2, and what it falls by a client can measure:
    L ||c||^2 is taken to be twice that, within [0, 2 F].
    """

    name = "q-ffl"
    client_options = ASKED
    entries = 1

    def __init__(self, q: float, bound: float) -> None:
        self._q, self._bound = q, bound

    def weigh(
        self, round_: int, loss: LocalLoss, told: Mapping[str, float], folder: Path
    ) -> tuple[float, Sequence[float]]:
        """See `SelfWeighed.weigh`: (F / bound)^q, and the client's part of the divisor over its largest value."""
        weight = max(LEAST, (min(loss.before, self._bound) / self._bound) ** self._q)
        slope = min(2.0, max(0.0, 2.0 * (loss.before - loss.after) / max(loss.before, 1e-9)))
        return weight, [weight * (1.0 + self._q * slope) / self._most]

    def aggregate_sum(
        self, round_: int, current: Arrays, total: Mapping[str, NDArray[np.float64]], clients: int
    ) -> dict[str, NDArray[np.float32]]:
        """See `OfSum.aggregate_sum`."""
        return moved(current, total, float(total[ENTRIES][0]) * self._most)

    @property
    def _most(self) -> float:
        """1 + q L ||c||^2 / F where a client's loss falls to nothing."""
        return 1.0 + 2.0 * self._q


@AGGREGATIONS.register("q-ffl")
def q_ffl(given: Options) -> Aggregation:
    """Options `q` (default 1; 0 is the plain mean) and `bound` (default 5): the loss in nats a token that stands for
    the weight 1; a larger one counts as this."""
    given = options("q-ffl", given, {"q": 1.0, "bound": 5.0})
    at_least("q", given["q"], 0.0)
    above("bound", given["bound"], 0.0)
    return QFFL(float(given["q"]), float(given["bound"]))
