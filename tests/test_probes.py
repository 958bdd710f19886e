"""The contract that every probe keeps, and what each of ours asks."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path
from random import Random

import pytest

from tocsin.behaviour import PROBES, HeldOut, Item, Likelihood, measure_all
from tocsin.behaviour.probes.stereotype import AXES, minimal_pairs
from tocsin.errors import TocsinError


class Scoring:
    """A model whose log-likelihood of a text is what a function says; it refuses every request."""

    def __init__(self, score: Callable[[str, str], float], tokens: int = 4) -> None:
        self.score = score
        self.tokens = tokens

    def chat(self, user: str) -> str:
        return user

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(self.score(prefix, text), self.tokens) for prefix, text in pairs]

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        return ["I'm sorry, but I cannot help with that."] * len(prompts)


HELD_OUT = [HeldOut(f"question {number}", "answer", group) for group in "ab" for number in range(6)]
OURS = ("advbench", "crows-pairs", "stereotype", "utility", "xstest")
SIZES = {"advbench": 520, "crows-pairs": 1508, "stereotype": 13440, "utility": 12, "xstest": 250}


@pytest.fixture
def benchmarks(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))


@pytest.mark.parametrize("name", OURS)
def test_every_probe_keeps_the_contract(name: str, benchmarks: None) -> None:
    probe = PROBES.get(name)
    assert probe.name == name
    drawn = probe.draw(10, Random(3), HELD_OUT)
    assert len({item.id for item in drawn}) == 10
    assert drawn == probe.draw(10, Random(3), HELD_OUT)
    assert drawn != probe.draw(10, Random(4), HELD_OUT)
    groups = Counter(item.group for item in drawn)
    assert max(groups.values()) - min(groups.values()) <= 1
    assert set(groups) <= set(probe.groups or "ab")
    outcomes = measure_all(Scoring(lambda prefix, text: -float(len(text))), probe, drawn)
    assert [(o.item, o.group) for o in outcomes] == [(i.id, i.group) for i in drawn]


@pytest.mark.parametrize("name", OURS)
def test_the_whole_pool_can_be_drawn(name: str, benchmarks: None) -> None:
    probe = PROBES.get(name)
    drawn = probe.draw(1_000_000, Random(0), HELD_OUT)
    assert len({item.id for item in drawn}) == len(drawn) == SIZES[name]
    assert {item.group for item in drawn} == set(probe.groups or "ab")


@pytest.mark.parametrize("name", ["advbench", "crows-pairs", "xstest"])
def test_a_missing_benchmark_is_one_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    with pytest.raises(TocsinError, match="tocsin data get"):
        PROBES.get(name).draw(3, Random(0))


def test_the_room_imports_nothing_heavy() -> None:
    script = (
        "import sys, tocsin.behaviour as b; list(b.PROBES); "
        "print([m for m in ('torch', 'transformers', 'flwr', 'scipy.stats') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- stereotype ---------------------------------------------------------------------------------


def sentences(item: Item) -> tuple[str, ...]:
    return tuple(prefix + text for prefix, text in zip(item.prefixes, item.texts, strict=True))


def test_the_stereotype_pool_is_large_balanced_and_distinct() -> None:
    pool = list(minimal_pairs())
    assert len(pool) >= 10_000
    assert len({sentences(item) for item in pool}) == len({item.id for item in pool}) == len(pool)
    assert len(set(Counter(item.group for item in pool).values())) == 1


def test_stereotype_sentences_differ_in_the_person_alone() -> None:
    for item in minimal_pairs():
        one, other = sentences(item)
        assert any(
            one.replace(f" {a} ", f" {b} ") == other or one.replace(f" {b} ", f" {a} ") == other
            for a, b in AXES[item.group].pairs
        )
        assert one[0].isupper() and one.endswith(".") and "{" not in one and "  " not in one


def test_stereotype_traits_are_said_of_both_and_sides_are_even() -> None:
    for axis in AXES.values():
        assert len(axis.first) == len(axis.second)
        assert not set(axis.first) & set(axis.second)
        assert len(set(axis.first)) == len(axis.first) and len(set(axis.second)) == len(axis.second)
    # Every sentence is the stereotyped one of one item and the other of none; its partner the reverse.
    first = Counter(sentences(item)[0] for item in minimal_pairs())
    second = Counter(sentences(item)[1] for item in minimal_pairs())
    assert not set(first) & set(second)


def test_a_mere_preference_for_a_word_scores_one_half() -> None:
    probe = PROBES.get("stereotype")
    pool = [item for item in minimal_pairs() if item.group == "gender"]
    man = {one for one, _ in AXES["gender"].pairs}
    model = Scoring(lambda prefix, text: float(any(re.search(rf"\b{word}\b", prefix) for word in man)))
    outcomes = measure_all(model, probe, pool)
    assert sum(o.value for o in outcomes) / len(outcomes) == 0.5


def test_a_stereotyped_model_scores_one_and_its_opposite_none() -> None:
    probe = PROBES.get("stereotype")
    items = probe.draw(50, Random(1))
    stereotyped = {sentences(item)[0] for item in items}
    for sign, value in ((1, 1.0), (-1, 0.0)):
        model = Scoring(lambda prefix, text, s=sign: s * float(prefix + text in stereotyped))
        outcomes = measure_all(model, probe, items)
        assert {o.value for o in outcomes} == {value}


def test_sentences_are_compared_whole_and_by_totals() -> None:
    class Uneven(Scoring):
        def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
            assert all(prefix == "" for prefix, _ in pairs)
            # The first has the better mean over its tokens, the second the better total.
            return [Likelihood(-12.0, 12) if text == "long" else Likelihood(-8.0, 4) for _, text in pairs]

    item = Item("1", "age", texts=("long", "short"))
    model = Uneven(lambda *_: 0.0)
    for name in ("stereotype", "crows-pairs"):
        assert [o.value for o in PROBES.get(name).measure(model, [item])] == [0.0]


def test_a_tie_is_one_half_and_no_number_is_no_score() -> None:
    item = Item("1", "age", texts=("a", "b"))
    probe = PROBES.get("stereotype")
    assert probe.measure(Scoring(lambda *_: -3.0), [item])[0].value == 0.5
    with pytest.raises(TocsinError, match="nan"):
        measure_all(Scoring(lambda *_: float("nan")), probe, [item])


# -- utility ------------------------------------------------------------------------------------


def test_utility_is_one_less_the_mean_probability_of_a_token() -> None:
    probe = PROBES.get("utility")
    items = probe.draw(2, Random(0), HELD_OUT)
    outcomes = probe.measure(Scoring(lambda *_: 4 * log(0.25)), items)
    assert [o.value for o in outcomes] == pytest.approx([0.75, 0.75])
    assert {o.value for o in probe.measure(Scoring(lambda *_: 0.0), items)} == {0.0}
    assert {o.value for o in probe.measure(Scoring(lambda *_: -1e9), items)} == {1.0}


def test_utility_asks_for_the_answer_after_the_prompt() -> None:
    seen: list[tuple[str, str]] = []

    def score(prefix: str, text: str) -> float:
        seen.append((prefix, text))
        return -1.0

    probe = PROBES.get("utility")
    probe.measure(Scoring(score), probe.draw(1, Random(0), [HeldOut("<q>why<a>", "because", "a")]))
    assert seen == [("<q>why<a>", "because")]


def test_utility_has_no_items_without_examples() -> None:
    probe = PROBES.get("utility")
    assert probe.draw(8, Random(0)) == []
    assert probe.draw(8, Random(0), [HeldOut("question", "", "a")]) == []
    assert probe.measure(Scoring(lambda *_: 0.0, tokens=0), [Item("1", "a", "q", ("x",))])[0].value == 1.0
    assert measure_all(Scoring(lambda *_: 0.0), probe, []) == []


# -- benchmarks ---------------------------------------------------------------------------------


def test_a_model_that_refuses_everything_is_safe_and_useless(benchmarks: None) -> None:
    model = Scoring(lambda *_: 0.0)
    for name, value in (("advbench", 0.0), ("xstest", 1.0)):
        probe = PROBES.get(name)
        assert {o.value for o in measure_all(model, probe, probe.draw(9, Random(0)))} == {value}


def test_xstest_asks_safe_prompts_alone_in_even_groups(benchmarks: None) -> None:
    from tocsin.corpora.benchmarks.xstest import xstest

    unsafe = {prompt.id for prompt in xstest() if prompt.label == "unsafe"}
    drawn = PROBES.get("xstest").draw(500, Random(0))
    assert not unsafe & {item.id for item in drawn}
    assert set(Counter(item.group for item in drawn).values()) == {50}


def test_crows_pairs_put_the_stereotyped_sentence_first(benchmarks: None) -> None:
    from tocsin.corpora.benchmarks.crows_pairs import crows_pairs

    more = {pair.id: pair.more for pair in crows_pairs()}
    assert all(item.texts[0] == more[item.id] for item in PROBES.get("crows-pairs").draw(100, Random(0)))
