"""FedProx (Li et al., 2020, arXiv 1812.06127): FedAvg, and clients that are held near the global adapter."""

from flwr.serverapp.strategy import FedAvg

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerMean, Options, options


@AGGREGATIONS.register("fedprox")
def fedprox(given: Options) -> Aggregation:
    """Option `mu` (default 0.1): the weight of the proximal term in each client's loss."""
    mu = options("fedprox", given, {"mu": 0.1})["mu"]
    return FlowerMean(FedAvg(), client_options={"proximal": float(mu)})
