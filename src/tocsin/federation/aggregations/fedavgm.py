"""FedAvgM (Hsu et al., 2019, arXiv 1909.06335): server momentum on the mean change."""

from flwr.serverapp.strategy import FedAvgM

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerMean, Options, options


@AGGREGATIONS.register("fedavgm")
def fedavgm(given: Options) -> Aggregation:
    """Options `learning_rate` (default 1.0) and `momentum` (default 0.9)."""
    given = options("fedavgm", given, {"learning_rate": 1.0, "momentum": 0.9})
    strategy = FedAvgM(server_learning_rate=given["learning_rate"], server_momentum=given["momentum"])
    return FlowerMean(strategy, kept=("momentum_vector",))
