"""Alignment data mixed in."""

from collections import Counter

import pytest
from remedy_sides import client_side, study_of, weighed

from tocsin.errors import TocsinError
from tocsin.remedy import find_remedy, remedies_of

STUDY = study_of("mixing")


def mixed(count: int = 90, client: int = 0, **options):
    examples = weighed(count)
    made = find_remedy("mixing", options).prepare(examples, client_side(STUDY, client))
    assert made[:count] == examples
    return made[count:]


@pytest.mark.parametrize(("share", "added"), [(0.1, 10), (0.25, 30), (0.5, 90), (0.001, 1)])
def test_the_share_is_that_of_the_mixed_data(share: float, added: int) -> None:
    assert len(mixed(share=share)) == added


@pytest.mark.parametrize(("lookalikes", "refusals"), [(2, 10), (0, 30), (1.0, 15), (1000.0, 1)])
def test_look_alikes_come_with_the_refusals(lookalikes: float, refusals: int) -> None:
    groups = Counter(one.example.group for one in mixed(share=0.25, lookalikes=lookalikes))
    assert groups["refusal"] == refusals and groups.total() == 30
    assert set(groups) <= {"refusal", "look-alike"}


def test_what_is_mixed_in_weighs_as_any_other_and_is_each_client_s_own() -> None:
    assert all(one.weight == 1.0 for one in mixed())
    assert mixed() == mixed()
    first, second = (Counter(one.example.turns for one in mixed(900, client)) for client in (0, 1))
    assert (first & second).total() < 0.2 * first.total()


def test_examples_of_no_weight_are_not_counted() -> None:
    examples = weighed(90) + weighed(60, weight=0.0) + weighed(90, weight=0.1)
    assert len(find_remedy("mixing", {}).prepare(examples, client_side(STUDY))) == 240 + 20


def test_what_judges_or_weighs_the_client_s_own_data_stands_first() -> None:
    mixing = find_remedy("mixing", {})
    assert mixing.conflict(study_of("safety-filter", "group-weights", "mixing", "counterfactual")) is None
    assert "would judge what was mixed in; put" in mixing.conflict(study_of("mixing", "projection", "safety-filter"))
    with pytest.raises(
        TocsinError, match=r'^remedy "mixing" stands before "group-weights", which .* "group-weights" first'
    ):
        remedies_of(study_of("mixing", "group-weights"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"share": 0.0}, "share = 0.0 is wrong; give a share above 0 and below 1"),
        ({"share": 1}, "share = 1 is wrong"),
        ({"share": float("nan")}, "share = nan is wrong"),
        ({"lookalikes": -1.0}, "lookalikes = -1.0 is wrong"),
        ({"shares": 0.1}, 'has no option shares .did you mean "share"'),
    ],
)
def test_wrong_options(options: dict, said: str) -> None:
    with pytest.raises(TocsinError, match=said):
        find_remedy("mixing", options)


def test_more_than_there_is() -> None:
    with pytest.raises(TocsinError, match='different "refusal" examples'):
        mixed(20_000, share=0.5, lookalikes=0.0)
