"""The probe "membership"."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tocsin.behaviour import PROBES, HeldOut, Item, TokenScores, measure_all
from tocsin.behaviour.probes.membership import min_k
from tocsin.errors import TocsinError

PROBE = PROBES.get("membership")
EXAMPLES = [
    HeldOut(f"question {n}", f"{kind} {group} {n}", group, kind == "trained")
    for group in "ab"
    for kind, count in (("trained", 12), ("held-out", 5))
    for n in range(count)
]


class Remembering:
    """A model with given log-probabilities for each answer."""

    def __init__(self, logs: dict[str, list[float]]) -> None:
        self.logs = logs

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        arrays = [np.array(self.logs[text], np.float32) for _, text in pairs]
        return [TokenScores(logs, np.exp(logs), logs > -0.5) for logs in arrays]


def pair(trained: str, held_out: str, group: str = "a") -> Item:
    return Item(trained, group, texts=(trained, held_out), prefixes=("q", "q"), roles=("trained", "held-out"))


def test_pairs_are_of_one_group_and_no_example_is_in_two() -> None:
    drawn = PROBE.draw(6, Random(0), EXAMPLES)
    assert drawn == PROBE.draw(6, Random(0), EXAMPLES) != PROBE.draw(6, Random(1), EXAMPLES)
    assert sorted(item.group for item in drawn) == list("aaabbb")
    everything = PROBE.draw(99, Random(0), EXAMPLES)
    assert len(everything) == 10
    texts = [text for item in everything for text in item.texts]
    assert len(set(texts)) == len(texts)
    for item in everything:
        assert item.roles == ("trained", "held-out")
        assert [text.rsplit(" ", 1)[0] for text in item.texts] == [f"trained {item.group}", f"held-out {item.group}"]
        assert [prefix.split()[1] for prefix in item.prefixes] == [text.split()[2] for text in item.texts]


def test_over_many_draws_every_training_example_is_asked() -> None:
    seen = {item.texts[0] for seed in range(40) for item in PROBE.draw(10, Random(seed), EXAMPLES)}
    assert len(seen) == 24


def test_a_group_without_both_kinds_has_no_pairs() -> None:
    assert PROBE.draw(9, Random(0)) == []
    assert PROBE.draw(9, Random(0), [HeldOut("q", "x", "a", True), HeldOut("q", "y", "b")]) == []
    assert PROBE.draw(9, Random(0), [HeldOut("q", "", "a", True), HeldOut("q", "y", "a")]) == []


def test_an_outcome_says_who_looks_trained_on() -> None:
    model = Remembering({"low": [-3.0], "high": [-1.0, -1.0], "same": [-1.0], "cut": [], "broken": [math.nan]})
    items = [pair("high", "low"), pair("low", "high"), pair("high", "same"), pair("high", "cut"), pair("cut", "low")]
    assert [o.value for o in measure_all(model, PROBE, items)] == [1.0, 0.0, 0.5, 0.5, 0.5]
    with pytest.raises(TocsinError, match="nan"):
        measure_all(model, PROBE, [pair("high", "broken")])


def test_scores_compare_all_with_all() -> None:
    rng = np.random.default_rng(4)
    logs = {
        f"{kind}{n}": (-rng.exponential(1.0 + shift, 11)).tolist()
        for kind, shift in (("t", 0.0), ("h", 0.6))
        for n in range(120)
    }
    outcomes = measure_all(Remembering(logs), PROBE, [pair(f"t{n}", f"h{n}") for n in range(120)])
    scores = PROBE.scores(outcomes)
    labels = [1] * 120 + [0] * 120
    names = [f"{kind}{n}" for kind in "th" for n in range(120)]
    assert scores["AUC by loss"] == pytest.approx(roc_auc_score(labels, [np.mean(logs[name]) for name in names]))
    least = [np.sort(logs[name])[:2].mean() for name in names]  # a fifth of eleven tokens
    assert scores["AUC by Min-K%"] == pytest.approx(roc_auc_score(labels, least))
    second = sorted(np.mean(logs[f"h{n}"]) for n in range(120))[-2]
    assert scores["TPR at 1% FPR by loss"] == np.mean([np.mean(logs[f"t{n}"]) > second for n in range(120)])
    # The mean outcome estimates the same AUC from 120 of its 14,400 comparisons.
    assert abs(np.mean([o.value for o in outcomes]) - scores["AUC by loss"]) < 0.1


def test_min_k_takes_a_fifth_of_the_tokens_and_at_least_one() -> None:
    assert min_k(np.array([-1.0, -9.0, -2.0], np.float32)) == -9.0
    assert min_k(np.arange(-15.0, 0.0, dtype=np.float32)) == -14.0


def test_scores_of_nothing_are_nan() -> None:
    cut = measure_all(Remembering({"cut": [], "x": [-1.0]}), PROBE, [pair("x", "cut")])
    for outcomes in ([], cut):
        scores = PROBE.scores(outcomes)
        assert len(scores) == 4
        assert all(map(math.isnan, scores.values()))
