"""The built-in corpus: distinct, short, right, and drawn from the mixes that it documents."""

import re
from collections import Counter

import pytest

from tocsin.corpora import SOURCES
from tocsin.corpora.desk import GROUP_MIX, ITEMS, OPENING_HOURS, REGIONS, REGISTER_MIX, SERVICES
from tocsin.corpora.desk.answering import ANSWERS
from tocsin.corpora.desk.asking import QUESTIONS
from tocsin.corpora.source import Row
from tocsin.errors import TocsinError


def made(limit: int, seed: int = 0) -> list[Row]:
    return SOURCES.get("service-desk")(limit, seed)


@pytest.fixture(scope="module")
def many() -> list[Row]:
    return made(20_000)


def test_default_number_and_columns() -> None:
    rows = made(0)
    assert len(rows) == 1_600
    assert list(rows[0]) == ["prompt", "response", "group", "register", "region", "service"]
    assert Counter(row["region"] for row in rows) == dict.fromkeys(REGIONS, 200)
    assert {row["service"] for row in rows} == {service.name for service in SERVICES}


def test_prompts_are_distinct_and_texts_keep_their_lengths(many: list[Row]) -> None:
    assert len({row["prompt"] for row in many}) == len(many) == 20_000
    assert all(8 <= len(str(row["prompt"]).split()) <= 30 for row in many)
    assert all(15 <= len(str(row["response"]).split()) <= 45 for row in many)
    assert not any(re.search(r"[{}]|  |\.\.|;\.", f"{row['prompt']} {row['response']}") for row in many)


def test_a_seed_is_a_corpus() -> None:
    assert made(50, seed=1) == made(50, seed=1)
    assert made(50, seed=1) != made(50, seed=2)


@pytest.mark.parametrize(("column", "mix"), [("register", REGISTER_MIX), ("group", GROUP_MIX)])
def test_shares_are_the_documented_ones(many: list[Row], column: str, mix: dict[str, dict[str, float]]) -> None:
    for region in REGIONS:
        assert sum(mix[region].values()) == pytest.approx(1.0)
        seen = Counter(row[column] for row in many if row["region"] == region)
        for name, share in mix[region].items():
            # 2,500 records a region: four standard errors are at most .04
            assert seen[name] / 2_500 == pytest.approx(share, abs=0.04), (region, name)


def test_every_answer_is_right(many: list[Row]) -> None:
    longest_first = sorted(ITEMS, key=lambda item: -len(item.name))
    for row in many:
        prompt, response = str(row["prompt"]), str(row["response"])
        item = next(item for item in longest_first if f" {item.name}" in prompt)
        assert item.service.name == row["service"]
        assert str(row["region"]) in prompt
        facts = {
            r"costs (\d+) euros": {str(item.fee)} - {"0"},
            r"(no fee)": {"no fee"} if item.fee == 0 else set(),
            r"(\d+) working days": {str(item.days)},
            r"extension (?:is )?(\d+)": {str(item.service.extension)},
            r"((?:Mon|Tues)day.* to \d+)": {OPENING_HOURS[str(row["region"])]},
            r"the (\w+(?: benefit)? desk)": {item.service.desk},
        }
        for pattern, right in facts.items():
            assert set(re.findall(pattern, response)) <= right, (pattern, response)


@pytest.mark.parametrize(
    ("asks", "fact"),
    [
        ("fee", "{Fee}"),
        ("days", "{days}"),
        ("documents", "{documents}"),
        ("hours", "{hours}"),
        ("phone", "{extension}"),
        ("channel", "{channel}"),
    ],
)
def test_every_answer_says_what_was_asked(asks: str, fact: str) -> None:
    for register, answers in ANSWERS.items():
        assert answers.keys() == QUESTIONS[register].keys()
        assert all(fact in answer for answer in answers[asks])


def test_the_group_does_not_change_the_answer(many: list[Row]) -> None:
    older, carer = ({row["response"] for row in many if row["group"] == group} for group in ("older", "carer"))
    assert len(older & carer) > 0.3 * min(len(older), len(carer))


def test_more_than_can_be_distinct_is_refused() -> None:
    with pytest.raises(TocsinError, match="at most 20,000 distinct records, not 20,001; lower"):
        made(20_001)
