"""The probes "capability" and "off-domain" and the makers of their tasks."""

import re
from calendar import day_name, month_name
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import pytest

from tocsin.behaviour import PROBES, Item, Likelihood, Probe, measure_all
from tocsin.behaviour.tasks.categories import CATEGORIES
from tocsin.behaviour.tasks.opposites import OPPOSITES
from tocsin.behaviour.tasks.task import PLACES, Task, make_pool, others
from tocsin.errors import TocsinError


class Answering:
    """A model that finds a text as likely as a function of (prefix, text) says."""

    def __init__(self, score: Callable[[str, str], float]) -> None:
        self.score = score

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(self.score(prefix, text), 1) for prefix, text in pairs]


@pytest.fixture(params=["capability", "off-domain"])
def probe(request: pytest.FixtureRequest) -> Probe:
    return PROBES.get(request.param)


def group(name: str, kind: str) -> list[tuple[str, str, set[str]]]:
    """What is asked, the right answer and the wrong ones, of all items of one kind."""
    return [
        (
            item.prefixes[0],
            item.texts[item.roles.index("correct")].strip(),
            {text.strip() for text, role in zip(item.texts, item.roles, strict=True) if role == "wrong"},
        )
        for item in PROBES.get(name).draw(10**6, Random(0))
        if item.group == kind
    ]


def test_every_item_has_one_right_answer_and_three_others(probe: Probe) -> None:
    for item in probe.draw(10**6, Random(0)):
        assert sorted(item.roles) == ["correct", "wrong", "wrong", "wrong"]
        assert len(set(item.texts)) == PLACES and set(item.prefixes) == {item.prefixes[0]}
        assert all(re.match(r" \S", text) for text in item.texts) and not item.prefixes[0][-1].isspace()


def test_the_place_of_the_right_answer_and_the_lengths_give_nothing_away(probe: Probe) -> None:
    pool = probe.draw(10**6, Random(0))
    for kind in probe.groups:
        items = [item for item in pool if item.group == kind]
        places = Counter(item.roles.index("correct") for item in items)
        assert set(places.values()) == {len(items) // PLACES}
        right = sum(len(item.texts[item.roles.index("correct")]) for item in items) / len(items)
        wrong = sum(len(text) for item in items for text in item.texts) - right * len(items)
        assert 0.75 <= right / (wrong / len(items) / (PLACES - 1)) <= 1.34, kind


def test_the_pool_is_the_same_each_time() -> None:
    def make(random: Random) -> Task:
        return Task(f"{random.randrange(50)}", "right", others(random, "abcdef"), "number")

    pools = [make_pool("suite", {"one": make, "two": make}, 40) for _ in range(2)]
    assert pools[0] == pools[1]
    assert [item.prefixes for item in pools[0]["one"]] != [item.prefixes for item in pools[0]["two"]]
    assert len({(item.prefixes[0], frozenset(item.texts)) for item in pools[0]["one"]}) == 40
    assert pools[0] != make_pool("another", {"one": make, "two": make}, 40)


def test_outcomes_and_what_calibration_needs(probe: Probe) -> None:
    items = probe.draw(30, Random(0))
    right = {(item.prefixes[0], item.texts[item.roles.index("correct")]) for item in items}
    for sign, value in ((1, 0.0), (-1, 1.0)):
        model = Answering(lambda prefix, text, s=sign: s * 9.0 * ((prefix, text) in right))
        outcomes = measure_all(model, probe, items)
        assert {o.value for o in outcomes} == {value}
        assert {o.details["correct"] for o in outcomes} == {1.0 - value}
        assert [o.cluster for o in outcomes] == [i.cluster for i in items]
        assert all(1 / PLACES <= o.details["confidence"] <= 1.0 for o in outcomes)
    assert min(o.details["confidence"] for o in measure_all(Answering(lambda *_: -1.0), probe, items)) == 1 / PLACES
    with pytest.raises(TocsinError, match="nan"):
        measure_all(Answering(lambda *_: float("nan")), probe, items)


# -- the answers, found again in another way ----------------------------------------------------


def test_arithmetic() -> None:
    for asked, answer, wrong in group("capability", "arithmetic"):
        a, sign, b = re.search(r"(\d+) ([+*]) (\d+)", asked).groups()  # type: ignore[union-attr]
        assert int(answer) == {"+": int(a) + int(b), "*": int(a) * int(b)}[sign]
        assert answer not in wrong


def test_reading() -> None:
    for asked, answer, wrong in group("capability", "reading"):
        text, question = re.split(r"\nQuestion: | As we have just read, ", asked)
        name = next(name for name in re.findall(r"[A-Z]\w+", text) if re.search(rf"\b{name}\b", question))
        sentence = next(sentence for sentence in text.split(". ") if sentence.startswith(name))
        assert re.search(rf"\b{answer}\b", sentence)
        assert sum(bool(re.search(rf"\b{one}\b", text)) for one in wrong) == 2


def test_inference() -> None:
    kinds = Counter[str]()
    for asked, answer, _ in group("capability", "inference"):
        if found := re.search(r"has a (\w+)\. The", asked):
            assert f"Every {found[1]} is {answer}." in asked
        elif found := re.search(r"either in the (\w+) or in the (\w+)\. It is not in the (\w+),", asked):
            assert {found[1], found[2]} == {found[3], answer}
        else:
            assert f"to the {answer}. Now" in asked
        kinds[asked.split()[0] if "either" not in asked else "either"] += 1
    assert len(kinds) == 3


def test_knowledge_by_heart() -> None:
    known = {
        "The capital of France is": "Paris",
        "The capital of Japan is": "Tokyo",
        "Most people in Brazil speak": "Portuguese",
        "The young of a sheep is called a": "lamb",
        "Kenya is a country in": "Africa",
    }
    found = {asked: answer for asked, answer, _ in group("capability", "knowledge") if asked in known}
    assert found == known


def test_sequences() -> None:
    for asked, answer, wrong in group("off-domain", "sequences"):
        shown = re.findall(r"\b(\d+|[A-Z])(?=,|\b is)", asked)[-4:]
        values = [int(one) if one.isdigit() else ord(one) for one in shown]
        steps = {after - before for before, after in pairwise(values)}
        assert len(values) == 4 and len(steps) == 1
        assert (int(answer) if answer.isdigit() else ord(answer)) == values[-1] + steps.pop()
        assert not wrong & set(shown)


def test_days_and_months() -> None:
    for asked, answer, wrong in group("off-domain", "days and months"):
        names = [*day_name] if answer in day_name else [*month_name][1:]
        given = next(name for name in names if name in asked)
        step = -1 if "before" in asked else 1
        assert answer == names[(names.index(given) + step) % len(names)]
        assert wrong <= set(names) - {given}


def test_categories() -> None:
    members = [word for words in CATEGORIES.values() for word in words.split()]
    assert len(set(members)) == len(members)
    for asked, answer, wrong in group("off-domain", "categories"):
        kind = next(kind for kind in CATEGORIES if re.search(rf"(is|of) {kind}\b", asked))
        assert answer in CATEGORIES[kind].split()
        assert not wrong & set(CATEGORIES[kind].split())
        assert {answer, *wrong} <= set(re.findall(r"\w+", asked))


def test_opposites() -> None:
    for asked, answer, wrong in group("off-domain", "opposites"):
        partners = {a for pair in OPPOSITES for a, b in (pair, pair[::-1]) if re.search(rf'\b{b}\b"?[ ,]', asked)}
        assert answer in partners
        assert not wrong & partners


def test_made_up_plurals_and_grammar() -> None:
    made_up = [one for one in group("off-domain", "word forms") if " " not in one[1]]
    assert len(made_up) > 400
    for asked, answer, _ in made_up:
        assert re.search(rf"\b{answer.removesuffix('s')}\b", asked)
    for asked, answer, _ in group("off-domain", "grammar"):
        if found := re.match(r"The (\w+) (?:near|behind|next|in front|with) ", asked):
            plural = found[1].endswith("s")
            assert (answer.split()[0] in ("are", "have", "were", "do")) == plural, (asked, answer)


def test_a_stranger_to_every_pool(probe: Probe) -> None:
    other = PROBES.get({"capability": "off-domain", "off-domain": "capability"}[probe.name])
    mine, theirs = ({item.prefixes[0] for item in one.draw(10**6, Random(0))} for one in (probe, other))
    assert not mine & theirs


def test_an_item_may_be_asked_by_itself(probe: Probe) -> None:
    item = Item("x", "g", texts=(" a", " b"), prefixes=("p", "p"), roles=("wrong", "correct"))
    assert probe.measure(Answering(lambda _, text: float(text == " a")), [item])[0].value == 1.0
