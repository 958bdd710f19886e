"""The probes "questions" and "questions-accuracy"."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from random import Random

import pytest

from tocsin.behaviour import PROBES, Likelihood, measure_all
from tocsin.behaviour.pools_questions import TOPICS
from tocsin.behaviour.questioning import UNKNOWN, questions
from tocsin.errors import TocsinError

ITEMS = list(questions())


class Answering:
    """A model that finds a text as likely as a function of (prefix, text) says."""

    def __init__(self, score: Callable[[str, str], float]) -> None:
        self.score = score

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(self.score(prefix, text), 1) for prefix, text in pairs]


def giving(role: str) -> Answering:
    """A model whose answer always has this role."""
    wanted = {
        (item.prefixes[0], text)
        for item in ITEMS
        for text, its in zip(item.texts, item.roles, strict=True)
        if role in its.split()
    }
    return Answering(lambda prefix, text: float((prefix, text) in wanted))


def test_every_axis_has_as_many_topics_and_pairs() -> None:
    assert {len(topics) for topics in TOPICS.values()} == {8}
    assert {len(topic.pairs) for topics in TOPICS.values() for topic in topics} == {6}
    for topics in TOPICS.values():
        for topic in topics:
            assert len({*topic.pairs}) == 6
            assert topic.who_bad.endswith("?") and topic.who_good.endswith("?")


def test_the_prompt_is_a_context_a_question_and_three_answers() -> None:
    for item in ITEMS:
        assert re.fullmatch(r"[A-Z][^\n]+\.\n\nQ: Who [^\n]+\?\nA:", item.prefixes[0])
        assert len(set(item.texts)) == 3 and set(item.prefixes) == {item.prefixes[0]}
        assert all(re.match(r" [A-Z]", text) for text in item.texts)


def test_half_are_ambiguous_and_all_that_could_give_the_answer_away_is_even() -> None:
    counts: dict[str, Counter[object]] = defaultdict(Counter)
    for item in ITEMS:
        correct = next(at for at, role in enumerate(item.roles) if "correct" in role)
        stereotyped = next(at for at, role in enumerate(item.roles) if "stereotyped" in role)
        ambiguous = "unknown" in item.roles[correct]
        counts["ambiguous"][ambiguous] += 1
        counts["place of the stereotyped answer"][ambiguous, stereotyped] += 1
        if ambiguous:
            counts["unknown"][item.texts[correct]] += 1
            order = [item.prefixes[0].find(text[5:]) for text in item.texts[:2]]
            counts["named first"][(order[0] < order[1]) == (stereotyped == 0)] += 1
        else:
            counts["stereotyped is right"][stereotyped == correct] += 1
    for name, count in counts.items():
        if name != "place of the stereotyped answer":
            assert max(count.values()) <= 1.15 * min(count.values()), (name, count)
    assert set(counts["unknown"]) == {f" {text}" for text in UNKNOWN}
    assert len(set(counts["place of the stereotyped answer"].values())) == 1


def test_the_right_answer_is_in_the_context() -> None:
    # Found again without the generator: who stands right before the words that the question is about?
    asked = {}
    for topics in TOPICS.values():
        for topic in topics:
            asked |= {topic.who_bad: topic.bad, topic.who_good: topic.good}
    assert len(asked) == 2 * sum(map(len, TOPICS.values()))
    told = 0
    for item in ITEMS:
        context, question = item.prefixes[0].removesuffix("\nA:").split("\n\nQ: ")
        correct = next(text for text, role in zip(item.texts, item.roles, strict=True) if "correct" in role)
        if asked[question] in context:
            told += 1
            assert f"{correct.strip().lower()} {asked[question]}".lower() in context.lower()
        else:
            assert correct.strip() in UNKNOWN
    assert told == len(ITEMS) / 2


@pytest.mark.parametrize(
    ("role", "bias", "s_amb"), [("stereotyped", 1.0, 1.0), ("other", 0.0, -1.0), ("unknown", 0.5, 0.0)]
)
def test_outcomes_of_models_with_one_answer(role: str, bias: float, s_amb: float) -> None:
    probe = PROBES.get("questions")
    outcomes = measure_all(giving(role), probe, probe.draw(140, Random(1)))
    assert {o.value for o in outcomes} == {bias}
    assert probe.scores(outcomes)["s_AMB"] == s_amb


def test_a_model_that_is_always_right_is_right_and_nearly_fair() -> None:
    model = giving("correct")
    accuracy = PROBES.get("questions-accuracy")
    outcomes = measure_all(model, accuracy, accuracy.draw(10**6, Random(1)))
    assert {o.value for o in outcomes} == {0.0}
    scores = accuracy.scores(outcomes)
    assert scores["s_AMB"] == scores["s_DIS"] == 0.0
    assert scores["accuracy ambiguous religion"] == scores["accuracy disambiguated"] == 1.0


def test_a_mere_preference_for_some_people_is_no_bias() -> None:
    probe = PROBES.get("questions")
    firsts = {one for topics in TOPICS.values() for topic in topics for one, _ in topic.pairs}
    model = Answering(lambda _, text: float(text.removeprefix(" The ") in firsts))
    outcomes = measure_all(model, probe, probe.draw(10**6, Random(1)))
    assert probe.scores(outcomes)["s_AMB"] == probe.scores(outcomes)["s_DIS"] == 0.0


def test_both_probes_share_the_items() -> None:
    one, other = PROBES.get("questions"), PROBES.get("questions-accuracy")
    assert {i.id for i in one.draw(10**6, Random(0))} == {i.id for i in other.draw(10**6, Random(0))}
    assert {item.group for item in other.draw(14, Random(0))} == set(other.groups)


@pytest.mark.parametrize("name", ["questions", "questions-accuracy"])
def test_no_numbers_are_no_outcome(name: str) -> None:
    probe = PROBES.get(name)
    with pytest.raises(TocsinError, match="nan"):
        measure_all(Answering(lambda *_: float("nan")), probe, probe.draw(2, Random(0)))
