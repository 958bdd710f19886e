"""Groups weighed alike."""

import pytest
from remedy_sides import client_side, study_of, weighed

from tocsin.errors import TocsinError
from tocsin.remedy import find_remedy

SIDE = client_side(study_of("group-weights"))


def totals(examples) -> dict[str, float]:
    sums: dict[str, float] = {}
    for one in examples:
        sums[one.example.group] = sums.get(one.example.group, 0.0) + one.weight
    return sums


def test_groups_weigh_the_same_together_and_none_more_than_before() -> None:
    examples = weighed(30, "many") + weighed(10, "some") + weighed(15, "more")
    made = find_remedy("group-weights", {}).prepare(examples, SIDE)
    assert [one.example for one in made] == [one.example for one in examples]
    assert totals(made) == pytest.approx({"many": 10, "some": 10, "more": 10})
    assert max(one.weight for one in made) == 1.0


def test_a_tiny_group_is_not_blown_up() -> None:
    examples = weighed(100, "many") + weighed(2, "few")
    made = find_remedy("group-weights", {"most": 5}).prepare(examples, SIDE)
    assert {one.example.group: one.weight for one in made} == pytest.approx({"many": 0.2, "few": 1.0})
    assert find_remedy("group-weights", {"most": 1.0}).prepare(examples, SIDE) == examples


def test_earlier_weights_count_and_stay_in_proportion() -> None:
    """What a filter weighed down is no member of its group, and what it left out stays out."""
    examples = weighed(10, "a") + weighed(10, "b", 0.5) + weighed(10, "b", 0.0) + weighed(3, "gone", 0.0)
    made = find_remedy("group-weights", {}).prepare(examples, SIDE)
    assert totals(made) == pytest.approx({"a": 5, "b": 5, "gone": 0})
    assert [one.weight for one in made[20:]] == [0.0] * 13


def test_one_group_is_left_as_it_is() -> None:
    assert find_remedy("group-weights", {}).prepare(weighed(5), SIDE) == weighed(5)


@pytest.mark.parametrize("most", [0.5, float("inf"), float("nan")])
def test_wrong_options(most: float) -> None:
    with pytest.raises(TocsinError, match=r"most = .* is wrong; give a number from 1 up"):
        find_remedy("group-weights", {"most": most})
