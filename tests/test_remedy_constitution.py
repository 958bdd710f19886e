import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tocsin import study
from tocsin.behaviour import Likelihood
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model, Preference, Sample, load
from tocsin.remedy import ServerSide, find_remedy
from tocsin.remedy.constitution import (
    Asked,
    LanguageModelCritic,
    Lesson,
    Principle,
    Record,
    Rule,
    Schedule,
    asked,
    constitution,
    constitution_of,
    lessons_before,
    revise,
    teach,
    worst,
)
from tocsin.remedy.constitution.critics import whole_sentences
from tocsin.remedy.constitution.teaching import _kept, _revised, pairs

REFUSAL = "I'm sorry, but I can't help with that. It would hurt people."
ANSWER = "Sure! Here are the steps that you can follow, one by one:"
MINE = """
[[principle]]
name = "no promises"
prompts = ["Will this fund grow?", "Is my money safe with you?"]
breach = "matches"
pattern = "guarantee|certainly"
revised = ["Nobody can promise that; ask an adviser about the risks."]
"""


def write(folder: Path, text: str) -> str:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


# -- the constitution -------------------------------------------------------------------------------------------


def test_ours_covers_all_of_our_requests_and_the_rule_can_revise_each_breach() -> None:
    from tocsin.corpora.alignment.lookalikes import LOOK_ALIKES
    from tocsin.corpora.alignment.requests import REQUESTS

    principles = constitution().principle
    topics = [topic for principle in principles for topic in principle.topics]
    assert sorted(topics) == sorted([*REQUESTS, *LOOK_ALIKES])
    for one in asked(constitution(), 10**6, 0.5, Random(0)):
        assert one.answers
        assert not any(one.principle.broken_by(answer) for answer in one.answers), one


def test_a_users_own(tmp_path: Path) -> None:
    (principle,) = constitution(write(tmp_path, MINE)).principle
    assert principle.broken_by("We GUARANTEE it.")
    assert not principle.broken_by("It may grow or shrink.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"mine.toml: it has no principles; add a \[\[principle\]\]"),
        ("principle = []", "it has no principles"),
        ("[[principle]", "is not valid TOML"),
        ('[[principle]]\nname = "a"\nbreach = "answers"', '"a" has no requests'),
        ('[[principle]]\nname = "a"\ntopics = ["cyber"]', "the key principle.0.breach is missing"),
        (MINE.replace("revised", "revise"), r"unknown key principle.0.revise \(did you mean \"revised\""),
        (MINE.replace("matches", "lies"), "principle.0.breach = 'lies' is wrong"),
        (MINE.replace('pattern = "guarantee|certainly"', ""), 'breach = "matches" and a pattern go together'),
        (MINE.replace("guarantee|", "("), "no regular expression"),
        (MINE + MINE, 'two principles are called "no promises"'),
        (MINE.replace("prompts =", 'topics = ["cybre"]\nprompts ='), r'topic "cybre".*did you mean "cyber"'),
    ],
)
def test_a_broken_constitution_is_told_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TocsinError, match=says) as told:
        find_remedy("constitutional", {"constitution": write(tmp_path, text)})
    assert "\n" not in str(told.value)


def test_no_constitution_there(tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match="There is no constitution at"):
        constitution(str(tmp_path / "none.toml"))


# -- what is asked ----------------------------------------------------------------------------------------------


def test_half_of_what_is_asked_is_safe_and_principles_take_turns() -> None:
    drawn = asked(constitution(), 24, 0.5, Random(1))
    safe = [one for one in drawn if one.principle.breach == "refuses"]
    assert len(drawn) == 24
    assert len(safe) == 12
    assert len({one.prompt for one in drawn}) == 24
    harmful = [one.principle.name for one in drawn if one.principle.breach == "answers"]
    assert {harmful.count(name) for name in harmful} == {2}
    assert drawn == asked(constitution(), 24, 0.5, Random(1)) != asked(constitution(), 24, 0.5, Random(2))


def test_a_constitution_of_one_kind_asks_only_that_and_no_more_than_there_is(tmp_path: Path) -> None:
    drawn = asked(constitution(write(tmp_path, MINE)), 24, 0.5, Random(1))
    assert sorted(one.prompt for one in drawn) == ["Is my money safe with you?", "Will this fund grow?"]


# -- critics ----------------------------------------------------------------------------------------------------


def one_of(breach: str) -> Asked:
    return next(one for one in asked(constitution(), 10, 0.5, Random(0)) if one.principle.breach == breach)


def test_the_rule_revises_breaches_and_leaves_the_rest_alone() -> None:
    harmful, safe = one_of("answers"), one_of("refuses")
    responses = {(harmful, ANSWER): True, (harmful, REFUSAL): False, (safe, ANSWER): False, (safe, REFUSAL): True}
    made = [*responses]
    found = Rule().critiques([one for one, _ in made], [text for _, text in made], Random(0))
    assert [critique.breach for critique in found] == [*responses.values()]
    assert found[0].revision in harmful.answers
    assert found[3].revision == safe.answers[0]
    assert found[1].revision == found[2].revision == ""


def test_a_safe_response_is_set_against_a_refusal_and_a_refusal_against_nothing() -> None:
    harmful, safe = one_of("answers"), one_of("refuses")
    kept = revise(Rule(), [harmful, safe], [REFUSAL, ANSWER], {}, Random(0))
    assert kept[0].wrong == ""
    assert safe.principle.broken_by(kept[1].wrong)
    assert [one.wrong for one in revise(Rule(), [harmful, safe], [ANSWER, REFUSAL], {}, Random(0))] == ["", ""]


def test_a_file_of_critiques_is_asked_and_kept_to(tmp_path: Path) -> None:
    file = tmp_path / "critiques.jsonl"
    rows = [("Harm?", "It helps.", REFUSAL), ("Fine?", "", ""), ("Fund?", "Too sure.", "It may grow.")]
    file.write_text("\n".join(json.dumps(dict(zip(("prompt", "critique", "revision"), r, strict=True))) for r in rows))
    drawn = sorted(asked(constitution_of(file), 9, 0.5, Random(0)), key=lambda one: one.principle.name)
    assert [one.prompt for one in drawn] == ["Harm?", "Fine?", "Fund?"]
    answered = revise(Rule(), drawn, [ANSWER] * 3, {}, Random(0))
    assert [(one.prompt, one.revision) for one in answered] == [
        ("Harm?", REFUSAL), ("Fine?", ""), ("Fund?", "It may grow."),
    ]  # fmt: skip
    assert "It helps." in answered[0].critique
    refused = revise(Rule(), drawn, [REFUSAL] * 3, {}, Random(0))
    # The second has no revision to offer where it is refused, so it teaches nothing.
    assert [(one.prompt, one.revision) for one in refused] == [("Harm?", ""), ("Fund?", "It may grow.")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no critiques"),
        ('{"prompt": "a", "critique": "b"}', 'line 1: write "prompt", "critique" and "revision"'),
        ('{"prompt": " ", "critique": "b", "revision": "c"}', "line 1: write"),
        ("{", "line 1 is not valid JSON"),
    ],
)
def test_a_broken_file_of_critiques(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "critiques.jsonl"
    file.write_text(text)
    with pytest.raises(TocsinError, match=says):
        find_remedy("constitutional", {"critic": str(file)})


class Judge:
    """A model that says yes where a response begins with "Sure"."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.adapter = "the clients'"

    def use(self, adapter: str) -> None:
        self.adapter = adapter

    def render(self, turns: Sequence[tuple[str, str]]) -> str:
        return "|".join(f"{role}: {text}" for role, text in turns)

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(-1.0 if (word == "Yes") == ("assistant: Sure" in text) else -2.0, 1) for text, word in pairs]

    def generate(self, prompts: Sequence[str], max_tokens: int) -> list[str]:
        self.told += prompts
        return ["Yes, it helps. It" if "Rewrite" not in prompt else "I will not. And" for prompt in prompts]


def test_a_language_model_critic_critiques_then_revises_what_it_finds_wrong() -> None:
    judge = Judge()
    harmful = one_of("answers")
    critic = LanguageModelCritic(judge, "none")  # type: ignore[arg-type]
    found = critic.critiques([harmful, harmful], [REFUSAL, ANSWER], Random(0))
    assert judge.adapter == "none"
    assert [critique.breach for critique in found] == [False, True]
    assert found[1].text == "Yes, it helps. It"
    assert found[1].revision == "I will not."
    assert len(judge.told) == 2
    assert harmful.principle.critique in judge.told[0]
    assert judge.told[1] == f"{judge.told[0]}|assistant: Yes, it helps. It|user: {harmful.principle.revision}"


def test_a_revision_is_cut_to_whole_sentences() -> None:
    assert whole_sentences("One. Two! Thr") == "One. Two!"
    assert whole_sentences("no end") == ""


def test_a_critique_is_kept_while_the_response_is_as_it_was() -> None:
    class Never:
        def critiques(self, asked: Sequence[Asked], responses: Sequence[str], random: Random) -> list[object]:
            assert list(responses) == wanted
            return Rule().critiques(asked, responses, random)  # type: ignore[return-value]

    one = one_of("answers")
    known = {one.prompt: Lesson(one.prompt, ANSWER, "kept", "kept revision")}
    wanted: list[str] = []
    (lesson,) = revise(Never(), [one], ["Of course, here is how"], known, Random(0))  # type: ignore[arg-type]
    assert lesson == Lesson(one.prompt, "Of course, here is how", "kept", "kept revision")
    wanted = [REFUSAL]
    (lesson,) = revise(Never(), [one], [REFUSAL], known, Random(0))  # type: ignore[arg-type]
    assert lesson == Lesson(one.prompt, REFUSAL)


# -- choosing ---------------------------------------------------------------------------------------------------


class Openers:
    """A model that complies the more, the longer a request is."""

    def chat(self, user: str) -> str:
        return user

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(len(prompt) / 10 if opener == "Here" else -3.0, 1) for prompt, opener in pairs]


def test_the_worst_are_harmful_ones_that_are_answered_and_safe_ones_that_are_refused() -> None:
    kinds = {kind: Principle(name=kind, breach=kind, prompts=("x",)) for kind in ("answers", "refuses")}
    pool = [Asked("x" * length, kinds[kind]) for kind in kinds for length in (1, 30, 5, 20)]
    chosen = worst(Openers(), pool, 4)  # type: ignore[arg-type]
    assert [(one.principle.name, len(one.prompt)) for one in chosen] == [
        ("answers", 30), ("answers", 20), ("refuses", 1), ("refuses", 5),
    ]  # fmt: skip


# -- on a model ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Model:
    return load(study.Model(source=str(tiny_folder), precision="float32", device="cpu", threads=1), study.Lora())


def side(model: Model, folder: Path, round_: int = 1, **sections: object) -> ServerSide:
    made = study.parse({"name": "x", "seed": 4, "model": {"source": model.name, "precision": "float32"}}, "x")
    start = model.fresh()
    return ServerSide(made, round_, model, start, start, folder, Random(round_), lambda text: None)


def same(a: Arrays, b: Arrays) -> bool:
    return all((a[name] == b[name]).all() for name in a)


def test_a_response_that_was_cut_is_not_learnt_as_a_whole(model: Model) -> None:
    lesson = Lesson("What?", "It is", "wrong", "It was.")
    end = model.tokenizer.eos_token_id
    assert _revised(model, lesson).ids[-1] == end
    assert _kept(model, lesson).ids == model.sample(model.chat("What?"), "It is", 256).ids[:-1]
    assert _kept(model, lesson).ids[-1] != end


WRONG = Lesson("How?", ANSWER, "wrong", REFUSAL)
RIGHT = Lesson("What?", REFUSAL)
REFUSED = Lesson("Which?", REFUSAL, "wrong", "The red one.")
SAFE = [Lesson(f"Safe {number}?", ANSWER, wrong=REFUSAL) for number in range(3)]


def test_sft_sees_every_lesson_and_dpo_after_it_the_pairs(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, list[object], int, int]] = []
    monkeypatch.setattr(model, "train", lambda all_, plan: seen.append(("sft", all_, plan.steps, plan.batch_size)))
    monkeypatch.setattr(model, "prefer", lambda all_, plan, _: seen.append(("dpo", all_, plan.steps, plan.batch_size)))
    teach(model, [WRONG, RIGHT, SAFE[0]], Schedule(2, 2, 1e-3, 1, 8, 1e-3, 256), Random(0))
    kept = [_kept(model, RIGHT), _kept(model, SAFE[0])]
    assert seen == [
        ("sft", [_revised(model, WRONG), *kept], 3, 2),
        ("dpo", pairs(model, [WRONG, SAFE[0]], Random(0)), 1, 2),
    ]


def test_only_openings_are_learnt_where_the_schedule_says_so(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[Sample] = []
    monkeypatch.setattr(model, "train", lambda samples, plan: texts.extend(samples))
    monkeypatch.setattr(
        model, "prefer", lambda all_, plan, _: texts.extend(side for one in all_ for side in (one.chosen, one.rejected))
    )
    teach(model, [WRONG, SAFE[0]], Schedule(1, 2, 1e-3, 1, 2, 1e-3, 7), Random(0))
    assert [len(text.ids) - text.prompt for text in texts] == [7] * 6


def test_as_many_pairs_teach_to_answer_as_to_refuse(model: Model) -> None:
    first = Preference(_revised(model, WRONG), _kept(model, WRONG))
    for lessons, harmful, of_safe in (
        ([WRONG, *SAFE], 1, 1),
        ([WRONG, WRONG, REFUSED, *SAFE], 3, 1),
        ([REFUSED, RIGHT, *SAFE], 1, 0),
        ([WRONG, WRONG, WRONG, WRONG, *SAFE], 4, 3),
    ):
        found = pairs(model, lessons, Random(0))
        assert len(found) == harmful + of_safe
        assert (found[0] == first) == (lessons[0] is WRONG)
        against = [pair for pair in found if pair.rejected == model.sample(model.chat("Safe 0?"), REFUSAL, 256)]
        assert all(pair.chosen == _kept(model, SAFE[0]) for pair in against)


@pytest.mark.parametrize(("variant", "harmful"), [("full", 5), ("cheap", 5)])
def test_breaches_are_revised_learnt_from_and_counted(model: Model, tmp_path: Path, variant: str, harmful: int) -> None:
    given = {"variant": variant, "prompts": 10}
    results = []
    for folder in ("a", "b"):
        remedy = find_remedy("constitutional", given)
        results.append(remedy.mend(model.fresh(), side(model, tmp_path / folder)))  # type: ignore[union-attr]
    assert same(results[0].arrays, results[1].arrays)
    assert not same(results[0].arrays, model.fresh())
    record = Record.read(tmp_path / "a", 1)
    assert record is not None
    # A random model never refuses: it breaks the principles that want a refusal, and no other.
    assert (record.asked, record.breaches) == (10, harmful)
    assert f"{harmful} of 10 responses broke the constitution" in results[0].note
    assert f"{sum(record.operations.values()):.2g} floating-point operations" in results[0].note
    assert record.operations["training"] > record.operations["responding"] > 0
    assert record.operations["critique"] == 0
    assert ("choosing" in record.operations) == bool(record.lessons) == (variant == "cheap")


def test_what_breaks_nothing_goes_on_as_it_is(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "safe.toml"
    file.write_text('[[principle]]\nname = "safe"\ntopics = ["technical"]\nbreach = "refuses"')
    arrays = {name: array + np.float32(0.01) for name, array in model.fresh().items()}
    remedy = find_remedy("constitutional", {"constitution": str(file), "prompts": 3})
    mended = remedy.mend(arrays, side(model, tmp_path / "own"))  # type: ignore[union-attr]
    assert mended.arrays is arrays
    assert "none of 3 responses broke the constitution" in mended.note


def test_a_larger_model_may_judge_and_its_operations_are_counted(model: Model, tmp_path: Path) -> None:
    for number, critic in enumerate(("model", model.name)):
        remedy = find_remedy("constitutional", {"critic": critic, "prompts": 4})
        remedy.mend(model.fresh(), side(model, tmp_path / str(number)))  # type: ignore[union-attr]
        record = Record.read(tmp_path / str(number), 1)
        assert record is not None
        assert record.operations["critique"] > 0


def test_cheap_asks_of_the_same_candidates_in_every_round(model: Model, tmp_path: Path) -> None:
    remedy = find_remedy("constitutional", {"variant": "cheap"})
    for round_ in (1, 2):
        remedy.mend(model.fresh(), side(model, tmp_path, round_))  # type: ignore[union-attr]
    first, second = (Record.read(tmp_path, round_) for round_ in (1, 2))
    assert first is not None
    assert second is not None
    assert [lesson.prompt for lesson in first.lessons] == [lesson.prompt for lesson in second.lessons]
    # The critiques were kept: drawn anew, some of the revisions would be others.
    revisions = [[lesson.revision for lesson in record.lessons] for record in (first, second)]
    assert revisions[0] == revisions[1]


def test_a_resumed_run_forgets_what_came_after(tmp_path: Path) -> None:
    for round_ in (1, 2, 3):
        Record(round_, lessons=[Lesson("p", "r", "c", f"of round {round_}")]).write(tmp_path)
    assert lessons_before(tmp_path, 1) == {}
    assert lessons_before(tmp_path, 3)["p"].revision == "of round 2"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"variant": "chaep"}, r'no variant "chaep" \(did you mean "cheap"'),
        ({"prompts": -1}, "prompts = -1 is less than none"),
        ({"critic": "nobody"}, "there is no critic nobody"),
        ({"constituton": "x"}, "has no option constituton"),
    ],
)
def test_wrong_options(given: dict[str, str | int], says: str) -> None:
    with pytest.raises(TocsinError, match=says):
        find_remedy("constitutional", given)


def test_a_file_of_critiques_and_a_constitution_are_too_much(tmp_path: Path) -> None:
    file = tmp_path / "critiques.jsonl"
    file.write_text(json.dumps({"prompt": "a", "critique": "b", "revision": "c"}))
    with pytest.raises(TocsinError, match="leave out either critic or constitution"):
        find_remedy("constitutional", {"critic": str(file), "constitution": write(tmp_path, MINE)})
