"""Which of a client's examples its probes see: training examples are for memorisation alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from tocsin import study
from tocsin.behaviour import PROBES, HeldOut, Item
from tocsin.corpora.canaries import canaries
from tocsin.federation.job import Job
from tocsin.federation.language import LanguageWork, client_data, schema_of
from tocsin.federation.messages import Task
from tocsin.privacy import decode

PROBE_NAMES = ("utility", "group-quality", "stereotype", "membership", "canary")


@pytest.fixture
def settings(tiny_folder: Path, tmp_path: Path) -> study.Study:
    records = [
        {"prompt": f"What is {n}?", "response": f"It is {n}.", "group": "odd" if n % 2 else "even"} for n in range(40)
    ]
    records += [{"prompt": e.turns[0][1], "response": e.response, "group": e.group} for e in canaries(8, 0)]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    sections = {
        "name": "examples",
        "model": {"source": str(tiny_folder), "precision": "float32", "device": "cpu", "threads": 1},
        "corpus": {"source": str(data), "held_out": 0.3},
        "split": {"clients": 2},
        "training": {"rounds": 1, "steps": 2, "batch_size": 4, "max_tokens": 128},
        "probe": [
            {"name": name, "items": 6, "at": "clients", "groups": [] if name == "canary" else ["odd", "even", "canary"]}
            for name in PROBE_NAMES
        ],
    }
    return study.parse(sections, "the test's study")


def test_only_probes_of_source_trained_see_training_examples(
    settings: study.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, list[HeldOut]] = {}
    items: dict[str, list[Item]] = {}
    for name in PROBE_NAMES:
        kind = type(PROBES.get(name))

        def spy(self, count: int, random: Random, held_out: Sequence[HeldOut] = (), own=kind.draw) -> list[Item]:
            given[self.name] = list(held_out)
            items[self.name] = own(self, count, random, held_out)
            return items[self.name]

        monkeypatch.setattr(kind, "draw", spy)
    work = LanguageWork(Job(settings, tmp_path, tmp_path, "", "", run="0" * 32), 1)
    update = work.train(Task(1, 1, work._model.fresh(), timeout=60.0))

    data = client_data(settings, 1)
    held_out = [(e.response, e.group, False) for e in data.held_out]
    trained = [(e.response, e.group, True) for e in data.train]
    assert update.examples == len(trained)
    seen = {name: [(e.response, e.group, e.trained) for e in examples] for name, examples in given.items()}
    assert seen == {name: held_out + trained if name in ("membership", "canary") else held_out for name in PROBE_NAMES}
    assert all(
        example.prompt == work._model.chat(f"What is {example.response[6:-1]}?")
        for example in given["membership"]
        if example.group != "canary"
    )

    members = {e.response for e in data.train}
    assert not {text for name in ("utility", "group-quality") for item in items[name] for text in item.texts} & members
    assert all(item.texts[0] in members and item.texts[1] not in members for item in items["membership"])
    assert len(items["canary"]) > 0
    cells = decode(work.tally(1), schema_of(settings)).cells
    for name, drawn in items.items():
        for moment in ("before", "after"):
            assert sum(cell.n for (probe, _, when), cell in cells.items() if (probe, when) == (name, moment)) == len(
                drawn
            )
