"""Agnostic federated learning (Mohri et al., 2019, arXiv 1902.00146): the adapter that does best for the worst mixture
of clients."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.federation.aggregation import AGGREGATIONS, ENTRIES, Aggregation, Options, State, above, options
from tocsin.federation.local_loss import ASKED
from tocsin.federation.messages import Arrays, LocalLoss
from tocsin.federation.self_weighing import SelfWeighing, moved

_FILE = "agnostic.json"
_MEAN = "mean loss"


class Agnostic(SelfWeighing):
    """The minimax over mixtures of clients, rounds of local steps between (Deng et al., 2020, arXiv 2102.12660), with
    multiplicative weights: lambda_k is multiplied by exp(eta F_k) after each round.

    Each client keeps the logarithm of its own lambda, less that of the clients' geometric mean: it adds eta times its
    loss less the mean loss, which the server reads in the sum and tells all clients in the next round. Weights stay
    between 1 / ratio and `ratio` times that mean: the set of mixtures over which the worst is sought, and what keeps
    the sum from being one client's update.
    """

    name = "agnostic"
    entries = 2

    def __init__(self, eta: float, bound: float, ratio: float) -> None:
        self._eta, self._bound, self._reach = eta, bound, math.log(ratio)
        self.client_options: Mapping[str, float] = ASKED  # and from round 2 on the mean loss of the round before

    def weigh(
        self, round_: int, loss: LocalLoss, told: Mapping[str, float], folder: Path
    ) -> tuple[float, Sequence[float]]:
        """See `SelfWeighed.weigh`: its lambda, by the losses of earlier rounds, and beside it its loss of this one."""
        log = self._log_weight(round_, told, folder / _FILE)
        bounded = min(max(loss.before, 0.0), self._bound)
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{_FILE}"
        draft.write_text(json.dumps({"round": round_, "log": log, "loss": bounded}), encoding="ascii")
        draft.replace(folder / _FILE)
        weight = math.exp(log - self._reach)
        return weight, [weight, bounded / self._bound]

    def _log_weight(self, round_: int, told: Mapping[str, float], file: Path) -> float:
        if not file.exists():
            return 0.0
        kept = json.loads(file.read_text(encoding="ascii"))
        log = float(kept["log"])
        if kept["round"] == round_ - 1 and _MEAN in told:  # not where the round is repeated, or some were missed
            log += self._eta * (kept["loss"] - told[_MEAN])
        return min(self._reach, max(-self._reach, log))

    def aggregate_sum(
        self, round_: int, current: Arrays, total: Mapping[str, NDArray[np.float64]], clients: int
    ) -> dict[str, NDArray[np.float32]]:
        """See `OfSum.aggregate_sum`."""
        weights, losses = total[ENTRIES].tolist()
        self._tell(losses / clients * self._bound)
        return moved(current, total, weights)

    def _tell(self, mean: float) -> None:
        self.client_options = {**ASKED, _MEAN: mean}

    def state(self) -> State:
        """See `Aggregation.state`."""
        return {_MEAN: np.array(self.client_options[_MEAN])} if _MEAN in self.client_options else {}

    def restore(self, state: State) -> None:
        """See `Aggregation.restore`."""
        if _MEAN in state:
            self._tell(float(state[_MEAN]))


@AGGREGATIONS.register("agnostic")
def agnostic(given: Options) -> Aggregation:
    """Options `eta` (default 0.5): how fast weights follow losses, per nat; `ratio` (default 3): how much more or less
    than usual a client may count; `bound` (default 5): a larger loss, in nats a token, counts as this."""
    given = options("agnostic", given, {"eta": 0.5, "ratio": 3.0, "bound": 5.0})
    above("eta", given["eta"], 0.0)
    above("ratio", given["ratio"], 1.0)
    above("bound", given["bound"], 0.0)
    return Agnostic(float(given["eta"]), float(given["bound"]), float(given["ratio"]))
