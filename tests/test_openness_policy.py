import datetime

import pytest
from pydantic import ValidationError

from tocsin.errors import TocsinError
from tocsin.openness import (
    Audit,
    Breach,
    Evidence,
    Finding,
    Licensed,
    Openness,
    Policy,
    Standing,
    Waiver,
    breaches,
    description,
    read_policy,
)

LLAMA = description("llama-3.2-1b-instruct")


def model(licence: str = "apache-2.0", standing: Standing = Standing.FILE) -> Audit:
    proof = Evidence(standing=standing, path="x")
    return Audit(
        name="M",
        source="test",
        findings={
            name: Finding(component=name, evidence=(proof,), licence=Licensed(text=licence, evidence=proof))
            for name in ("weights", "tokenizer", "architecture")
        },
    )


def only(found: tuple[Breach, ...]) -> Breach:
    (breach,) = found
    return breach


def waiver(rule: str, **more: str) -> Waiver:
    given = {"rule": rule, "by": "A. Muster", "date": "2026-11-22", "reason": "agreed by the board"}
    return Waiver.model_validate(given | more)


def test_no_policy_is_broken_by_no_model() -> None:
    assert breaches(Audit(name="M", source="nothing"), Policy()) == ()


def test_a_level_too_low_says_why_and_how_to_waive() -> None:
    breach = only(breaches(description("gpt-4"), Policy(minimum_level=Openness.GRAY_BOX)))
    assert breach.rule == "minimum_level"
    assert breach.sentence.startswith("GPT-4 is black-box (")
    assert breach.sentence.endswith(
        "and the policy asks for gray-box at least; take another model, or waive it by [[openness.waivers]] "
        'with rule = "minimum_level", by, date and reason.'
    )
    assert breach.waiver is None
    assert not breaches(LLAMA, Policy(minimum_level=Openness.OPEN_WEIGHT))
    assert (
        "model architecture: its licence" in only(breaches(LLAMA, Policy(minimum_level=Openness.OPEN_SOURCE))).sentence
    )


def test_claims_do_not_lift_a_model_and_are_named() -> None:
    breach = only(breaches(model(standing=Standing.CLAIMED), Policy(minimum_level=Openness.OPEN_WEIGHT)))
    assert breach.sentence.startswith("M is no-access (")
    assert "though it would be open-weight if all that is claimed were so" in breach.sentence


@pytest.mark.parametrize(
    ("licence", "forbidden", "broken"),
    [
        ("cc-by-nc-4.0", "CC BY-NC 4.0", True),
        ("apache-2.0", "Apache 2", True),
        ("Llama 3.2 Community License", "llama3.2", True),
        ("mit AND cc-by-nc-4.0", "cc-by-nc-4.0", True),
        ("mit OR cc-by-nc-4.0", "cc-by-nc-4.0", False),
        ("something odd", "something odd", True),
        ("apache-2.0", "mit", False),
    ],
)
def test_forbidden_licences_are_compared_as_judged(licence: str, forbidden: str, broken: bool) -> None:
    found = breaches(model(licence), Policy(forbidden_licences=(forbidden,)))
    assert bool(found) is broken
    if broken:
        assert only(found).sentence.startswith(
            f"the licence {licence} of M (model architecture, final weights, tokenizer)"
        )


def test_forbidden_restrictions_name_what_is_asked() -> None:
    breach = only(breaches(LLAMA, Policy(forbidden_restrictions=("user-count", "non-commercial"))))
    assert "asks what the policy forbids: a limit on the number of users;" in breach.sentence
    assert breach.concerns == "LicenseRef-llama3.2"
    with pytest.raises(ValidationError, match="no restriction called"):
        Policy(forbidden_restrictions=("users",))


def test_required_evidence_is_a_file_or_an_address() -> None:
    policy = Policy(required_evidence=("weights", "datasets"))
    assert only(breaches(model(), policy)).sentence.startswith("M comes without training datasets, and the policy asks")
    first, second = breaches(model(standing=Standing.CLAIMED), policy)
    assert first.sentence.startswith("M only claims its final weights, and")
    assert (first.concerns, second.concerns) == ("weights", "datasets")


def test_a_waiver_is_named_dated_and_bound_to_what_it_concerns() -> None:
    narrow = waiver("required_evidence", concerns="datasets")
    policy = Policy(required_evidence=("datasets", "data-card"), waivers=(narrow,))
    datasets, card = breaches(model(), policy)
    assert datasets.waiver == narrow
    assert card.waiver is None
    assert str(narrow) == "waived by A. Muster on 2026-11-22: agreed by the board"
    assert narrow.date == datetime.date(2026, 11, 22)
    broad = policy.model_copy(update={"waivers": (waiver("required_evidence"),)})
    assert all(breach.waiver for breach in breaches(model(), broad))
    other = policy.model_copy(update={"waivers": (waiver("minimum_level"),)})
    assert not any(breach.waiver for breach in breaches(model(), other))


@pytest.mark.parametrize("missing", ["by", "date", "reason"])
def test_a_waiver_without_name_date_or_reason_is_none(missing: str) -> None:
    given = {"rule": "minimum_level", "by": "A", "date": "2026-11-22", "reason": "r"}
    with pytest.raises(ValidationError, match=missing):
        Waiver.model_validate({key: value for key, value in given.items() if key != missing})


def test_a_policy_is_read_from_the_table_of_a_study() -> None:
    read = read_policy({"minimum_level": "open-weight", "forbidden_licences": ["gemma"]}, "study.toml, openness")
    assert read == Policy(minimum_level=Openness.OPEN_WEIGHT, forbidden_licences=("gemma",))
    with pytest.raises(
        TocsinError, match=r'^study\.toml, openness: forbidden_restrictions: there is no restriction called "x"'
    ):
        read_policy({"forbidden_restrictions": ["x"]}, "study.toml, openness")
    with pytest.raises(TocsinError, match=r'no component called "wieghts" \(did you mean "weights"\?\)'):
        read_policy({"required_evidence": ["wieghts"]}, "study.toml, openness")
