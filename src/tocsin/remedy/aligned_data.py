"""Our own refusals and look-alikes, for remedies that train on them."""

from tocsin.corpora import Example
from tocsin.corpora.alignment import alignment

LOOK_ALIKES = 2.0
"""Look-alikes for each refusal, as in `tocsin align`: without any, a model refuses what is safe (results/align.md)."""


def refusals_and_lookalikes(count: int, lookalikes: float, seed: int) -> tuple[Example, ...]:
    """`count` examples in random order, `lookalikes` safe look-alikes to a refusal, at least one refusal.

    Raises TocsinError where more is wanted than there is.
    """
    refusals = max(1, round(count / (1.0 + lookalikes)))
    return alignment(seed, refusals, count - refusals, 0)
