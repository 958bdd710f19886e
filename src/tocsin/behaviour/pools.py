"""Drawing items from a pool."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from tocsin.behaviour.probe import HeldOut, Item


def by_group(items: Iterable[Item]) -> dict[str, list[Item]]:
    """The items of each group, groups and items in the order in which they come."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    return groups


def draw_in_turn(pool: Mapping[str, Sequence[Item]], count: int, random: Random) -> list[Item]:
    """`count` distinct items, one group after the other; all there are where the pool is smaller.

    Each group's items are a simple random sample of it. The turn starts at a random group, so that over many
    draws no group is favoured where `count` is no multiple of the number of groups; a group that runs out is
    passed over.
    """
    names = [name for name, items in pool.items() if items]
    start = random.randrange(len(names)) if names else 0
    turn = names[start:] + names[:start]
    wanted = dict.fromkeys(turn, 0)
    left = min(count, sum(len(pool[name]) for name in turn))
    while left > 0:
        for name in turn:
            if left > 0 and wanted[name] < len(pool[name]):
                wanted[name] += 1
                left -= 1
    drawn = {name: random.sample(pool[name], number) for name, number in wanted.items()}
    longest = max(wanted.values(), default=0)
    return [drawn[name][place] for place in range(longest) for name in turn if place < len(drawn[name])]


def draw_held_out(
    held_out: Sequence[HeldOut], count: int, random: Random, usable: Callable[[str], bool] = bool
) -> list[Item]:
    """`count` distinct examples whose answer is `usable` (not empty), groups in turn; their text is the answer."""
    items = (
        Item(f"held-out-{index}", example.group, example.prompt, (example.response,))
        for index, example in enumerate(held_out)
        if usable(example.response)
    )
    return draw_in_turn(by_group(items), count, random)
