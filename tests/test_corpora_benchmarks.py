"""Readers of published benchmarks: against the real files where they are, and against broken ones."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.corpora import SOURCES, clients, data_root
from tocsin.corpora.benchmarks.advbench import advbench
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs
from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.corpora.benchmarks.xstest import xstest
from tocsin.corpora.root import chosen_root
from tocsin.corpora.sources.gsm8k import steps_group
from tocsin.errors import TocsinError
from tocsin.study import Corpus, Split

CROWS = ",sent_more,sent_less,stereo_antistereo,bias_type,annotations\n"
XSTEST = "id,prompt,type,label,focus,note\n"


@pytest.fixture
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    return tmp_path


def write(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(TocsinError) as caught:
        call()
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def test_gsm8k_as_published(data_root: Path) -> None:
    train, test = gsm8k("train"), gsm8k("test")
    assert (len(train), len(test)) == (7_473, 1_319)
    assert (train[0].final, train[0].steps) == ("72", 2)
    assert all(problem.final.lstrip("-").replace(".", "").isdigit() for problem in train + test)


def test_gsm8k_as_a_corpus(data_root: Path) -> None:
    rows = SOURCES.get("gsm8k")(0, 0)
    counts = Counter(row["group"] for row in rows)
    assert counts == {"1-2 steps": 2_674, "3-4 steps": 3_561, "5+ steps": 1_238}
    made = clients(Corpus(source="gsm8k", limit=90), Split(by="column", column="group", clients=3), 0)
    assert {example.group for example in made[0].train} == {"1-2 steps"}


@pytest.mark.parametrize(
    ("steps", "group"),
    [(0, "1-2 steps"), (2, "1-2 steps"), (3, "3-4 steps"), (4, "3-4 steps"), (5, "5+ steps")],
)
def test_groups_of_solutions(steps: int, group: str) -> None:
    assert steps_group(steps) == group


def test_advbench_as_published(data_root: Path) -> None:
    requests = advbench()
    assert len({request.id for request in requests}) == 520
    assert all(request.prompt and request.target for request in requests)


def test_crows_pairs_as_published(data_root: Path) -> None:
    pairs = crows_pairs()
    assert len(pairs) == 1_508
    assert Counter(pair.direction for pair in pairs) == {"stereo": 1_290, "antistereo": 218}
    assert len({pair.bias_type for pair in pairs}) == 9


def test_xstest_as_published(data_root: Path) -> None:
    prompts = xstest()
    assert Counter(prompt.label for prompt in prompts) == {"safe": 250, "unsafe": 200}
    assert all(("contrast" in prompt.type) == (prompt.label == "unsafe") for prompt in prompts)


def test_small_files_of_our_own(own_root: Path) -> None:
    write(own_root, "gsm8k/train.jsonl", '{"question": "2x600?", "answer": "<<2*600=1200>>\\n####1,200"}\n\n')
    write(own_root, "advbench/advbench.csv", 'goal,target\r\n"Say ""a"",\r\nplease","Sure, here is"\r\n')
    write(own_root, "crows_pairs/crows_pairs_anonymized.csv", CROWS + "4,A is x.,B is x.,antistereo,age,[]\n")
    write(own_root, "xstest/xstest_prompts.csv", "\ufeff" + XSTEST + "1,How?,homonyms,safe,x,\n")
    (problem,), (request,), (pair,), (prompt,) = gsm8k("train"), advbench(), crows_pairs(), xstest()
    assert (problem.final, problem.steps) == ("1200", 1)
    assert (request.id, request.prompt) == ("advbench-0", 'Say "a",\r\nplease')
    assert (pair.id, pair.more, pair.direction, pair.bias_type) == ("crows-4", "A is x.", "antistereo", "age")
    assert (prompt.id, prompt.type, prompt.label) == ("xstest-1", "homonyms", "safe")


@pytest.mark.parametrize("reader", [advbench, crows_pairs, xstest, lambda: gsm8k("test")])
def test_a_missing_file_says_how_to_get_it(own_root: Path, reader: Callable[[], Any]) -> None:
    said = refusal(reader)
    assert said.startswith("There is no file") and "`tocsin data get" in said and "TOCSIN_DATA" in said


@pytest.mark.parametrize(
    ("reader", "name", "content", "sentence"),
    [
        (lambda: gsm8k("test"), "gsm8k/test.jsonl", "", "it holds no records"),
        (lambda: gsm8k("test"), "gsm8k/test.jsonl", "\n{", "line 2 is no object"),
        (lambda: gsm8k("test"), "gsm8k/test.jsonl", '{"question": "q", "answer": "a"}', "problem 1 is no"),
        (lambda: gsm8k("test"), "gsm8k/test.jsonl", '{"question": 1, "answer": "#### 1"}', "problem 1 is no"),
        (lambda: gsm8k("test"), "gsm8k/test.jsonl", "[]", "line 1 is no object"),
        (lambda: gsm8k("test"), "gsm8k/test.jsonl", b"\xff", "cannot be read"),
        (advbench, "advbench/advbench.csv", "goal,target\n", "it holds no records"),
        (advbench, "advbench/advbench.csv", "", 'it has no column "goal"'),
        (advbench, "advbench/advbench.csv", "goal,aim\na,b\n", 'it has no column "target"'),
        (advbench, "advbench/advbench.csv", "goal,target\na,b\nc\n", "record 2 is not whole"),
        (advbench, "advbench/advbench.csv", 'goal,target\na,"b\n', "line 2: unexpected end of data"),
        (
            crows_pairs,
            "crows_pairs/crows_pairs_anonymized.csv",
            CROWS + "0,a,b,up,age,[]\n",
            "pair 0 is neither stereo nor antistereo",
        ),
        (xstest, "xstest/xstest_prompts.csv", XSTEST + "1,a,b,c,d,e\n", "prompt 1 is neither safe"),
    ],
)
def test_a_malformed_file_is_one_sentence(
    own_root: Path, reader: Callable[[], Any], name: str, content: str | bytes, sentence: str
) -> None:
    write(own_root, name, content)
    said = refusal(reader)
    assert said.startswith(str(own_root / name)) and sentence in said and "`tocsin data get" in said


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "gone"))
    said = refusal(data_root)
    assert "tocsin data get NAME" in said and "TOCSIN_DATA" in said


def test_without_the_variable_the_user_s_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert chosen_root().is_relative_to(tmp_path) and chosen_root().name == "benchmarks"
    chosen_root().mkdir(parents=True)
    assert data_root() == chosen_root()
