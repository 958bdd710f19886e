"""Whether a model changed, judged by what exchanging before and after would do to each cluster."""

from collections.abc import Sequence

import numpy as np

from tocsin.behaviour.statistics.grouping import cluster_index

_STEPS = 20_000  # the sum of all sizes, in units of the grid on which sums that are no whole numbers are counted


def paired_test(changes: Sequence[float], clusters: Sequence[str]) -> float:
    """Two-sided p-value that the mean of paired `changes`, each in [-1, 1], is 0; `clusters` as in `Outcome`.

    The sign-flip test on the sums of clusters, with mid-p: under the null each cluster could as well have changed
    the other way, so all 2^clusters patterns of signs are equally likely. Their distribution is computed, not
    sampled (exactly for changes of -1, 0, 1; otherwise on a grid of 20,000 steps). For 0/1 outcomes without
    clusters it is McNemar's mid-p test (Fagerland, Lydersen & Laake, 2013), as in `paired_p`. Where clusters are
    skewed it holds for many clusters, as its variance is the sum of squared cluster sums (Canay, Romano & Shaikh,
    2017). Without any change it is 1.

    Raises ValueError for no changes, for one outside [-1, 1], and for lists of different length.
    """
    values = np.asarray(changes, float)
    if len(values) == 0 or not (np.abs(values) <= 1.0).all():
        raise ValueError("paired changes must be at least one, each in [-1, 1]")
    if len(clusters) != len(values):
        raise ValueError(f"{len(values)} changes have {len(clusters)} clusters")
    sums = np.asarray(np.bincount(cluster_index(clusters), values), float)
    total = float(np.abs(sums).sum())
    if total == 0.0:
        return 1.0
    if not np.array_equal(sums, np.round(sums)):
        sums *= _STEPS / total
    steps = np.round(sums).astype(np.int64)
    sizes = np.abs(steps[steps != 0])
    reach = int(sizes.sum())
    chances = np.zeros(2 * reach + 1)  # of each sum of signed sizes, from -reach to reach
    chances[reach] = 1.0
    done = 0
    for size in sizes.tolist():
        low, high = reach - done, reach + done + 1
        current = chances[low:high].copy()
        chances[low:high] = 0.0
        chances[low - size : high - size] += current / 2.0
        chances[low + size : high + size] += current / 2.0
        done += size
    observed = reach + abs(int(steps.sum()))
    return min(1.0, float(2.0 * chances[observed + 1 :].sum() + chances[observed]))
