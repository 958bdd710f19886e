"""StereoSet: the reader, the probe, and the published scores of GPT-2."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, Item, Outcome, measure_all
from tocsin.behaviour.probes.stereoset import judged
from tocsin.corpora.benchmarks.stereoset import Triple, stereoset
from tocsin.errors import TocsinError

PROBE = PROBES.get("stereoset")
ROLES = ("stereotype", "anti_stereotype", "unrelated")


def triple(number: int = 0, **changed: Any) -> dict[str, Any]:
    sentences = {role: {"id": f"{role}-{number}", "sentence": f"The baker is {role}."} for role in ROLES}
    return {"id": f"t{number}", "bias_type": "profession", "target": "baker", **sentences, **changed}


def published(*triples: dict[str, Any]) -> str:
    rows = []
    for one in triples:
        labels = {"stereotype": "stereotype", "anti_stereotype": "anti-stereotype", "unrelated": "unrelated"}
        sentences = [{**one[role], "gold_label": labels[role]} for role in reversed(ROLES)]
        rows.append({**{key: one[key] for key in ("id", "bias_type", "target")}, "sentences": sentences})
    return json.dumps({"version": "1.1", "data": {"intrasentence": rows, "intersentence": []}})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    (tmp_path / "stereoset").mkdir()
    return tmp_path / "stereoset"


def item(number: int, target: str = "baker", group: str = "profession") -> Item:
    return Item(f"{number}", group, texts=("s", "a", "u"), cluster=target)


def test_both_files_hold_the_same_triples(folder: Path) -> None:
    (folder / "intrasentence_dev_1294.jsonl").write_text(json.dumps(triple(1)) + "\n")
    (subset,) = stereoset()
    (folder / "dev.json").write_text(published(triple(1), triple(2)))
    first, second = stereoset()
    assert first == subset
    assert (second.id, second.anti_stereotype.id) == ("t2", "anti_stereotype-2")
    assert first.unrelated.text == "The baker is unrelated."


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("dev.json", "{", "no list data.intrasentence"),
        ("dev.json", '{"data": []}', "no list data.intrasentence"),
        ("dev.json", published(triple()).replace('"anti-stereotype"', '"other"'), "no list data.intrasentence"),
        ("dev.json", published(triple()).replace('"anti-stereotype"', '"stereotype"'), "triple t0 lacks"),
        ("dev.json", published(), "it holds no records"),
        ("intrasentence_dev_1294.jsonl", "", "it holds no records"),
        ("intrasentence_dev_1294.jsonl", '{"id": 1}', "line 1 is no object"),
        ("intrasentence_dev_1294.jsonl", json.dumps(triple(target=" ")), "triple t0 lacks a target"),
        ("intrasentence_dev_1294.jsonl", json.dumps(triple(unrelated="text")), "triple t0 lacks"),
        ("intrasentence_dev_1294.jsonl", json.dumps(triple(stereotype={"id": "s"})), "triple t0 lacks"),
    ],
)
def test_a_malformed_file_is_one_sentence(folder: Path, name: str, content: str, sentence: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(TocsinError) as caught:
        stereoset()
    said = str(caught.value)
    assert said.startswith(str(folder / name)) and sentence in said and "`tocsin data get stereoset`" in said


def test_a_missing_file_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(TocsinError, match="tocsin data get stereoset"):
        PROBE.draw(3, Random(0))


def test_scored_by_the_mean_over_tokens(folder: Path) -> None:
    sentences = {
        "stereotype": {"id": "s", "sentence": "long long long"},
        "anti_stereotype": {"id": "a", "sentence": "short"},
        "unrelated": {"id": "u", "sentence": "middle"},
    }
    (folder / "intrasentence_dev_1294.jsonl").write_text(json.dumps(triple(**sentences)))
    totals = {"long long long": -14.0, "short": -6.0, "middle": -7.0}  # a token: -1, -1.2, -1.17
    items = PROBE.draw(9, Random(0))
    (outcome,) = measure_all(StubModel(lambda prefix, text: totals[text]), PROBE, items)
    assert (outcome.value, outcome.cluster, outcome.group) == (1.0, "baker", "profession")
    assert outcome.details == {"ss": 1.0, "lms": 0.5}


def test_a_tie_is_one_half_and_no_stereotype() -> None:
    outcome = judged(item(0), [-1.0, -1.0, -2.0])
    assert outcome.value == 0.5 and outcome.details == {"ss": 0.0, "lms": 1.0}
    with pytest.raises(TocsinError, match="nan"):
        measure_all(StubModel(lambda *_: float("nan")), PROBE, [item(0)])


def test_scores_are_averaged_by_target() -> None:
    outcomes = [judged(item(n, "baker"), [3.0, 2.0, 1.0]) for n in range(3)]  # SS 100, LMS 100
    outcomes += [judged(item(3, "poet"), [1.0, 2.0, 1.5])]  # SS 0, LMS 50
    outcomes += [judged(item(4, "aunt", "gender"), [1.0, 2.0, 3.0])]  # SS 0, LMS 0
    scores = PROBE.scores(outcomes)
    assert scores["SS profession"] == 50.0 and scores["LMS profession"] == 75.0 and scores["ICAT profession"] == 75.0
    assert scores["SS gender"] == scores["LMS gender"] == scores["ICAT gender"] == 0.0
    assert scores["SS"] == pytest.approx(100 / 3) and scores["LMS"] == 50.0
    assert scores["ICAT"] == pytest.approx(50 * (100 / 3) / 50)


def test_scores_of_nothing_are_not_defined() -> None:
    assert all(value != value for value in PROBE.scores([]).values())


def test_the_real_file(data_root: Path) -> None:
    triples = stereoset()
    counts = Counter(one.bias_type for one in triples)
    assert {name: counts[name] for name in ("race", "religion")} == {"race": 962, "religion": 79}
    drawn = PROBE.draw(90, Random(1))
    assert drawn == PROBE.draw(90, Random(1)) != PROBE.draw(90, Random(2))
    assert len({one.id for one in drawn}) == 90
    assert max(Counter(one.group for one in drawn).values()) - min(Counter(one.group for one in drawn).values()) <= 1


def test_published_scores_of_gpt2(data_root: Path) -> None:
    """SS, LMS and ICAT from the sentence scores that were published, as printed beside them (predictions.txt)."""
    predictions = json.loads((data_root / "stereoset" / "predictions_gpt2_ModelNSP_GPT2LM.json").read_text())
    score = {one["id"]: one["score"] for one in predictions["intrasentence"]}

    def outcome(one: Triple) -> Outcome:
        made = Item(one.id, one.bias_type, cluster=one.target)
        return judged(made, [score[getattr(one, role).id] for role in ROLES])

    scores = PROBE.scores([outcome(one) for one in stereoset()])
    expected = {
        "SS race": 60.35000089116578,
        "LMS race": 89.7567072075023,
        "ICAT race": 71.1770672157872,
        "SS religion": 58.02298850574713,
        "LMS religion": 88.45977011494251,
        "ICAT religion": 74.26553573787817,
        "LMS gender": 93.27790824312564,
    }
    assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=1e-9)
