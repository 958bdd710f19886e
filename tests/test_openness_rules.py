from pathlib import Path

import pytest

from tocsin.errors import TocsinError
from tocsin.openness import (
    Access,
    Audit,
    Evidence,
    Extent,
    Finding,
    Licensed,
    Openness,
    Standing,
    Verdict,
    components,
    evaluate,
    federation_verdict,
    load_rules,
    openness,
    rule_set,
    rule_sets,
)

HERE = Evidence(standing=Standing.ADDRESS, address="https://example.org/x")
CLAIM = Evidence(standing=Standing.CLAIMED, source="README.md")
FITTING = {"code": "Apache-2.0", "data": "CDLA-Permissive-2.0", "document": "CC-BY-4.0", "access": "proprietary"}

CLASS_III = ("architecture", "weights", "technical-report", "evaluation-results", "model-card", "data-card")
CLASS_II = (*CLASS_III, "training-code", "inference-code", "evaluation-code", "evaluation-data")
CLASS_I = (*CLASS_II, "research-paper", "datasets", "preprocessing-code", "intermediate-weights")


def finding(name: str, licence: str | None = None, evidence: Evidence = HERE, **fields: object) -> Finding:
    text = FITTING[components()[name].kind] if licence is None else licence
    return Finding(component=name, evidence=(evidence,), licence=Licensed(text=text, evidence=HERE), **fields)


def audit(*names: str, **changed: Finding) -> Audit:
    """A base model with these components, each under a licence made for it; `changed` by name with underscores."""
    found = {name: finding(name) for name in names}
    found |= {name.replace("_", "-"): value for name, value in changed.items()}
    return Audit(name="model", source="test", stage="base", findings=found)


def mof(model: Audit) -> Verdict:
    (verdict,) = evaluate(model, rule_set("mof"))
    return verdict


def index(model: Audit) -> dict[str, str]:
    return {verdict.ladder: verdict.level for verdict in evaluate(model, rule_set("osai-index"))}


def test_every_rule_set_has_a_version_and_a_source() -> None:
    assert set(rule_sets()) == {"mof", "osaid", "osai-index", "federation"}
    for rules in rule_sets().values():
        assert rules.version
        assert rules.source.startswith("https://")


def test_the_classes_ask_for_6_10_and_14_components() -> None:
    assert [step.required for step in mof(audit()).steps] == [6, 10, 14]


@pytest.mark.parametrize(
    ("names", "level"), [(CLASS_III, "class-iii"), (CLASS_II, "class-ii"), (CLASS_I, "class-i"), ((), "unclassified")]
)
def test_exactly_what_a_class_asks_for_is_enough(names: tuple[str, ...], level: str) -> None:
    verdict = mof(audit(*names))
    assert verdict.level == level
    assert not any(step.cautions for step in verdict.steps)


@pytest.mark.parametrize("missing", [name for name in CLASS_I if name not in CLASS_II])
def test_13_of_14_components_are_not_class_i(missing: str) -> None:
    verdict = mof(audit(*(name for name in CLASS_I if name != missing)))
    assert verdict.level == "class-ii"
    assert verdict.steps[-1].met == 13
    assert len(verdict.why) == 1
    assert verdict.why[0].endswith("missing")


@pytest.mark.parametrize("missing", [name for name in CLASS_III if name != "technical-report"])
def test_classes_are_cumulative(missing: str) -> None:
    assert mof(audit(*(name for name in CLASS_I if name != missing))).level == "unclassified"


def test_the_paper_stands_in_for_the_report_and_not_the_other_way_round() -> None:
    assert mof(audit(*(name for name in CLASS_I if name != "technical-report"))).level == "class-i"
    assert mof(audit(*(name for name in CLASS_I if name != "research-paper"))).level == "class-ii"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (finding("weights", "llama3.2"), 'final weights: its licence, "llama3.2", is not open'),
        (finding("weights", "other"), 'final weights: its licence, "other", is not known to be open'),
        (finding("weights", "unlicensed"), 'final weights: its licence, "unlicensed", is not open'),
        (finding("weights", evidence=CLAIM), "final weights: only claimed by README.md"),
        (finding("weights", extent=Extent.PARTIAL, note="two of four"), "final weights: only in part (two of four)"),
        (Finding(component="weights", evidence=(HERE,)), "final weights: no licence of it is known"),
        (
            Finding(component="weights", evidence=(HERE,), licence=Licensed(text="MIT", evidence=CLAIM)),
            "final weights: its licence, MIT, is only claimed by README.md",
        ),
    ],
)
def test_a_verdict_says_which_component_failed_and_why(changed: Finding, reason: str) -> None:
    verdict = mof(audit(*CLASS_I, weights=changed))
    assert verdict.level == "unclassified"
    assert verdict.why == (reason,)


def test_claims_are_weighed_apart() -> None:
    verdict = mof(audit(*CLASS_I, weights=finding("weights", evidence=CLAIM)))
    assert (verdict.level, verdict.if_claims_hold) == ("unclassified", "class-i")


def test_an_open_licence_of_another_kind_will_do_with_a_caution() -> None:
    verdict = mof(audit(*CLASS_III, weights=finding("weights", "MIT")))
    assert verdict.level == "class-iii"
    assert verdict.steps[0].cautions == ("final weights: MIT is open, but made for code; a data licence would fit",)


def test_a_tuned_model_must_show_its_tuning_data_too() -> None:
    tuned = audit(*CLASS_I).model_copy(update={"stage": "tuned"})
    assert mof(tuned).level == "class-ii"
    assert mof(tuned).why == ("tuning datasets: missing",)
    assert mof(audit(*CLASS_I, "tuning-datasets").model_copy(update={"stage": "tuned"})).level == "class-i"


OSAID = ("preprocessing-code", "training-code", "inference-code", "libraries", "architecture", "weights")


def test_the_checklist_is_met_or_not_and_never_certified() -> None:
    def level(model: Audit) -> str:
        (verdict,) = evaluate(model, rule_set("osaid"))
        return verdict.level

    assert level(audit(*OSAID, "datasets")) == "meets-checklist"
    assert level(audit(*OSAID, "data-card")) == "meets-checklist"
    assert level(audit(*OSAID)) == "does-not-meet-checklist"
    assert level(audit(*OSAID[1:], "datasets")) == "does-not-meet-checklist"
    gated = finding("weights", access=Access.GATED)
    assert level(audit(*OSAID, "datasets", weights=gated)) == "does-not-meet-checklist"
    content_only = finding("training-code", "CC-BY-4.0")  # open, yet not OSI-approved, which code must be
    assert level(audit(*OSAID, "datasets", training_code=content_only)) == "does-not-meet-checklist"
    assert all("certif" not in step.title for step in evaluate(audit(), rule_set("osaid"))[0].steps)


OPEN_WEIGHT = ("weights", "tokenizer", "architecture")
OPEN_SOURCE = (*OPEN_WEIGHT, "inference-code", "training-code", "datasets")


@pytest.mark.parametrize(
    ("model", "level"),
    [
        (audit(), Openness.NO_ACCESS),
        (audit("model-card", "research-paper"), Openness.NO_ACCESS),
        (audit("api-generation"), Openness.BLACK_BOX),
        (audit("api-generation", "api-log-likelihoods"), Openness.GRAY_BOX),
        (audit("api-embeddings"), Openness.NO_ACCESS),
        (audit(*OPEN_WEIGHT), Openness.OPEN_WEIGHT),
        (audit("weights"), Openness.GRAY_BOX),
        (audit(*OPEN_WEIGHT, weights=finding("weights", "gemma", access=Access.GATED)), Openness.OPEN_WEIGHT),
        (audit(*OPEN_WEIGHT, weights=finding("weights", "cc-by-nd-4.0")), Openness.GRAY_BOX),
        (audit(*OPEN_WEIGHT, weights=finding("weights", "unlicensed")), Openness.GRAY_BOX),
        (audit(*OPEN_WEIGHT, weights=finding("weights", evidence=CLAIM)), Openness.NO_ACCESS),
        (audit(*OPEN_SOURCE), Openness.OPEN_SOURCE),
        (audit(*OPEN_SOURCE[:-1]), Openness.OPEN_WEIGHT),
        (audit(*OPEN_SOURCE, weights=finding("weights", "llama3.2")), Openness.OPEN_WEIGHT),
        (audit(*OPEN_SOURCE, weights=finding("weights", access=Access.GATED)), Openness.OPEN_WEIGHT),
        (audit(*OPEN_SOURCE, datasets=finding("datasets", "other")), Openness.OPEN_SOURCE),
    ],
)
def test_the_four_levels_of_a_federation(model: Audit, level: Openness) -> None:
    assert openness(model) is level


def test_levels_are_ordered() -> None:
    assert Openness.OPEN_WEIGHT.at_least(Openness.GRAY_BOX)
    assert Openness.OPEN_WEIGHT.at_least(Openness.OPEN_WEIGHT)
    assert not Openness.OPEN_WEIGHT.at_least(Openness.OPEN_SOURCE)
    verdict = federation_verdict(audit(*OPEN_WEIGHT))
    assert verdict.reaches("gray-box")
    assert not verdict.reaches("open-source")
    with pytest.raises(TocsinError, match='no level "open-wait"'):
        verdict.reaches("open-wait")


def test_the_index_has_12_dimensions_and_three_words() -> None:
    assert len(index(audit())) == 12
    assert set(index(audit()).values()) == {"closed"}
    assert set(index(audit(*components())).values()) == {"open"}
    partial = {name.replace("-", "_"): finding(name, extent=Extent.PARTIAL, note="some") for name in components()}
    unlike = {ladder: level for ladder, level in index(audit(**partial)).items() if level != "partial"}
    assert unlike == {"licenses": "open"}  # what is shared may be part of it, and be covered


@pytest.mark.parametrize(
    ("names", "level"),
    [
        (("weights",), "closed"),
        (("weights", "training-code"), "partial"),
        (("weights", "training-code", "datasets"), "open"),
        (("weights", "training-code", "datasets", "research-paper"), "open"),
    ],
)
def test_the_index_counts_what_licences_cover(names: tuple[str, ...], level: str) -> None:
    assert index(audit(*names))["licenses"] == level


def test_gated_weights_are_partly_open_to_the_index() -> None:
    model = audit("weights", weights=finding("weights", access=Access.GATED))
    assert (index(model)["weights_endmodel"], index(model)["weights_basemodel"]) == ("partial", "partial")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('id = "x"', r"rules.toml: title: Field required\."),
        ("= 3", r"is not well formed \(.*\); mend it there\."),
        ('requires = [{ of = ["wieghts"] }]', r'no component called "wieghts" \(did you mean "weights"\?\)\.'),
        ('requires = [{ of = ["weights"], at_least = 2 }]', r"at_least = 2 of 1 components cannot be"),
        ('requires = [{ of = ["weights"], license = "open" }]', r'rules.toml: there is no key ".*license"\.'),
    ],
)
def test_a_faulty_rule_set_is_refused_in_one_sentence(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "rules.toml"
    head = 'id = "x"\ntitle = "x"\nversion = "1"\nsource = "https://x.org"\n'
    head += '[[ladder]]\nid = "a"\ntitle = "a"\nbelow = "no"\n'
    level = '[[ladder.level]]\nid = "yes"\ntitle = "yes"\n'
    file.write_text(head + level + text if text.startswith("requires") else text)
    with pytest.raises(TocsinError, match=fault) as caught:
        load_rules(file)
    assert str(caught.value).count("\n") == 0
