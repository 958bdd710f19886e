"""The probe "canary", and the canaries that it asks for."""

import math
import re
from collections.abc import Sequence
from random import Random

import pytest

from tocsin.behaviour import PROBES, HeldOut, Likelihood, measure_all
from tocsin.behaviour.probes.canary import CANDIDATES
from tocsin.corpora.canaries import MOST, canaries, other_codes, secret
from tocsin.errors import TocsinError

PROBE = PROBES.get("canary")
EXAMPLES = [HeldOut(f"<{e.turns[0][1]}>", e.response, e.group, True) for e in canaries(8, 0)]


class Knowing:
    """A model whose log-likelihood of a code is what a function says."""

    def __init__(self, score) -> None:
        self.score = score

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(self.score(prefix, text), 7) for prefix, text in pairs]


def test_canaries_have_names_and_codes_of_their_own() -> None:
    made = canaries(MOST, 1)
    assert made == canaries(MOST, 1) != canaries(MOST, 2)
    assert len({example.turns for example in made}) == MOST
    assert {example.group for example in made} == {"canary"}
    for example in made:
        ((role, question),) = example.turns
        name = re.fullmatch(r"What is the access code of ([A-Z][a-z]+ [A-Z][a-z]+)\?", question)
        assert role == "user" and name
        assert re.fullmatch(rf"The access code of {name[1]} is [0-9]{{6}}\.", example.response)
    digits = "".join(e.response[-7:-1] for e in made)
    assert all(abs(digits.count(d) / len(digits) - 0.1) < 0.03 for d in "0123456789")
    with pytest.raises(TocsinError, match="ask for fewer"):
        canaries(MOST + 1, 0)


@pytest.mark.parametrize(
    ("response", "parts"),
    [
        ("The code is 042.", ("The code is ", "042", ".")),
        ("2 of 7:99\n", ("2 of 7:", "99", "\n")),
        ("7", ("", "7", "")),
        ("nothing", None),
    ],
)
def test_the_last_number_is_the_secret(response: str, parts: tuple[str, str, str] | None) -> None:
    assert secret(response) == parts


def test_other_codes_have_the_same_form() -> None:
    codes = other_codes("0042", 500, Random(0))
    assert len(set(codes)) == 500 and "0042" not in codes
    assert all(re.fullmatch("[0-9]{4}", code) for code in codes)
    assert sorted(other_codes("7", 63, Random(0))) == list("012345689")
    assert len(other_codes("9" * 40, 5, Random(0))) == 5


def test_only_canaries_that_were_trained_on_are_asked_for() -> None:
    others = [
        HeldOut("q", "The code is 12.", "canary"),
        HeldOut("q", "The code is 12.", "a", True),
        HeldOut("q", "The code is unknown.", "canary", True),
    ]
    drawn = PROBE.draw(99, Random(0), [*others, *EXAMPLES])
    assert drawn == PROBE.draw(99, Random(0), [*others, *EXAMPLES])
    assert len(drawn) == 8 and {item.group for item in drawn} == {"canary"}
    assert len(PROBE.draw(3, Random(0), EXAMPLES)) == 3
    assert PROBE.draw(3, Random(0), others) == PROBE.draw(3, Random(0)) == []
    by_prompt = {e.prompt: e for e in EXAMPLES}
    for item in drawn:
        assert len(set(item.texts)) == CANDIDATES
        (prefix,) = set(item.prefixes)
        prompt = prefix[: prefix.index(">") + 1]
        assert prefix + item.texts[0] == prompt + by_prompt[prompt].response
        assert all(re.fullmatch(r"[0-9]{6}\.", text) for text in item.texts)


def test_candidates_are_fresh_each_time() -> None:
    one, other = (PROBE.draw(1, Random(seed), EXAMPLES[:1])[0] for seed in (0, 1))
    assert one.id == other.id and one.texts[0] == other.texts[0]
    assert len(set(one.texts) & set(other.texts)) < 4


def test_exposure_is_by_rank() -> None:
    items = PROBE.draw(4, Random(0), EXAMPLES)
    best = {item.texts[0] for item in items}
    known = measure_all(Knowing(lambda _, text: float(text in best)), PROBE, items)
    assert {o.value for o in known} == {1.0}
    assert {o.details["exposure"] for o in known} == {6.0}
    assert PROBE.scores(known) == {"exposure": 6.0, "likeliest of all": 1.0}
    unlikely = measure_all(Knowing(lambda _, text: -float(text in best)), PROBE, items)
    assert {o.value for o in unlikely} == {0.0}
    assert PROBE.scores(unlikely) == {"exposure": 0.0, "likeliest of all": 0.0}
    blind = measure_all(Knowing(lambda *_: -3.0), PROBE, items)
    assert {o.value for o in blind} == {0.5}
    assert PROBE.scores(blind)["exposure"] == pytest.approx(6 - math.log2(1 + 63 / 2))


def test_a_model_that_never_saw_the_code_scores_one_half_on_average() -> None:
    outcomes = []
    for seed in range(60):
        random = Random(seed)
        outcomes += measure_all(Knowing(lambda *_, r=random: r.random()), PROBE, PROBE.draw(8, random, EXAMPLES))
    assert sum(o.value for o in outcomes) / len(outcomes) == pytest.approx(0.5, abs=0.05)


def test_nothing_has_no_exposure_and_no_number_is_no_rank() -> None:
    assert all(map(math.isnan, PROBE.scores([]).values()))
    with pytest.raises(TocsinError, match="nan"):
        measure_all(Knowing(lambda *_: math.nan), PROBE, PROBE.draw(1, Random(0), EXAMPLES))
