import math
from collections.abc import Sequence
from random import Random

import pytest

from tocsin.behaviour import Item, Outcome, measure_all, paired, summarise
from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.errors import TocsinError

ITEMS = [Item("1", "a"), Item("2", "b"), Item("3", "a")]


class Fixed:
    """A probe with fixed outcomes."""

    name = "fixed"

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)

    def measure(self, model: object, items: Sequence[Item]) -> list[Outcome]:
        return self.outcomes


def test_a_probe_that_keeps_the_contract_is_believed() -> None:
    outcomes = [Outcome("1", "a", 0.0), Outcome("2", "b", 1.0), Outcome("3", "a", 0.5)]
    assert measure_all(None, Fixed(*outcomes), ITEMS) == outcomes
    assert measure_all(None, Fixed(*outcomes), []) == []


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf])
def test_an_outcome_outside_its_range_is_refused(value: float) -> None:
    with pytest.raises(TocsinError, match=r'"fixed".*outside \[0, 1\]'):
        measure_all(None, Fixed(Outcome("1", "a", value)), ITEMS[:1])


def test_missing_and_exchanged_outcomes_are_refused() -> None:
    one, two, three = Outcome("1", "a", 0.0), Outcome("2", "b", 1.0), Outcome("3", "a", 0.5)
    for wrong in ([one, two], [two, one, three], [one, two, three, three]):
        with pytest.raises(TocsinError, match="in order"):
            measure_all(None, Fixed(*wrong), ITEMS)


def test_summing_up() -> None:
    outcomes = [Outcome("1", "b", 0.5), Outcome("2", "a", 1.0), Outcome("3", "b", 0.0)]
    assert summarise(outcomes) == {"all": (3, 1.5, 1.25), "a": (1, 1.0, 1.0), "b": (2, 0.5, 0.25)}
    assert list(summarise(outcomes)) == ["all", "a", "b"]
    assert summarise([]) == {}


def test_the_group_all_counts_once() -> None:
    assert summarise([Outcome("1", "all", 1.0), Outcome("2", "a", 1.0)]) == {
        "all": (2, 2.0, 2.0),
        "a": (1, 1.0, 1.0),
    }


def test_pairing() -> None:
    before = [Outcome("1", "a", 0.0), Outcome("2", "b", 1.0), Outcome("3", "a", 0.5)]
    after = [Outcome("1", "a", 1.0), Outcome("2", "b", 0.25), Outcome("3", "a", 0.5)]
    worse, better = paired(before, after)
    assert [o.value for o in worse] == [1.0, 0.0, 0.0]
    assert [o.value for o in better] == [0.0, 0.75, 0.0]
    assert [(o.item, o.group) for o in worse] == [(o.item, o.group) for o in better] == [(i.id, i.group) for i in ITEMS]


@pytest.mark.parametrize("after", [[], [Outcome("2", "a", 1.0)], [Outcome("1", "b", 1.0)]])
def test_only_the_same_items_are_paired(after: list[Outcome]) -> None:
    with pytest.raises(ValueError):
        paired([Outcome("1", "a", 0.0)], after)


POOL = by_group(
    Item(f"{group}{number}", group) for group, size in (("a", 3), ("b", 50), ("c", 50)) for number in range(size)
)


def test_a_draw_is_distinct_and_balanced_until_a_group_runs_out() -> None:
    drawn = draw_in_turn(POOL, 9, Random(1))
    assert sorted(item.group for item in drawn) == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    assert len({item.id for item in drawn}) == 9
    assert len({item.group for item in drawn[:3]}) == 3
    more = draw_in_turn(POOL, 23, Random(1))
    assert sorted(item.group for item in more) == ["a"] * 3 + ["b"] * 10 + ["c"] * 10


def test_a_draw_is_the_pool_at_most() -> None:
    assert {item.id for item in draw_in_turn(POOL, 1000, Random(1))} == {i.id for pool in POOL.values() for i in pool}
    assert draw_in_turn(POOL, 0, Random(1)) == []
    assert draw_in_turn({}, 5, Random(1)) == []
    assert draw_in_turn({"a": []}, 5, Random(1)) == []


def test_a_draw_repeats_with_its_seed_and_is_fresh_without() -> None:
    assert draw_in_turn(POOL, 12, Random(4)) == draw_in_turn(POOL, 12, Random(4))
    assert draw_in_turn(POOL, 12, Random(4)) != draw_in_turn(POOL, 12, Random(5))
    random = Random(4)
    assert draw_in_turn(POOL, 12, random) != draw_in_turn(POOL, 12, random)


def test_no_item_and_no_group_is_favoured() -> None:
    random = Random(0)
    seen = [item for _ in range(3000) for item in draw_in_turn({k: POOL[k][:3] for k in "abc"}, 4, random)]
    for key in ("id", "group"):
        counts = [sum(getattr(item, key) == value for item in seen) for value in {getattr(i, key) for i in seen}]
        assert max(counts) / min(counts) < 1.15
