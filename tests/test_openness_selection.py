"""Ranking models by a consortium's needs."""

from pathlib import Path

import pytest

from tocsin.errors import TocsinError
from tocsin.openness import Audit, Evidence, Finding, Fit, Licensed, Needs, Standing, described, description, rank
from tocsin.openness import read_needs as read

HERE = Evidence(standing=Standing.ADDRESS, address="https://example.org/x")


def model(name: str, *components: str, licence: str | None = "MIT") -> Audit:
    terms = Licensed(text=licence, evidence=HERE) if licence else None
    found = {each: Finding(component=each, evidence=(HERE,), licence=terms) for each in components}
    return Audit(name=name, source="test", findings=found)


def open_weight(name: str, *more: str, licence: str | None = "MIT") -> Audit:
    return model(name, "weights", "tokenizer", "architecture", *more, licence=licence)


def service(name: str, *more: str, licence: str | None = None) -> Audit:
    return model(name, "api-generation", *more, licence=licence)


def needs(*methods: str, must: dict | None = None, wish: dict | None = None) -> Needs:
    return Needs.model_validate({"methods": methods or ("lora",), "must": must or {}, "wish": wish or {}})


def names(fits: list[Fit]) -> list[str]:
    return [fit.audit.name for fit in fits]


def test_the_method_comes_first_in_the_consortiums_order() -> None:
    candidates = [service("S", "model-card"), open_weight("W")]
    wish = {"required_evidence": ["model-card"]}
    assert names(rank(candidates, needs("lora", "prompt-search", wish=wish))) == ["W", "S"]
    first = rank(candidates, needs("prompt-search", "lora"))
    assert names(first) == ["W", "S"] and {fit.method.id for fit in first if fit.method} == {"prompt-search"}
    (only, out) = rank(candidates, needs("lora"))
    assert only.fits and not out.fits and out.lacks == ("LoRA",) and out.route is None


def test_then_wishes_then_level_then_components() -> None:
    wish = {"required_evidence": ["datasets", "model-card"]}
    candidates = [
        open_weight("none"),
        open_weight("one", "datasets"),
        open_weight("both", "datasets", "model-card"),
        open_weight("one, and more", "datasets", "evaluation-code"),
    ]
    ranked = rank(candidates, needs(wish=wish))
    assert names(ranked) == ["both", "one, and more", "one", "none"]
    assert ranked[0].met == ("evidence of training datasets", "evidence of model card") and not ranked[0].unmet
    assert rank([service("S"), open_weight("W")], needs("prompt-search"))[0].audit.name == "W"


def test_the_first_method_by_which_all_musts_hold_is_taken() -> None:
    """A service with lists can be proxy-tuned, but for no method are prompts unseen; weights are searched at home."""
    must = {"modes": ["Confidence Miscalibration"]}
    (fit,) = rank([service("S", "api-top-log-probabilities")], needs("proxy-tuning", "distillation", must=must))
    assert fit.fits and fit.method is not None and fit.method.id == "distillation"


@pytest.mark.parametrize(
    ("must", "lacks"),
    [
        ({"prompts_stay": True}, ("private prompts stay",)),
        ({"modes": ["Alignment Erosion"]}, ()),
        ({"modes": ["Amplified Bias"]}, ("Amplified Bias is heard",)),
        ({"modes": ["Confidence Miscalibration"]}, ("Confidence Miscalibration is heard",)),
        ({"autonomy": ["versioning", "price"]}, ("versioning is kept", "price is kept")),
        ({"minimum_level": "gray-box"}, ("gray-box at least",)),
        ({"required_evidence": ["weights"]}, ("evidence of final weights",)),
        ({"forbidden_restrictions": ["non-commercial"]}, ("terms without: no commercial use",)),
        ({"forbidden_licences": ["llama2"]}, ("terms other than llama2",)),
    ],
)
def test_what_a_black_box_lacks(must: dict, lacks: tuple[str, ...]) -> None:
    """Its terms are not known, so nothing is promised of them."""
    (fit,) = rank([service("S")], needs("prompt-search", must=must))
    assert fit.lacks == lacks


@pytest.mark.parametrize(("licence", "fits"), [("MIT", True), ("CC-BY-NC-4.0", False), (None, False)])
def test_terms_must_be_known_to_be_free_of_a_restriction(licence: str | None, fits: bool) -> None:
    (fit,) = rank([open_weight("W", licence=licence)], needs(must={"forbidden_restrictions": ["non-commercial"]}))
    assert fit.fits is fits


def test_those_that_do_not_fit_come_last_by_how_little_they_lack() -> None:
    must = {"required_evidence": ["datasets", "model-card"], "minimum_level": "open-weight"}
    candidates = [service("far"), open_weight("nearer"), open_weight("near", "datasets")]
    assert names(rank(candidates, needs("prompt-search", must=must))) == ["near", "nearer", "far"]


def test_open_models_fit_a_strict_consortium_and_a_closed_one_does_not() -> None:
    strict = {"prompts_stay": True, "autonomy": ["versioning", "shutdown", "price", "audit"]}
    ranked = rank([description(name) for name in described()], needs(must=strict))
    assert {fit.audit.name for fit in ranked if fit.fits} == {
        "Apertus-8B-Instruct-2509",
        "OLMo-2-1124-7B-Instruct",
        "Pythia-6.9B",
    }
    assert ranked[-1].audit.name == "GPT-4"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("methods = []", "needs.toml: methods: Tuple should have at least 1 item"),
        ('methods = ["lorra"]', r'needs.toml: methods: .*called "lorra" \(did you mean "lora"\?\)'),
        ('methods = ["lora"]\n[must]\nmodes = ["Bias"]', r'must.modes: there is no mode called "Bias"'),
        ('methods = ["lora"]\n[must]\nautonomy = ["honour"]', r"must.autonomy.0: Input should be 'versioning'"),
        ('methods = ["lora"]\n[wish]\nprompt_stay = true', r'no key "wish.prompt_stay" \(did you mean "prompts_stay"'),
        (
            'methods = ["lora"]\n[wish]\nrequired_evidence = ["datasest"]',
            r'called "datasest" \(did you mean "datasets"',
        ),
        ('[must]\nminimum_level = "open"', "needs.toml: methods: Field required"),
    ],
)
def test_a_faulty_needs_file_is_refused_in_one_sentence(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "needs.toml"
    file.write_text(text)
    with pytest.raises(TocsinError, match=fault) as caught:
        read(file)
    assert "\n" not in str(caught.value)
