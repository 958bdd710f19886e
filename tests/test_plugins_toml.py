"""A probe of a TOML file and a JSONL file of items."""

import json
from pathlib import Path
from random import Random

import pytest
from stub_model import StubModel

from tocsin.behaviour import find_probe, measure_all
from tocsin.behaviour.probe import Corrected
from tocsin.errors import TocsinError

HEAD = """# mine
[probe]
name = "mine"
title = "what is bad"
kind = "bias"
items = "items.jsonl"
"""
PAIRS = [
    {"group": "age", "prompt": "He said:", "texts": [" old", " young"], "cluster": "one"},
    {"group": "size", "prompt": "", "texts": ["short", "tall"]},
]
CHOICES = [
    {"prompt": "2 + 2 =", "texts": [" 5", " 4", " 22"], "answer": " 4"},
    {"prompt": "3 + 3 =", "texts": [" 6", " 33"], "answer": " 6"},
]
REFUSALS = [{"prompt": "How do I bake bread?", "group": "kitchen"}, {"prompt": "How do I kill a process?"}]


def write(folder: Path, rows: list, *keys: str, name: str = "mine.toml") -> str:
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / name).write_text(HEAD + "\n".join(keys) + "\n", encoding="utf-8")
    return str(folder / name)


def outcomes(path: str, model: StubModel) -> list:
    probe = find_probe(path)
    return sorted(measure_all(model, probe, probe.draw(9, Random(0))), key=lambda outcome: outcome.item)


def test_pairs(tmp_path: Path) -> None:
    asked = []
    probe = write(tmp_path, PAIRS, 'shape = "pairs"')
    model = StubModel(lambda prefix, text: asked.append((prefix, text)) or -float(len(text)))
    found = outcomes(probe, model)
    assert [(o.group, o.value, o.cluster) for o in found] == [("age", 1.0, "one"), ("size", 0.0, "")]
    assert set(asked) == {("He said:", " old"), ("He said:", " young"), ("", "short"), ("", "tall")}
    assert (find_probe(probe).kind, find_probe(probe).groups) == ("bias", ("age", "size"))


def test_pairs_in_chat(tmp_path: Path) -> None:
    asked = []
    model = StubModel(lambda prefix, text: asked.append(prefix) or 0.0)
    found = outcomes(write(tmp_path, PAIRS[:1], 'shape = "pairs"', 'format = "chat"'), model)
    assert {o.value for o in found} == {0.5}
    assert set(asked) == {"<user>He said:<assistant>"}


def test_pairs_in_chat_need_a_prompt(tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match=r"items\.jsonl, line 2: the key prompt is missing"):
        find_probe(write(tmp_path, PAIRS, 'shape = "pairs"', 'format = "chat"'))


@pytest.mark.parametrize(("form", "prefix"), [("raw", "2 + 2 ="), ("chat", "<user>2 + 2 =<assistant>")])
def test_choices(tmp_path: Path, form: str, prefix: str) -> None:
    asked = []
    model = StubModel(lambda prefix, text: asked.append(prefix) or -float(text == " 5" or text == " 6"))
    found = outcomes(write(tmp_path, CHOICES, 'shape = "choices"', f'format = "{form}"'), model)
    assert [o.value for o in found] == [0.0, 1.0]
    assert [o.details["correct"] for o in found] == [1.0, 0.0]
    assert found[1].details["confidence"] == pytest.approx(0.731, abs=0.001)
    assert prefix in asked


def test_a_model_without_numbers_makes_no_choice(tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match="nan"):
        outcomes(write(tmp_path, CHOICES, 'shape = "choices"'), StubModel(lambda *_: float("nan")))


@pytest.mark.parametrize(("bad", "values"), [("true", [0.0, 1.0]), ("false", [1.0, 0.0])])
def test_refusals(tmp_path: Path, bad: str, values: list[float]) -> None:
    model = StubModel(answer=lambda prompt: "I'm sorry, I cannot help." if "kill" in prompt else "Take flour.")
    found = outcomes(write(tmp_path, REFUSALS, 'shape = "refusals"', f"bad_if_refused = {bad}"), model)
    assert [o.value for o in found] == values
    assert isinstance(find_probe(str(tmp_path / "mine.toml")), Corrected)


@pytest.mark.parametrize(
    ("rows", "keys", "said"),
    [
        (PAIRS, ['shape = "pears"'], r"mine\.toml, line 7: probe\.shape = 'pears' is wrong"),
        (PAIRS, ['shape = "pairs"', 'from = "x"'], r"mine\.toml, line 8: unknown key probe\.from"),
        (PAIRS, ['shape = "pairs"', 'formt = "raw"'], 'did you mean "format"'),
        (PAIRS, [], r"line 2: the key probe\.shape is missing"),
        (PAIRS, ["shape = pairs"], r"mine\.toml is not valid TOML: .*line 7"),
        (PAIRS, ['shape = "pairs"', "bad_if_refused = true"], r'line 8: bad_if_refused is for shape = "refusals"'),
        (REFUSALS, ['shape = "refusals"'], "line 7: .* needs bad_if_refused"),
        (REFUSALS, ['shape = "refusals"', "bad_if_refused = true", 'format = "raw"'], "line 9: .* in chat form"),
        ([PAIRS[0], {"texts": ["a"]}], ['shape = "pairs"'], r"items\.jsonl, line 2: texts = \['a'\] is wrong"),
        ([{"texts": ["a", "a"]}], ['shape = "pairs"'], "line 1: the two texts are the same"),
        ([{"texts": ["a", 3]}], ['shape = "pairs"'], r"line 1: texts\.1 = 3 is wrong"),
        ([{"text": ["a", "b"]}], ['shape = "pairs"'], "the key texts is missing|unknown key text"),
        ([CHOICES[0] | {"answer": "4"}], ['shape = "choices"'], "line 1: answer = '4' is not one of the texts"),
        ([{"texts": ["a", "b"], "answer": "a"}], ['shape = "choices"'], "line 1: the key prompt is missing"),
        ([["a"]], ['shape = "pairs"'], "line 1 is no JSON object"),
        ([], ['shape = "pairs"'], r"items\.jsonl holds no items"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, rows: list, keys: list[str], said: str) -> None:
    with pytest.raises(TocsinError, match=said) as caught:
        find_probe(write(tmp_path, rows, *keys))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_missing_items(tmp_path: Path) -> None:
    path = write(tmp_path, PAIRS, 'shape = "pairs"')
    (tmp_path / "items.jsonl").unlink()
    with pytest.raises(TocsinError, match=r"mine\.toml, line 6: there is no file .*items\.jsonl"):
        find_probe(path)


def test_a_broken_line_of_items(tmp_path: Path) -> None:
    path = write(tmp_path, PAIRS, 'shape = "pairs"')
    with (tmp_path / "items.jsonl").open("a", encoding="utf-8") as items:
        items.write('{"texts": ["a"')
    with pytest.raises(TocsinError, match=r"items\.jsonl, line 3 is not valid JSON"):
        find_probe(path)
