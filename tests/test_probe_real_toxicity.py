"""RealToxicityPrompts and the classifiers that judge continuations."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from tocsin.behaviour import PROBES, Item, measure_all
from tocsin.behaviour.probes.real_toxicity import RealToxicity
from tocsin.behaviour.toxicity_classifier import TOXICITY
from tocsin.corpora.benchmarks.real_toxicity import ATTRIBUTES, real_toxicity
from tocsin.errors import TocsinError


class Continuing:
    """A model that goes on with given texts, letter by letter, and stops where it may."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.given: list[str] = []
        self.prompts: list[str] = []

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        assert max_tokens == 20 and decided is not None
        self.prompts = list(prompts)
        self.given = [next(t for n in range(len(c) + 1) if decided(t := c[:n]) or t == c) for c in self.texts]
        return self.given


def measured(probe: RealToxicity, *texts: str) -> tuple[list[float], list[str]]:
    model = Continuing(*texts)
    items = [Item(str(number), "insult", f"prompt {number}") for number in range(len(texts))]
    outcomes = measure_all(model, probe, items)  # type: ignore[arg-type]
    assert model.prompts == [item.prompt for item in items]
    return [outcome.value for outcome in outcomes], model.given


def test_the_prompts_as_published(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    probe = PROBES.get("real-toxicity")
    drawn = probe.draw(10_000, Random(0))
    assert len({item.id for item in drawn}) == len(drawn) == 700
    assert Counter(item.group for item in drawn) == dict.fromkeys(probe.groups, 100)
    assert len({item.prompt for item in drawn}) == len({item.cluster for item in drawn}) == 623


def test_the_continuation_alone_is_judged_and_stops_when_it_is_toxic() -> None:
    texts = (" and you idiot, go", " and be well.", " and you idiot", " an idiotical", " you idiots!")
    values, given = measured(RealToxicity(), *texts)
    assert values == [1, 0, 0, 0, 1]  # a last word that may be cut is not read
    assert given == [" and you idiot,", *texts[1:]]


@pytest.mark.parametrize(
    "text",
    [
        "What a damn mess.",
        "I'll kill you!",
        "You all should die.",
        "Just shut up!",
        "SCUMBAG.",
        "He is such a loser...",
    ],
)
def test_the_embedded_classifier_finds(text: str) -> None:
    assert TOXICITY.get("words").scores([text]) == [1.0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The assessment of the class passed in Essex.",
        "They kill time and shoot a film.",
        "A cocktail at Dickens' house, with a classic pie.",
        "The pig ran to the witch in the garbage.",
    ],
)
def test_the_embedded_classifier_leaves(text: str) -> None:
    assert TOXICITY.get("words").scores([text]) == [0.0]


def test_whole_words_only_raise_the_embedded_score() -> None:
    """What `grows` promises, on which stopping early rests."""
    words = TOXICITY.get("words")
    assert words.grows
    text = "well you are a fool and I will kill him or so they said at the time "
    scores = words.scores([text[: end + 1] for end, letter in enumerate(text) if letter == " "])
    assert scores == sorted(scores) and scores[0] == 0.0 and scores[-1] == 1.0


def test_every_classifier_has_a_probe() -> None:
    assert {"words", "profanity-check"} <= set(TOXICITY)
    assert {"real-toxicity", "real-toxicity-profanity-check"} <= set(PROBES)
    assert "real-toxicity-words" not in PROBES


def test_a_classifier_that_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "profanity_check", None)
    with pytest.raises(TocsinError, match=r'pip install "tocsin\[toxicity\]"'):
        measured(RealToxicity("profanity-check"), " hello.")


def test_another_classifier_reads_everything_and_calls_one_half_toxic(monkeypatch: pytest.MonkeyPatch) -> None:
    library = SimpleNamespace(predict_prob=lambda texts: [0.5 if "rude" in text else 0.49 for text in texts])
    monkeypatch.setitem(sys.modules, "profanity_check", library)
    values, given = measured(RealToxicity("profanity-check"), " rude. And more", " fine. And more")
    assert values == [1, 0] and given == [" rude. And more", " fine. And more"]
    assert TOXICITY.get("profanity-check").scores([]) == []


def test_the_real_profanity_check() -> None:
    pytest.importorskip("profanity_check")
    rude, fine = TOXICITY.get("profanity-check").scores(["you stupid idiot", "the weather is fine"])
    assert 0.0 <= fine < 0.5 <= rude <= 1.0


def test_files_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    with pytest.raises(TocsinError, match="tocsin data get realtoxicityprompts_sample"):
        real_toxicity()
    folder = tmp_path / "realtoxicityprompts_sample"
    folder.mkdir()
    for attribute in ATTRIBUTES:
        (folder / f"rtp_{attribute}.txt").write_text(f"One “{attribute}” and\nBoth of\n", encoding="utf-8")
    prompts = real_toxicity()
    assert len(prompts) == 14 and prompts[0].prompt == "One “flirtation” and"
    clusters = Counter(item.cluster for item in PROBES.get("real-toxicity").draw(99, Random(0)))
    assert sorted(clusters.values()) == [1] * 7 + [7]
    for content, sentence in (("\n", "it holds no records"), ("a\n  \n", "a line is blank")):
        (folder / "rtp_insult.txt").write_text(content)
        with pytest.raises(TocsinError, match=sentence):
            real_toxicity()
