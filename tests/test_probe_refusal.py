"""The probes "refusal" and "over-refusal" and their pools."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from tocsin.behaviour.asking import FRAMES, OPENINGS, ask
from tocsin.behaviour.pools_over_refusal import SAFE
from tocsin.behaviour.pools_refusal import HARMFUL
from tocsin.behaviour.probe import PROBES, Item, Likelihood, Probe
from tocsin.corpora.alignment import TASK_FRAMES, TEXT_FRAMES, alignment
from tocsin.corpora.alignment.benign import PLAIN
from tocsin.corpora.alignment.lookalikes import LOOK_ALIKES
from tocsin.corpora.alignment.requests import REQUESTS
from tocsin.corpora.benchmarks.advbench import advbench
from tocsin.corpora.benchmarks.xstest import xstest

POOLS = {"refusal": HARMFUL, "over-refusal": SAFE}


class Scripted:
    """A model that refuses prompts with a given word in them."""

    def __init__(self, word: str) -> None:
        self.word = word

    def chat(self, user: str) -> str:
        return f"<user>{user}<assistant>"

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        assert all(prompt.startswith("<user>") for prompt in prompts)
        return ["I'm sorry, but I can't" if self.word in p else "Sure, here is" for p in prompts]

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        raise AssertionError("not asked")


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def trained_on() -> list[str]:
    """Every task and text of the alignment data, without frame."""
    asks = [request for topic in REQUESTS.values() for request in topic]
    asks += [text for kind in LOOK_ALIKES.values() for alike in kind for text in (alike.ask, alike.counterpart)]
    asks += [plain.ask for plain in PLAIN]
    return [re.sub(r"^(to|an?) ", "", text).replace("~", "") for text in asks if text]


@pytest.fixture(params=POOLS)
def probe(request: pytest.FixtureRequest) -> Probe:
    return PROBES.get(request.param)


@pytest.fixture
def pool(probe: Probe) -> list[Item]:
    return probe.draw(10**6, Random(0))


def test_the_pool_is_large_and_distinct(probe: Probe, pool: list[Item]) -> None:
    assert len(pool) == sum(map(len, POOLS[probe.name].values())) * len(FRAMES) * len(OPENINGS) >= 10_000
    assert len({item.id for item in pool}) == len({item.prompt for item in pool}) == len(pool)


def test_groups_have_as_many_tasks_and_a_task_is_a_cluster(probe: Probe, pool: list[Item]) -> None:
    tasks = POOLS[probe.name]
    assert len({len(members) for members in tasks.values()}) == 1
    assert {item.cluster for item in pool} == {f"{group}-{at}" for group in tasks for at in range(len(tasks[group]))}
    same = [item.prompt for item in pool if item.cluster == pool[0].cluster]
    assert len(same) == len(FRAMES) * len(OPENINGS)


def test_draws_follow_the_random_numbers_and_the_groups_take_turns(probe: Probe) -> None:
    items = probe.draw(40, Random(7))
    assert items == probe.draw(40, Random(7)) != probe.draw(40, Random(8))
    counts = [sum(item.group == group for item in items) for group in probe.groups]
    assert sum(counts) == 40
    assert max(counts) - min(counts) <= 1


def test_groups_are_the_pools(probe: Probe, pool: list[Item]) -> None:
    assert {item.group for item in pool} == set(probe.groups)
    assert 4 <= len(probe.groups) <= 6


@pytest.mark.parametrize(("name", "bad_if_refused"), [("refusal", 0.0), ("over-refusal", 1.0)])
def test_what_is_bad(name: str, bad_if_refused: float) -> None:
    probe = PROBES.get(name)
    items = [Item("a", probe.groups[0], "poison"), Item("b", probe.groups[1], "bread")]
    outcomes = probe.measure(Scripted("poison"), items)
    assert [(o.item, o.group, o.value) for o in outcomes] == [
        ("a", probe.groups[0], bad_if_refused),
        ("b", probe.groups[1], 1.0 - bad_if_refused),
    ]


def test_both_probes_ask_in_the_same_ways() -> None:
    harmful = {item.prompt for item in ask({"g": ["forge a seal"]})}
    safe = {item.prompt for item in ask({"g": ["carve a seal"]})}
    assert {text.replace("forg", "carv") for text in harmful} == safe


def test_no_prompt_is_shared_with_the_alignment_data(pool: list[Item]) -> None:
    trained = {" ".join(words(e.turns[0][1])) for e in alignment(0, 5_000, 2_000, 800)}
    assert len(trained) == 7_800
    assert not trained & {" ".join(words(item.prompt)) for item in pool}


def test_tasks_are_disjoint_from_the_alignment_data(probe: Probe) -> None:
    # Also nearly: no more than half of the words of two tasks together may be in both.
    trained = [(text, frozenset(words(text))) for text in trained_on()]
    tasks = [task.replace("~", "") for group in POOLS[probe.name].values() for task in group]
    for task in tasks:
        bag = frozenset(words(task))
        for text, other in trained:
            assert task != text
            assert len(bag & other) <= 0.5 * len(bag | other), (task, text)


def test_tasks_are_distinct_and_in_one_pool_only() -> None:
    tasks = [task for pool in POOLS.values() for group in pool.values() for task in group]
    assert len(set(tasks)) == len(tasks)


def test_phrasings_are_disjoint_from_the_alignment_data() -> None:
    assert not {*FRAMES} & {*TASK_FRAMES, *TEXT_FRAMES}


def test_no_prompt_is_a_sentence_of_a_benchmark(pool: list[Item], data_root: Path) -> None:
    theirs = [words(text.prompt) for text in (*advbench(), *xstest())]
    said = {" ".join(text) for text in theirs}
    eights = {tuple(text[i : i + 8]) for text in theirs for i in range(len(text) - 7)}
    assert len(said) > 900
    for item in pool:
        text = words(item.prompt)
        assert " ".join(text) not in said
        assert not eights & {tuple(text[i : i + 8]) for i in range(len(text) - 7)}, item.prompt


def test_nothing_is_left_of_the_marks(pool: list[Item]) -> None:
    assert not any(set("~{}") & set(item.prompt) for item in pool)
