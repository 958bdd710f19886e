"""A probe of one Python file."""

from pathlib import Path
from random import Random

import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, find_probe, measure_all
from tocsin.errors import TocsinError

CAPITALS = """
from dataclasses import dataclass

from tocsin.behaviour import Item, Outcome

CITIES = {"europe": {"Portugal": "Lisbon"}, "africa": {"Kenya": "Nairobi"}}


@dataclass
class Capitals:
    name: str = "capitals"
    title: str = "capital not named"
    kind, source, groups = "quality", "generated", ("europe", "africa")

    def draw(self, count, random, held_out=()):
        items = [Item(place, g, f"Capital of {place}?", (city,)) for g in CITIES for place, city in CITIES[g].items()]
        return random.sample(items, min(count, len(items)))

    def measure(self, model, items):
        answers = model.generate([model.chat(item.prompt) for item in items], 16)
        return [Outcome(i.id, i.group, float(i.texts[0] not in answer)) for i, answer in zip(items, answers)]


probe = Capitals()
"""


def write(folder: Path, text: str) -> str:
    path = folder / "my_probe.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_file_is_a_probe(tmp_path: Path) -> None:
    probe = find_probe(write(tmp_path, CAPITALS))
    items = probe.draw(9, Random(0))
    model = StubModel(answer=lambda prompt: "It is Lisbon.")
    assert {o.item: o.value for o in measure_all(model, probe, items)} == {"Portugal": 0.0, "Kenya": 1.0}
    assert probe is find_probe(str(tmp_path / "my_probe.py"))
    assert "capitals" not in PROBES


def test_names_are_still_names() -> None:
    assert find_probe("refusal") is PROBES.get("refusal")
    with pytest.raises(TocsinError, match='There is no probe called "refusals"'):
        find_probe("refusals")


def test_a_relative_path_is_seen_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, CAPITALS)
    monkeypatch.chdir(tmp_path)
    assert find_probe("my_probe.py").name == "capitals"
    with pytest.raises(TocsinError, match=r"There is no probe file at other\.py"):
        find_probe("other.py")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def measure", "def measured", "has no method `measure`"),
        ('"quality", "generated"', '"quantity", "generated"', "has no `kind` that is one of bias, "),
        ('"quality", "generated"', '"quality", "made"', "has no `source` that is one of"),
        ('("europe", "africa")', '"europe"', "has no `groups`, a tuple of texts"),
        ('title: str = "capital not named"', 'title: str = ""', "has no text `title`"),
        ("probe = Capitals()", "probe = Capitals", "is the class Capitals and not an object of it"),
        ("probe = Capitals()", "", "names no probe; end it with `probe = MyProbe()`"),
        ("probe = Capitals()", "probe = Capitols()", r"line 24: NameError: name 'Capitols' is not defined"),
        ("class Capitals:", "class Capitals", "line 10: SyntaxError: expected ':'"),
        (
            "from tocsin.behaviour import Item",
            "from tocsin.behaviours import Item",
            "line 4: ModuleNotFoundError",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CAPITALS
    with pytest.raises(TocsinError, match=r"my_probe\.py.*" + said.replace("(", r"\(").replace(")", r"\)")):
        find_probe(write(tmp_path, CAPITALS.replace(old, new)))
