"""FedAdam (Reddi et al., 2021, arXiv 2003.00295): Adam on the server, the mean change being its gradient."""

from flwr.serverapp.strategy import FedAdam

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, FlowerMean, Options, options


@AGGREGATIONS.register("fedadam")
def fedadam(given: Options) -> Aggregation:
    """Options `eta` (server rate, default 0.001), `beta_1`, `beta_2`, `tau`.

    Flower's own default rate, 0.1, suits whole models; entries of a LoRA adapter are about 0.01.
    """
    given = options("fedadam", given, {"eta": 1e-3, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-3})
    return FlowerMean(FedAdam(**given), kept=("m_t", "v_t"))
