"""Data that come and go: in which rounds a client has an example, and what a run makes of it."""

import json
from pathlib import Path

import pytest
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.corpora import Example, read
from tocsin.errors import TocsinError
from tocsin.federation.job import Job
from tocsin.federation.language import LanguageWork
from tocsin.federation.messages import Task
from tocsin.study import Corpus


def _file(folder: Path, *rounds: tuple[object, object]) -> Path:
    path = folder / "dated.jsonl"
    rows = [
        {"prompt": f"{since}-{until}, what is {n}?", "response": str(n), "from": since, "to": until, "client": n % 2}
        for since, until in rounds
        for n in range(12)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_an_example_is_there_in_its_rounds() -> None:
    turns = (("user", "?"),)
    assert [Example(turns, "!").there(n) for n in (1, 9)] == [True, True]
    assert [Example(turns, "!", since=2, until=3).there(n) for n in (1, 2, 3, 4)] == [False, True, True, False]


def test_rounds_are_read_from_the_columns_that_are_named(tmp_path: Path) -> None:
    path = _file(tmp_path, (None, 2), (3, None))
    told = read(Corpus(source=str(path), since="from", until="to"), 0)
    assert {(one.example.since, one.example.until) for one in told} == {(1, 2), (3, None)}
    assert {one.example.since for one in read(Corpus(source=str(path)), 0)} == {1}


@pytest.mark.parametrize(
    ("rounds", "says"), [((0, None), "number of a round"), ((True, 2), "number"), ((3, 2), "since")]
)
def test_rounds_that_cannot_be_are_refused(tmp_path: Path, rounds: tuple[object, object], says: str) -> None:
    with pytest.raises(TocsinError, match=says):
        read(Corpus(source=str(_file(tmp_path, rounds)), since="from", until="to"), 0)
    with pytest.raises(TocsinError, match=r'"frm".*corpus.since'):
        read(Corpus(source=str(_file(tmp_path, (1, 2))), since="frm"), 0)


def _study(folder: Path, model: Path, *rounds: tuple[object, object], of: int) -> study.Study:
    path = write_study(folder, model, rounds=of, data=_file(folder, *rounds))
    sets = ['corpus.since="from"', 'corpus.until="to"', "split.clients=2", 'split.by="column"', 'split.column="client"']
    return study.load(path, sets)


def test_a_client_trains_on_and_is_asked_about_what_it_has_in_the_round(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = running.checked(_study(tmp_path, tiny_folder, (1, 2), (3, None), of=3))
    work = LanguageWork(Job(settings, tmp_path, tmp_path, "", "", run="0" * 32), 1)
    model = work._model
    seen: list[set[str]] = []

    def spy(samples, plan, tick, own=model.train):
        seen.append({model.tokenizer.decode(sample.ids)[:40] for sample in samples})
        return own(samples, plan, tick)

    monkeypatch.setattr(model, "train", spy)
    for round_, dated in ((1, "1-2,"), (2, "1-2,"), (3, "3-None,")):
        work.train(Task(1, round_, model.fresh(), timeout=60.0))
        assert all(dated in text for text in seen[-1]), (round_, seen[-1])
        asked = [held for probe in work._draw(round_) for held in work._examples(probe[0], round_)]
        assert asked and all(dated in held.prompt for held in asked)


def test_a_client_without_data_is_missed_and_the_others_go_on(tiny_folder: Path, tmp_path: Path) -> None:
    settings = _study(tmp_path, tiny_folder, (1, None), of=2)
    path = tmp_path / "dated.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows += [{**row, "prompt": f"late {row['prompt']}", "client": 2, "from": 2} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = settings.model_copy(update={"split": settings.split.model_copy(update={"clients": 3})})
    done = running.start(settings, tmp_path / "runs", lambda kind, detail: None)
    first, second = done.rounds()[1:]
    assert first.answered == (0, 1)
    assert [(one.client, one.reason) for one in first.refused] == [(2, "it has nothing to train on in round 1")]
    assert second.answered == (0, 1, 2)
