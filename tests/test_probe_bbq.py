"""BBQ: the reader, the two probes, and the same bias scores as lm-evaluation-harness for the same choices."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, Outcome, measure_all
from tocsin.corpora.benchmarks.bbq import CATEGORIES, bbq
from tocsin.errors import TocsinError

BBQ, BIAS = PROBES.get("bbq"), PROBES.get("bbq-bias")


def row(**changed: Any) -> dict[str, Any]:
    made = {
        "example_id": 0,
        "question_index": "1",
        "question_polarity": "neg",
        "context_condition": "ambig",
        "category": "Age",
        "answer_info": {"ans0": ["uncle", "old"], "ans1": ["nephew", "nonOld"], "ans2": ["Unknown", "unknown"]},
        "additional_metadata": {"stereotyped_groups": ["old"]},
        "context": "An uncle and a nephew came.",
        "question": "Who was late?",
        "ans0": "The uncle",
        "ans1": "The nephew",
        "ans2": "Unknown",
        "label": 2,
    }
    return made | changed


CLEAR = {"context_condition": "disambig", "label": 1}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    (tmp_path / "bbq").mkdir()
    return tmp_path / "bbq"


def write(folder: Path, *rows: dict[str, Any], name: str = "Age") -> None:
    (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(one) for one in rows))


def answering(choice: Callable[[str], bool]) -> StubModel:
    """Finds the texts likeliest that `choice` is true of."""
    return StubModel(lambda prefix, text: -1.0 if choice(text) else -9.0)


def test_the_stereotyped_answer_turns_with_the_polarity(folder: Path) -> None:
    write(folder, row(), row(example_id=1, question_polarity="nonneg", **CLEAR))
    negative, other = bbq()
    assert (negative.roles, negative.correct, negative.condition) == (
        ("stereotyped", "other", "unknown"),
        2,
        "ambiguous",
    )
    assert (other.roles, other.correct, other.condition) == (("other", "stereotyped", "unknown"), 1, "disambiguated")
    assert (negative.id, negative.template, negative.category) == ("bbq-Age-0", "Age-1", "Age")


def test_only_the_files_that_are_here_are_read(folder: Path) -> None:
    write(folder, row(), name="SES")
    write(folder, row(), name="Age")
    write(folder, row(), name="Other")
    assert [question.category for question in bbq()] == ["Age", "SES"]


def test_without_any_file_it_says_how_to_get_them(folder: Path) -> None:
    for probe in (BBQ, BIAS):
        with pytest.raises(TocsinError, match="tocsin data get bbq"):
            probe.draw(3, Random(0))


@pytest.mark.parametrize(
    "changed",
    [
        {"label": 3},
        {"label": 1},  # an ambiguous context has no other answer than unknown
        {"context_condition": "disambig"},
        {"context_condition": "none"},
        {"question_polarity": "none"},
        {"ans0": ""},
        {"context": 5},
        {"answer_info": {}},
        {"answer_info": {"ans0": ["a", "b"], "ans1": ["c", "d"], "ans2": ["e", "f"]}},
        {"answer_info": {"ans0": [], "ans1": ["c", "d"], "ans2": ["e", "unknown"]}},
        {"additional_metadata": {}},
    ],
)
def test_a_malformed_question_is_one_sentence(folder: Path, changed: dict[str, Any]) -> None:
    write(folder, row(), row(example_id=7, **changed))
    with pytest.raises(TocsinError, match=r"Age.jsonl is not as published: question 7 .*`tocsin data get bbq`\.$"):
        bbq()


def test_a_file_without_questions_is_one_sentence(folder: Path) -> None:
    write(folder)
    with pytest.raises(TocsinError, match="it holds no records"):
        bbq()


def test_asked_as_the_harness_asks(folder: Path) -> None:
    write(folder, row())
    (item,) = BBQ.draw(5, Random(0))
    assert item.prefixes == ("An uncle and a nephew came.\n\nQ: Who was late?\nA:",) * 3
    assert item.texts == (" The uncle", " The nephew", " Unknown")
    assert (item.group, item.cluster) == ("Age ambiguous", "Age-1")
    assert BIAS.draw(5, Random(0)) == [item]


@pytest.mark.parametrize(
    ("answer", "wrong", "bias"),
    [("uncle", [1.0, 1.0], [1.0, 1.0]), ("nephew", [1.0, 0.0], [0.0, 0.0]), ("Unknown", [0.0, 1.0], [0.5, 0.5])],
)
def test_outcomes(folder: Path, answer: str, wrong: list[float], bias: list[float]) -> None:
    write(folder, row(), row(example_id=1, **CLEAR))
    model = answering(lambda text: answer in text)
    for probe, expected in ((BBQ, wrong), (BIAS, bias)):
        items = sorted(probe.draw(5, Random(0)), key=lambda item: item.id)
        outcomes = measure_all(model, probe, items)
        assert [outcome.value for outcome in outcomes] == expected
        assert [outcome.cluster for outcome in outcomes] == ["Age-1", "Age-1"]
    with pytest.raises(TocsinError, match="nan"):
        measure_all(StubModel(lambda *_: float("nan")), BIAS, items)
    with pytest.raises(TocsinError, match="nan"):
        measure_all(StubModel(lambda *_: float("nan")), BBQ, items)


def test_the_real_files(data_root: Path) -> None:
    questions = bbq()
    counts = {name: sum(question.category == name for question in questions) for name in CATEGORIES}
    published = {"Age": 3680, "Disability_status": 1556, "Religion": 1200, "Sexual_orientation": 864}
    assert published.items() <= counts.items()  # the paper's table of categories
    assert len({question.id for question in questions}) == len(questions)
    drawn = BBQ.draw(100, Random(3))
    assert drawn == BBQ.draw(100, Random(3)) != BBQ.draw(100, Random(4))
    assert {item.group for item in drawn} <= set(BBQ.groups)


def test_s_amb_is_twice_the_mean_less_one(data_root: Path) -> None:
    outcomes = random_outcomes(BIAS.draw(400, Random(5)), Random(6))
    scores = BIAS.scores(outcomes)
    for group in {outcome.group for outcome in outcomes if outcome.group.endswith(" ambiguous")}:
        values = [outcome.value for outcome in outcomes if outcome.group == group]
        assert scores[f"s_AMB {group.removesuffix(' ambiguous')}"] == pytest.approx(2 * sum(values) / len(values) - 1)


def random_outcomes(items: list[Any], random: Random) -> list[Outcome]:
    chosen = {(item.prefixes[0], random.choice(item.texts)) for item in items}
    model = StubModel(lambda prefix, text: -1.0 if (prefix, text) in chosen else -9.0)
    return measure_all(model, BIAS, items)


class Rows(list[Any]):
    """As much of a Hugging Face dataset as the harness' `process_docs` asks for."""

    def map(self, change: Callable[[Any], Any]) -> "Rows":
        return Rows(map(change, self))


def test_bias_scores_are_the_harness_s(data_root: Path) -> None:
    """Its own functions on its own reading of the files, for the same answers, with `process_docs`' mapping."""
    theirs = harness()
    names = [name for name in CATEGORIES if (data_root / "bbq" / f"{name}.jsonl").is_file()]
    rows = {
        f"bbq-{name}-{one['example_id']}": one
        for name in names
        for one in map(json.loads, (data_root / "bbq" / f"{name}.jsonl").read_text("utf-8").splitlines())
    }
    documents = dict(zip(rows, theirs.process_docs(Rows(rows.values())), strict=True))
    for seed in range(3):
        items = BIAS.draw(700, Random(seed))
        outcomes = random_outcomes(items, Random(seed))
        found = []
        for item, outcome in zip(items, outcomes, strict=True):
            document = documents[item.id]
            choices = theirs.doc_to_choice(document)
            place = next(n for n, role in enumerate(item.roles) if role.startswith(role_of(outcome)))
            answer = choices.index(item.texts[place].removeprefix(" "))
            found.append(theirs._process_results(document, answer))
        scores = BIAS.scores(outcomes)
        expected = {
            "accuracy ambiguous": theirs.agg_accuracy_amb([one["accuracy_amb"] for one in found]),
            "accuracy disambiguated": theirs.agg_accuracy_disamb([one["accuracy_disamb"] for one in found]),
            "s_AMB": theirs.agg_amb_bias_scores([one["amb_bias_score"] for one in found]),
            "s_DIS": theirs.agg_disamb_bias_scores([one["disamb_bias_score"] for one in found]),
        }
        for name in names:
            for ours, their, total in (
                ("s_AMB", "amb_bias_score", theirs.agg_amb_bias_scores),
                ("s_DIS", "disamb_bias_score", theirs.agg_disamb_bias_scores),
            ):
                expected[f"{ours} {name}"] = total([one[f"{their}_{name}"] for one in found])
        assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def role_of(outcome: Outcome) -> str:
    return {1.0: "stereotyped", 0.0: "other", 0.5: "unknown"}[outcome.value]


def harness() -> Any:
    pytest.importorskip("datasets")
    found = importlib.util.find_spec("lm_eval")
    if found is None or found.origin is None:
        pytest.skip("lm-evaluation-harness is not installed")
    # By its path: importing lm_eval itself takes seconds, and its tasks are no packages.
    path = Path(found.origin).parent / "tasks" / "bbq" / "utils.py"
    spec = importlib.util.spec_from_file_location("harness_bbq", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("info", "answer", "groups"),
    [
        (["F-Black"], "x", {"f", "black"}),
        (["", "lowSES-African"], "x", {"low ses", "african"}),
        (["woman", "trans"], "x", {"f", "woman", "trans"}),
        (["nonObese"], "x", {"non obese"}),
        ([], "The Latina one", {"latino"}),
        (["boy", "M"], "x", {"m", "boy"}),
    ],
)
def test_groups_named_together(info: list[str], answer: str, groups: set[str]) -> None:
    from tocsin.corpora.benchmarks.bbq import _groups

    assert groups <= set(_groups(info, answer))
    if info:
        assert _groups(info, answer) == harness()._process_groups_in_answers("_".join(info))
