"""Coordinate-wise median (Yin et al., 2018, arXiv 1803.01498)."""

from flwr.serverapp.strategy import FedMedian

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerAggregation, Options, options


@AGGREGATIONS.register("median")
def median(given: Options) -> Aggregation:
    """The median of each entry; every client counts once. No options."""
    options("median", given, {})
    return FlowerAggregation(FedMedian())
