"""Cohorts by lot: nobody can choose to be where liars are in the majority."""

import hashlib
from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom

from tocsin.errors import TocsinError
from tocsin.privacy.masking import Enrolment


def deal(enrolment: Enrolment, run: bytes, cohorts: int) -> dict[str, tuple[int, ...]]:
    """All enrolled clients in `cohorts` cohorts by lot, their sizes differing by one at most; names sort as numbers do.

    The lot is SHA-256 over the run's number (`Terms.run`, 16 random bytes, drawn after the list was closed), the list's
    hash and the client's number: everybody computes the same cohorts, and nobody who enrolled knew his own. Whoever may
    draw the run's number g times has g times the chance of a deal that he likes. The result is what
    `Enrolment.cohorts` takes. Raises TocsinError for fewer than 1 cohort, or more cohorts than clients.
    """
    if not 1 <= cohorts <= len(enrolment.keys):
        raise TocsinError(
            f"{len(enrolment.keys)} clients cannot be dealt into {cohorts} cohorts; ask for 1 cohort or more, of "
            "several clients each."
        )
    head = b"tocsin deal 1\0" + run + enrolment.hash
    dealt = sorted(enrolment.keys, key=lambda client: hashlib.sha256(head + client.to_bytes(4, "big")).digest())
    digits = len(str(cohorts - 1))
    return {f"lot-{i:0{digits}}": tuple(sorted(dealt[i::cohorts])) for i in range(cohorts)}


def withstands(cohorts: int) -> int:
    """In how many of the cohorts all clients may lie before the median of the cohorts is in the liars' hands."""
    return (cohorts - 1) // 2


def capture(sizes: Sequence[int], liars: int) -> float:
    """The chance that `liars`, dealt by lot into cohorts of `sizes`, are in more of them than the median withstands.

    One liar is enough to own a cohort's subtotal. So the number of cohorts with a liar in them counts, and its
    distribution is exact here: cohort after cohort takes its clients from those that are left, so that the number of
    liars among them is hypergeometric. It is 0 for liars up to `withstands(cohorts)`. Raises ValueError for more liars
    than clients.
    """
    pool = sum(sizes)
    if not 0 <= liars <= pool:
        raise ValueError(f"{liars} liars among {pool} clients")
    left = np.arange(liars + 1)
    chance = np.zeros((len(sizes) + 1, liars + 1))  # [cohorts with a liar, liars not yet dealt]
    chance[0, liars] = 1.0
    for size in sizes:
        taken = left[:, None] - left[None, :]
        step = np.nan_to_num(hypergeom.pmf(taken, pool, left[:, None], size))  # nan: more liars left than clients
        spared = np.diag(step).copy()
        np.fill_diagonal(step, 0.0)
        chance, reached = chance * spared, chance @ step
        chance[1:] += reached[:-1]
        pool -= size
    return float(min(1.0, chance[withstands(len(sizes)) + 1 :].sum()))
