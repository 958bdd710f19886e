"""Federated averaging (McMahan et al., 2017, arXiv 1602.05629)."""

from flwr.serverapp.strategy import FedAvg

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerMean, Options, options


@AGGREGATIONS.register("fedavg")
def fedavg(given: Options) -> Aggregation:
    """The weighted mean of the clients' adapters. No options."""
    options("fedavg", given, {})
    return FlowerMean(FedAvg())
