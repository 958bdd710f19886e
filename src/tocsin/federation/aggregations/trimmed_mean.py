"""Coordinate-wise trimmed mean (Yin et al., 2018, arXiv 1803.01498)."""

from flwr.serverapp.strategy import FedTrimmedAvg

from tocsin.errors import TocsinError
from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerAggregation, Options, options


@AGGREGATIONS.register("trimmed-mean")
def trimmed_mean(given: Options) -> Aggregation:
    """Option `share` (default 0.2, in [0, 0.5)): how much is cut at each end of each entry."""
    share = options("trimmed-mean", given, {"share": 0.2})["share"]
    if not 0 <= share < 0.5:
        raise TocsinError(f"aggregation.options.share = {share} is wrong: a trimmed mean cuts from 0 to less than 0.5.")
    return FlowerAggregation(FedTrimmedAvg(beta=share))
