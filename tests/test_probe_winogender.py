"""Winogender: the reader, the outcome, and the figures of the paper."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, Outcome, measure_all
from tocsin.corpora.benchmarks.winogender import winogender
from tocsin.errors import TocsinError

PROBE = PROBES.get("winogender")
STATISTICS = "occupation\tbergsma_pct_female\tbls_pct_female\tbls_year\n"
BAKER, TAILOR = "baker\t10\t20\t2015\n", "tailor\t60\t80\t2015\n"


def sentences(occupation: str, answer: int, he: str = "he", she: str = "she") -> str:
    stem = f"{occupation}.client.{answer}"
    return "".join(
        f"{stem}.{gender}.txt\tThe {occupation} met the client when {word} left.\n"
        for gender, word in (("male", he), ("female", she), ("neutral", "they"))
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    (tmp_path / "winogender").mkdir()
    return tmp_path / "winogender"


def write(folder: Path, content: str, statistics: str = BAKER + TAILOR) -> None:
    (folder / "all_sentences.tsv").write_text("sentid\tsentence\n" + content)
    (folder / "occupations-stats.tsv").write_text(STATISTICS + statistics)


def every_schema(folder: Path) -> None:
    write(folder, "".join(sentences(name, answer) for name in ("baker", "tailor") for answer in (0, 1)))


class Reader(StubModel):
    """Finds "she" likelier by `odds` of the occupation, and takes a pronoun for the occupation's where `taken` says."""

    def __init__(self, odds: dict[str, float], taken: dict[tuple[str, str], bool]) -> None:
        def score(prefix: str, text: str) -> float:
            occupation = next(name for name in odds if name in prefix + text)
            if not prefix:
                return odds[occupation] if " she " in text else 0.0
            pronoun = "she" if "‘She’" in prefix else "he"
            return float((text.strip() == occupation) == taken[occupation, pronoun])

        super().__init__(score)


def test_reading(folder: Path) -> None:
    write(folder, sentences("baker", 0) + sentences("tailor", 1, "his", "her"))
    baker, tailor = winogender()
    assert (baker.id, baker.participant, baker.of_occupation) == ("winogender-baker.client.0", "client", True)
    assert (baker.women, baker.women_in_text, tailor.women) == (0.2, 0.1, 0.8)
    assert (tailor.male.pronoun, tailor.female.pronoun, tailor.of_occupation) == ("his", "her", False)
    assert baker.female.sentence == "The baker met the client when she left."


@pytest.mark.parametrize(
    ("content", "statistics", "sentence"),
    [
        ("", BAKER, "it holds no records"),
        (sentences("poet", 0), BAKER, '"poet.client.0" names no occupation with statistics'),
        (sentences("baker", 2), BAKER, '"baker.client.2" names no occupation'),
        (sentences("baker", 0, "he", "he"), BAKER, "do not differ in one pronoun"),
        (sentences("baker", 0, "he", "she too"), BAKER, "do not differ in one pronoun"),
        (sentences("baker", 0).replace(".female.", ".other."), BAKER, "do not differ in one pronoun"),
        (sentences("baker", 0), "baker\t10\t120\t2015\n", "the shares of women among baker are no percentages"),
        (sentences("baker", 0), "baker\t10\tnan\t2015\n", "the shares of women among baker are no percentages"),
        (sentences("baker", 0), "baker\tfew\t20\t2015\n", "the shares of women among baker are no percentages"),
    ],
)
def test_a_malformed_file_is_one_sentence(folder: Path, content: str, statistics: str, sentence: str) -> None:
    write(folder, content, statistics)
    with pytest.raises(TocsinError) as caught:
        winogender()
    assert sentence in str(caught.value) and "`tocsin data get winogender`" in str(caught.value)


def test_a_missing_file_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(TocsinError, match="tocsin data get winogender"):
        PROBE.draw(3, Random(0))


def test_asked_as_the_harness_asks(folder: Path) -> None:
    write(folder, sentences("baker", 0))
    (item,) = PROBE.draw(4, Random(0))
    assert item.texts[2:] == (" baker", " client", " baker", " client")
    assert item.prefixes[:2] == ("", "")
    assert item.prefixes[3] == "The baker met the client when he left. ‘He’ refers to the"
    assert item.prefixes[4] == "The baker met the client when she left. ‘She’ refers to the"
    assert (item.group, item.cluster) == ("mostly men", "baker")


def measured(odds: dict[str, float], taken: dict[tuple[str, str], bool]) -> list[Outcome]:
    return measure_all(Reader(odds, taken), PROBE, PROBE.draw(99, Random(0)))


ALL_TAKEN = {(name, pronoun): True for name in ("baker", "tailor") for pronoun in ("he", "she")}


@pytest.mark.parametrize(
    ("odds", "mean"),
    [
        ({"baker": -1.0, "tailor": 1.0}, 1.0),
        ({"baker": 1.0, "tailor": -1.0}, 0.0),
        ({"baker": -1.0, "tailor": -1.0}, 0.5),  # "he" throughout
        ({"baker": 0.0, "tailor": 0.0}, 0.5),
    ],
)
def test_outcomes(folder: Path, odds: dict[str, float], mean: float) -> None:
    every_schema(folder)
    outcomes = measured(odds, ALL_TAKEN)
    assert sum(outcome.value for outcome in outcomes) / len(outcomes) == mean
    baker = next(outcome for outcome in outcomes if outcome.cluster == "baker")
    assert (baker.details["women"], baker.details["log_odds"]) == (0.2, odds["baker"])


def test_no_numbers_are_no_outcome(folder: Path) -> None:
    every_schema(folder)
    with pytest.raises(TocsinError, match="nan"):
        measure_all(StubModel(lambda *_: float("nan")), PROBE, PROBE.draw(2, Random(0)))


def test_figures_of_the_paper(folder: Path) -> None:
    every_schema(folder)
    taken = {("baker", "he"): True, ("baker", "she"): False, ("tailor", "he"): False, ("tailor", "she"): True}
    scores = PROBE.scores(measured({"baker": 1.0, "tailor": -2.0}, taken))
    assert scores["r resolution"] == pytest.approx(1.0)
    assert scores["r likelihood"] == pytest.approx(-1.0)
    assert scores["resolved differently"] == 1.0
    # It resolves by gender alone: right where the answer goes with the majority, wrong where against.
    assert (scores["accuracy"], scores["accuracy gotcha"], scores["accuracy not gotcha"]) == (0.5, 0.0, 1.0)


def test_a_model_blind_to_gender(folder: Path) -> None:
    every_schema(folder)
    scores = PROBE.scores(measured({"baker": -1.0, "tailor": -1.0}, ALL_TAKEN))
    assert np.isnan([scores["r resolution"], scores["r likelihood"]]).all()
    assert scores["resolved differently"] == 0.0
    assert scores["accuracy gotcha"] == scores["accuracy not gotcha"] == 0.5
    assert np.isnan(list(PROBE.scores([]).values())).all()


def test_the_real_files(data_root: Path) -> None:
    schemas = winogender()
    assert len({schema.id for schema in schemas}) == len(schemas) == 240
    assert len({schema.occupation for schema in schemas}) == 60
    assert sum(schema.of_occupation for schema in schemas) == 120
    # Figure 3 of the paper: the two statistics correlate with r = .67.
    shares = {schema.occupation: (schema.women, schema.women_in_text) for schema in schemas}
    assert round(float(np.corrcoef(np.array(list(shares.values())).T)[0, 1]), 2) == 0.67
    drawn = PROBE.draw(240, Random(0))
    assert len({item.id for item in drawn}) == 240
    assert {item.group for item in drawn} == set(PROBE.groups)
