"""Krum (Blanchard et al., 2017, arXiv 1703.02757): the one adapter that lies nearest to the others."""

from flwr.serverapp.strategy import Krum

from tocsin.errors import TocsinError
from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerAggregation, Options, options


@AGGREGATIONS.register("krum")
def krum(given: Options) -> Aggregation:
    """Option `malicious` (default 1): how many clients f may lie; needs at least 2f + 3 updates."""
    malicious = options("krum", given, {"malicious": 1})["malicious"]
    if malicious != int(malicious) or malicious < 0:
        raise TocsinError(f"aggregation.options.malicious = {malicious} is wrong: give a whole number, 0 or more.")
    return FlowerAggregation(Krum(num_malicious_nodes=int(malicious)), fewest=2 * int(malicious) + 3)
