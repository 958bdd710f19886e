"""Intervals and p-values for outcomes: small samples, bounded values, no model of the outcomes.

What works from `n` and two sums, of the values and of their squares, serves the federated path: sums are all that
leaves a client. What takes values serves a model at hand. Only `scipy.special` is imported: `scipy.stats` takes a
second that every command would pay.
"""

from tocsin.behaviour.statistics.bootstraps import bootstrap, paired_bootstrap
from tocsin.behaviour.statistics.changes import difference_interval, paired_p
from tocsin.behaviour.statistics.clusters import clustered_difference, clustered_interval
from tocsin.behaviour.statistics.families import holm
from tocsin.behaviour.statistics.independent import difference_of_means, unpaired_p
from tocsin.behaviour.statistics.interval import Interval, Sums
from tocsin.behaviour.statistics.means import mean_interval
from tocsin.behaviour.statistics.sequences import ConfidenceSequence
from tocsin.behaviour.statistics.sign_flips import paired_test

__all__ = [
    "ConfidenceSequence",
    "Interval",
    "Sums",
    "bootstrap",
    "clustered_difference",
    "clustered_interval",
    "difference_interval",
    "difference_of_means",
    "holm",
    "mean_interval",
    "paired_bootstrap",
    "paired_p",
    "paired_test",
    "unpaired_p",
]
