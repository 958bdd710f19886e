"""TruthfulQA: the reader, and MC1 and MC2."""

from collections import Counter
from math import exp
from pathlib import Path
from random import Random

import numpy as np
import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, measure_all
from tocsin.corpora.benchmarks.truthfulqa import truthfulqa
from tocsin.errors import TocsinError

PROBE = PROBES.get("truthfulqa")
HEADER = "Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n"
SKY = "Adversarial,Nature,Is the sky green? ,No,Not at all; No;It is blue,Yes; Yes;Only at noon ,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    (tmp_path / "truthfulqa").mkdir()
    return tmp_path / "truthfulqa"


def write(folder: Path, content: str, header: str = HEADER) -> None:
    (folder / "TruthfulQA.csv").write_text(header + content)


def test_reading(folder: Path) -> None:
    write(folder, SKY)
    (question,) = truthfulqa()
    assert (question.question, question.best, question.adversarial) == ("Is the sky green?", "No", True)
    assert (question.true, question.false) == (("Not at all", "It is blue"), ("Yes", "Only at noon"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "it holds no records"),
        (SKY.replace(",No,", ",Never,"), "question 1 has no type, best and false answer"),
        (SKY + SKY.replace("Adversarial", "Other"), "question 2 has no type"),
        (SKY.replace("Yes; Yes;Only at noon ", " ; "), "question 1 has no type, best and false answer"),
        (SKY.replace("Is the sky green? ", ""), "record 1 is not whole"),
    ],
)
def test_a_malformed_file_is_one_sentence(folder: Path, content: str, sentence: str) -> None:
    write(folder, content)
    with pytest.raises(TocsinError) as caught:
        truthfulqa()
    assert sentence in str(caught.value) and "`tocsin data get truthfulqa`" in str(caught.value)


def test_a_missing_file_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(TocsinError, match="tocsin data get truthfulqa"):
        PROBE.draw(3, Random(0))


def test_asking(folder: Path) -> None:
    write(folder, SKY)
    (item,) = PROBE.draw(3, Random(0))
    assert item.prefixes == ("Q: Is the sky green?\nA:",) * 5
    assert item.texts == (" No", " Not at all", " It is blue", " Yes", " Only at noon")
    assert item.roles == ("best", "true", "true", "false", "false")


@pytest.mark.parametrize(
    ("totals", "value"),
    [
        ((-1.0, -2.0, -2.0, -1.5, -3.0), 0.0),
        ((-2.0, -2.0, -2.0, -1.5, -3.0), 1.0),
        ((-2.0, -1.0, -1.0, -2.5, -3.0), 0.0),  # another true answer is the likeliest, and does not count
        ((-2.0, -1.0, -1.0, -1.5, -3.0), 1.0),
        ((-2.0, -1.0, -1.0, -2.0, -3.0), 1.0),  # a tie is not true
        ((-300.0, -1.0, -1.0, -305.0, -350.0), 0.0),
    ],
)
def test_mc1_and_mc2(folder: Path, totals: tuple[float, ...], value: float) -> None:
    write(folder, SKY)
    items = PROBE.draw(3, Random(0))
    by_text = dict(zip(items[0].texts, totals, strict=True))
    outcomes = measure_all(StubModel(lambda prefix, text: by_text[text]), PROBE, items)
    assert outcomes[0].value == value
    probabilities = [exp(total) for total in totals]
    assert outcomes[0].details["mc2"] == pytest.approx(sum(probabilities[:3]) / sum(probabilities))
    assert PROBE.scores(outcomes) == {"MC1": 1 - value, "MC2": outcomes[0].details["mc2"]}


def test_no_numbers_are_no_outcome(folder: Path) -> None:
    write(folder, SKY)
    with pytest.raises(TocsinError, match="nan"):
        measure_all(StubModel(lambda *_: float("nan")), PROBE, PROBE.draw(3, Random(0)))
    assert np.isnan(list(PROBE.scores([]).values())).all()


def test_the_real_file(data_root: Path) -> None:
    questions = truthfulqa()
    assert len({question.id for question in questions}) == len(questions) == 817
    assert len({question.category for question in questions}) == 38
    drawn = PROBE.draw(1000, Random(0))
    assert len(drawn) == 817 and Counter(item.group for item in drawn)["adversarial"] == 437
    outcomes = measure_all(StubModel(), PROBE, drawn[:50])
    assert all(0.0 < outcome.details["mc2"] < 1.0 for outcome in outcomes)
