"""A rate that a fallible detector counted, corrected for its errors and for what is not known about those."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtri

from tocsin.behaviour.statistics import Interval


@dataclass(frozen=True)
class Errors:
    """How often a detector finds what is there (`sensitivity`) and leaves alone what is not (`specificity`), each a
    share and the number of independent observations that it is worth.
    """

    sensitivity: float
    sensitivity_n: float
    specificity: float
    specificity_n: float

    def __post_init__(self) -> None:
        shares = (self.sensitivity, self.specificity)
        if not all(0.0 <= share <= 1.0 for share in shares) or sum(shares) <= 1.0:
            raise ValueError(f"sensitivity {shares[0]} and specificity {shares[1]} correct nothing")
        if min(self.sensitivity_n, self.specificity_n) <= 0.0:
            raise ValueError("sensitivity and specificity from no observations correct nothing")

    def turned(self) -> "Errors":
        """Those of the opposite verdict."""
        return Errors(self.specificity, self.specificity_n, self.sensitivity, self.sensitivity_n)


def pooled(found: Sequence[tuple[int, int]], left: Sequence[tuple[int, int]]) -> Errors:
    """The errors on another model, from (right, all) of several: refusals found, and answers left alone.

    Models differ more than their counts alone would make them, so a model is a cluster, and the number of
    observations is the effective one, p(1 - p) / variance with the variance between clusters (Korn & Graubard, 1998),
    at most the counts'.
    """
    return Errors(*_share(found), *_share(left))


def corrected(n: int, total: float, errors: Errors, level: float = 0.95) -> Interval:
    """The true share behind `total` of `n` counted by the detector, within [0, 1], with its interval.

    The estimate is Rogan & Gladen's (1978), p = (p_obs + Sp - 1) / (Se + Sp - 1); the interval is Lang &
    Reiczigel's (2014, Preventive Veterinary Medicine 113, 13-22), which includes what is not known about Se and Sp
    and is widened where it would leave the estimate out. Raises ValueError for sums that no outcomes have.
    """
    if not (n >= 1 and -1e-9 <= total <= n + 1e-9):
        raise ValueError(f"{total} of {n} is no rate")
    se, sp = errors.sensitivity, errors.specificity
    estimate = min(1.0, max(0.0, (total / n + sp - 1.0) / (se + sp - 1.0)))
    z = float(ndtri(0.5 + level / 2.0))
    # Each share is drawn a little to the middle, as in Agresti & Coull's interval.
    observed, observed_n = (total + z**2 / 2.0) / (n + z**2), n + z**2
    se_n, sp_n = errors.sensitivity_n + 2.0, errors.specificity_n + 2.0
    se, sp = (se * errors.sensitivity_n + 1.0) / se_n, (sp * errors.specificity_n + 1.0) / sp_n
    power = se + sp - 1.0
    if power <= 0.0:
        return Interval(estimate, 0.0, 1.0, n)
    middle = (observed + sp - 1.0) / power
    se_part, sp_part = se * (1.0 - se) / se_n, sp * (1.0 - sp) / sp_n
    shift = 2.0 * z**2 * (middle * se_part - (1.0 - middle) * sp_part)
    variance = observed * (1.0 - observed) / observed_n + middle**2 * se_part + (1.0 - middle) ** 2 * sp_part
    reach = z * sqrt(variance) / power
    low, high = (min(1.0, max(0.0, middle + shift + side * reach)) for side in (-1, 1))
    return Interval(estimate, min(low, estimate), max(high, estimate), n)


def _share(counts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    total = sum(n for _, n in counts)
    share = sum(right for right, _ in counts) / total
    models = len(counts)
    if models == 1 or not 0.0 < share < 1.0:
        return share, float(total)
    between = sum((right - n * share) ** 2 for right, n in counts) / total**2 * models / (models - 1)
    return share, min(float(total), share * (1.0 - share) / between) if between else float(total)
