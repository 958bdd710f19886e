"""Which items are asked, and when it is enough."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tocsin.behaviour import HeldOut, Item, Probe
from tocsin.behaviour.statistics import ConfidenceSequence
from tocsin.errors import TocsinError
from tocsin.probing.wanted import ITEMS, Wanted

LARGEST_POOL = 50_000
"""A pool that gives more items than this counts as endless."""

BATCH = 32
"""Items measured at once, at least: small enough for a bar that moves, large enough to fill a batch."""


@dataclass(frozen=True)
class Asked:
    """A probe and its items. `populations`: where items come in random order until it is enough, how many the pool
    holds of each group; None where a fixed number is asked, and where the pool is endless. `aim`: the half-width at
    which one model's rate is known well enough."""

    probe: Probe
    items: list[Item]
    populations: Counter[str] | None = None
    aim: float | None = None

    def sequence(self, level: float, low: float, group: str | None = None) -> ConfidenceSequence:
        """For values in [low, 1] of all items, or of a group's: the same when to stop is asked and when it is told."""
        return ConfidenceSequence(level, low, 1.0, self.population(group), self.aim)

    def population(self, group: str | None = None) -> int | None:
        """The size of the pool, or of one of its groups; None for an endless one."""
        if self.populations is None:
            return None
        return self.populations.total() if group is None else self.populations[group]


def draw(probe: Probe, wanted: Wanted, examples: Sequence[HeldOut]) -> Asked:
    """The items for one probe. Raises TocsinError where there are none.

    A fixed number is drawn group by group in turn. With `until` the whole pool comes, in random order and each item
    once: what is measured so far is then at any time a random sample of the pool, without replacement, and the rate
    is the pool's, each item weighing alike.
    """
    random = Random(f"{wanted.seed} {probe.name}")
    if wanted.until is None:
        items, populations = probe.draw(wanted.items or ITEMS, random, examples), None
    else:
        items = probe.draw(LARGEST_POOL + 1, random, examples)
        populations = Counter(item.group for item in items) if len(items) <= LARGEST_POOL else None
        random.shuffle(items)
        items = items[: wanted.items]
    if not items:
        raise TocsinError(f'The probe "{probe.name}" finds no items; see what it needs of --data or --trained.')
    return Asked(probe, items, populations, wanted.until if wanted.against is None else None)


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, in parts that grow with what is done."""
    done = 0
    while done < len(items):
        size = max(BATCH, done // 8)
        yield items[done : done + size]
        done += size


class Enough:
    """Whether more items are needed, from a confidence sequence over what was seen: looking often costs nothing.

    One model: until half the interval is `until`. Two: also once the interval of the difference excludes 0; its level
    is 1 - .05/probes, so that all words about `probes` differences are right together with 95%.
    """

    def __init__(self, wanted: Wanted, asked: Asked, probes: int) -> None:
        self._until, self._paired = wanted.until, wanted.against is not None
        self._items, self._pool = len(asked.items), asked.population()
        self.level = 1.0 - 0.05 / probes if self._paired else 0.95
        self._sequence = asked.sequence(self.level, -1.0 if self._paired else 0.0)

    def add(self, values: Sequence[float]) -> str | None:
        """Take outcomes, or changes; say why it is enough, or None where it is not."""
        if self._until is None:
            return None
        self._sequence.add(values)
        now = self._sequence.interval
        if self._paired and (now.low > 0.0 or now.high < 0.0):
            return f"the difference was decided after {now.n} items"
        if (now.high - now.low) / 2.0 <= self._until:
            return f"{now.n} items gave an interval of ±{100 * self._until:g} points"
        if now.n == self._pool:
            return f"all {now.n} items of the pool were asked"
        return f"{now.n} items were asked, and the interval is still wider" if now.n == self._items else None

    def expected(self) -> int:
        """About how many items it will take in all, for the bar."""
        if self._until is None:
            return self._items
        now = self._sequence.interval
        if now.n == 0:
            return min(self._items, round(1.4 / self._until**2))
        # An interval narrows with the square root of the number of items.
        return min(self._items, max(now.n + 1, round(now.n * ((now.high - now.low) / 2.0 / self._until) ** 2)))
