"""Reading corpora, and one clear sentence for everything that can be wrong with one."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tocsin.corpora import Example, read
from tocsin.corpora.read import _chat
from tocsin.errors import TocsinError
from tocsin.study import Corpus

GOOD = {"prompt": "When?", "response": "Now."}
COMMIT = "0" * 40


def jsonl(folder: Path, *rows: Any) -> str:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def refusal(corpus: Corpus) -> str:
    with pytest.raises(TocsinError) as caught:
        read(corpus, 0)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def test_prompt_and_response_columns(tmp_path: Path) -> None:
    rows = {"q": "Hé?", "a": "Ho.", "who": "x", "city": 3}, {"q": "And?", "a": "So.", "who": None}
    source = jsonl(tmp_path, *rows)
    records = read(Corpus(source=source, prompt="q", response="a", group="who"), 0)
    assert [record.example for record in records] == [
        Example((("user", "Hé?"),), "Ho.", "x"),
        Example((("user", "And?"),), "So.", "all"),
    ]
    assert records[0].columns["city"] == 3


def test_the_last_assistant_message_is_the_response(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Bye?"},
        {"role": "assistant", "content": "Bye."},
        {"role": "user", "content": "Thanks"},
    ]
    (record,) = read(Corpus(source=jsonl(tmp_path, {"messages": messages, "group": "g"})), 0)
    assert record.example.turns == (
        ("system", "Be kind."),
        ("user", "Hello"),
        ("assistant", "Hi"),
        ("user", "Bye?"),
    )
    assert (record.example.response, record.example.group) == ("Bye.", "g")


def test_jsonl_with_marks_blank_lines_and_odd_separators(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf"
        + json.dumps(GOOD).encode()
        + b"\r\n\n"
        + '{"prompt": "one\u2028line", "response": "yes"}'.encode()
    )
    first, second = read(Corpus(source=str(path)), 0)
    assert first.example.response == "Now."
    assert second.example.turns == (("user", "one\u2028line"),)


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    messages = [[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]] * 2
    parquet.write_table(pa.table({"messages": messages, "group": ["a", "b"]}), path)
    assert [record.example for record in read(Corpus(source=str(path)), 0)] == [
        Example((("user", "Q"),), "A", "a"),
        Example((("user", "Q"),), "A", "b"),
    ]


def test_limit_draws_by_seed_and_keeps_the_order(tmp_path: Path) -> None:
    source = jsonl(tmp_path, *({"prompt": f"{n:03}", "response": "r"} for n in range(100)))

    def prompts(seed: int) -> list[str]:
        return [record.example.turns[0][1] for record in read(Corpus(source=source, limit=10), seed)]

    assert len(prompts(1)) == 10
    assert prompts(1) == sorted(prompts(1)) == prompts(1)
    assert prompts(1) != prompts(2)
    assert len(read(Corpus(source=source, limit=500), 0)) == 100


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"prompt": "a", "response": "b"}\n{"prompt": \n', "line 2 is not valid JSON"),
        (b'{"prompt": "a", "response": "b"}\n\n[1]\n', "line 3 is no JSON object"),
        (b'{"prompt": "a", "response": "\xff"}\n', "line 1 is not UTF-8 text"),
        (b"[" * 100_000, "line 1 holds JSON that cannot be read"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "line 1 holds JSON that cannot be read"),
        (b"", "holds no records"),
        (b"\n \n", "holds no records"),
        (b'{"prompt": "a", "response": " "}\n', 'line 1: the column "response" is empty'),
        (b'{"prompt": null, "response": "b"}\n', 'line 1: the column "prompt" is empty'),
        (b'{"prompt": "a", "response": 4}\n', 'line 1: the column "response" is no text'),
        (b'{"prompt": "a", "response": "\\ud83d"}\n', "holds half a character"),
        (
            b'{"prompt": "a", "responce": "b"}\n',
            'line 1 has no column "response" (did you mean "responce"?); set corpus.response',
        ),
        (b'{"x": "a", "y": "b"}\n', 'line 1 has no column "prompt" (known: x, y); set corpus.prompt'),
    ],
)
def test_a_bad_file_is_one_sentence_with_its_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    said = refusal(Corpus(source=str(path)))
    assert said.startswith(str(path))
    assert sentence in said


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ("hello", "`messages` is no list"),
        ([{"role": "user"}], "message 1 is not {role, content}"),
        (["hello"], "message 1 is not {role, content}"),
        ([{"role": "bot", "content": "x"}], "message 1 has the role 'bot'"),
        ([{"role": ["user"], "content": "x"}], "message 1 has the role ['user']"),
        ([{"role": "user", "content": ""}], "the content of message 1 is empty"),
        ([{"role": "user", "content": [{"type": "text"}]}], "the content of message 1 is no text"),
        ([{"role": "user", "content": "x"}], "has no assistant message"),
        ([], "has no assistant message"),
        ([{"role": "assistant", "content": "x"}], "has no user message before the response"),
    ],
)
def test_a_bad_chat_is_one_sentence(tmp_path: Path, messages: Any, sentence: str) -> None:
    assert sentence in refusal(Corpus(source=jsonl(tmp_path, {"messages": messages})))


def test_a_group_column_that_is_nowhere(tmp_path: Path) -> None:
    source = jsonl(tmp_path, {**GOOD, "region": "n"})
    assert 'has no column "regoin" (did you mean "region"?)' in refusal(Corpus(source=source, group="regoin"))
    assert read(Corpus(source=source), 0)[0].example.group == "all"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nowhere.jsonl", "There is no corpus file at nowhere.jsonl"),
        ("nowhere.parquet", "There is no corpus file at nowhere.parquet"),
        ("table.csv", "name a .jsonl or .parquet file, hub:OWNER/NAME, or a built-in source"),
        ("service-dask", 'There is no corpus source called "service-dask" (did you mean "service-desk"?)'),
        ("hub:owner/name", "hub:owner/name needs corpus.revision, the 40 hex digits"),
    ],
)
def test_a_bad_source_is_one_sentence(source: str, sentence: str) -> None:
    assert sentence in refusal(Corpus(source=source))


def test_a_broken_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1 no PAR1")
    assert f"{path} is not a Parquet file that can be read" in refusal(Corpus(source=str(path)))


def test_a_branch_is_no_revision() -> None:
    assert "names of branches and tags can move" in refusal(Corpus(source="hub:owner/name", revision="main"))


def test_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    asked: dict[str, Any] = {}

    def load_dataset(name: str, **options: Any) -> datasets.Dataset:
        asked.update(options, name=name)
        return datasets.Dataset.from_list([{"prompt": f"{n}", "response": "r", "group": "g"} for n in range(5)])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    records = read(Corpus(source="hub:owner/name", revision=COMMIT, limit=2), 0)
    assert asked == {"name": "owner/name", "revision": COMMIT, "split": "train"}
    assert len(records) == 2
    assert records[0].example.group == "g"


def test_hub_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def load_dataset(name: str, **_: Any) -> None:
        raise ConnectionError("Couldn't reach it.\nAnd much more")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    said = refusal(Corpus(source="hub:owner/name", revision=COMMIT))
    assert "cannot be read (Couldn't reach it); check the name" in said


def test_a_local_folder_does_not_pass_for_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert 'local folder "owner/name"' in refusal(Corpus(source="hub:owner/name", revision=COMMIT))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(anything)
def test_whatever_stands_in_messages_gives_a_chat_or_a_sentence(messages: Any) -> None:
    try:
        turns, response = _chat(messages, "here")
    except TocsinError as error:
        assert str(error).startswith("here") and "\n" not in str(error).replace(repr(messages), "")
    else:
        assert turns and response.strip()
