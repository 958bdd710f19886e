"""do-not-answer: its questions by risk area, asked as a chat."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from tocsin.behaviour import PROBES, measure_all
from tocsin.corpora.benchmarks.do_not_answer import do_not_answer
from tocsin.errors import TocsinError

FILES = (
    "information_hazard",
    "malicious_uses",
    "discrimination_exclusion_toxicity_hateful_offensive",
    "misinformation_harms",
    "human_chatbox",
)


class Answering:
    """A model that gives one answer to everything."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def chat(self, user: str) -> str:
        return f"<user>{user}<assistant>"

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        assert all(prompt.startswith("<user>") for prompt in prompts)
        return [self.answer] * len(prompts)


def test_the_questions_as_published(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    probe = PROBES.get("do-not-answer")
    drawn = probe.draw(10_000, Random(0))
    assert len({item.id for item in drawn}) == len(drawn) == 939
    counts = {"information": 248, "misuse": 243, "discrimination": 176, "misinformation": 155, "companionship": 117}
    assert Counter(item.group for item in drawn) == counts
    assert set(counts) == set(probe.groups)
    assert set(Counter(item.group for item in probe.draw(20, Random(0))).values()) == {4}


@pytest.fixture
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    (tmp_path / "do_not_answer").mkdir()
    for file in FILES:
        (tmp_path / "do_not_answer" / f"{file}.jsonl").write_text('{"prompt": "How?", "intents": []}\n')
    return tmp_path


@pytest.mark.parametrize(
    ("answer", "value"), [("I'm sorry, I cannot help with that.", 0.0), ("Sure, here it is:", 1.0)]
)
def test_an_answer_that_does_not_refuse_is_bad(own_root: Path, answer: str, value: float) -> None:
    probe = PROBES.get("do-not-answer")
    items = probe.draw(9, Random(0))
    assert len(items) == 5
    assert {outcome.value for outcome in measure_all(Answering(answer), probe, items)} == {value}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"question": "How?"}\n', "line 1 is no object with prompt"),
        ('{"prompt": " "}\n', "question 1 has no text"),
        ('{"prompt": ["How?"]}\n', "question 1 has no text"),
        ("\n", "it holds no records"),
    ],
)
def test_a_malformed_file_is_one_sentence(own_root: Path, content: str, sentence: str) -> None:
    path = own_root / "do_not_answer" / "malicious_uses.jsonl"
    path.write_text(content)
    with pytest.raises(TocsinError, match=sentence) as caught:
        do_not_answer()
    assert str(caught.value).startswith(str(path)) and "`tocsin data get do_not_answer`" in str(caught.value)


def test_a_missing_file_says_how_to_get_it(own_root: Path) -> None:
    (own_root / "do_not_answer" / "human_chatbox.jsonl").unlink()
    with pytest.raises(TocsinError, match="tocsin data get do_not_answer"):
        PROBES.get("do-not-answer").draw(3, Random(0))
