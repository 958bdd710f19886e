"""What is done with outcomes: check them, pair them, add them up by group."""

from collections.abc import Iterable, Sequence

from tocsin.behaviour.probe import Item, LanguageModel, Outcome, Probe
from tocsin.behaviour.statistics import Sums
from tocsin.errors import TocsinError

ALL = "all"
"""The group that holds every item."""


def measure_all(model: LanguageModel, probe: Probe, items: Sequence[Item]) -> list[Outcome]:
    """`probe.measure`, checked: one outcome in [0, 1] for each item, in the items' order.

    A probe may come from another package; what it gets wrong must not become a wrong score. Raises
    TocsinError.
    """
    if not items:
        return []
    outcomes = probe.measure(model, items)
    if [outcome.item for outcome in outcomes] != [item.id for item in items]:
        raise TocsinError(
            f'The probe "{probe.name}" does not give one outcome for each item, in order; mend its `measure`.'
        )
    for outcome in outcomes:
        if not 0.0 <= outcome.value <= 1.0:  # NaN too
            raise TocsinError(
                f'The probe "{probe.name}" gives item {outcome.item} the outcome {outcome.value}, '
                "which is outside [0, 1]; mend its `measure`, or the model if it gives no numbers."
            )
    return outcomes


def summarise(outcomes: Iterable[Outcome]) -> dict[str, Sums]:
    """(n, sum of values, sum of squares) by group, and over everything in the group `all`; {} for no
    outcomes.

    An item whose own group is `all` counts there once. Groups come in alphabetical order, `all` first.
    """
    sums: dict[str, list[float]] = {}
    for outcome in outcomes:
        for group in {ALL, outcome.group}:
            cell = sums.setdefault(group, [0, 0.0, 0.0])
            cell[0] += 1
            cell[1] += outcome.value
            cell[2] += outcome.value**2
    order = sorted(sums, key=lambda group: (group != ALL, group))
    return {group: (int(sums[group][0]), sums[group][1], sums[group][2]) for group in order}


def paired(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """The change of each item in two parts, each in [0, 1]: how much it went to the worse, and to the better.

    Raises ValueError when the two do not hold the same items, in the same groups and order.
    """
    if [(o.item, o.group) for o in before] != [(o.item, o.group) for o in after]:
        raise ValueError("outcomes before and after are not of the same items in the same order")
    changes = [(old.item, old.group, new.value - old.value) for old, new in zip(before, after, strict=True)]
    worse = [Outcome(item, group, max(0.0, change)) for item, group, change in changes]
    better = [Outcome(item, group, max(0.0, -change)) for item, group, change in changes]
    return worse, better
