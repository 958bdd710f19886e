"""Clients describe their training data before round 1: what is counted, what is told, and what is not."""

import json

import pytest
import toy
from studies import write_study
from typer.testing import CliRunner

from tocsin import run as running
from tocsin import study as studies
from tocsin.cli import app
from tocsin.corpora import Example, aspects, described
from tocsin.errors import TocsinError
from tocsin.evidence import missing, report_html
from tocsin.federation import ENGINES
from tocsin.privacy.egress import read
from tocsin.records import Surveyed

SURVEY = studies.Survey(groups=("young",), topics={"bins": ("Bin", "waste")}, languages=("en", "de"), words=(4, 12))


def example(question: str, answer: str, group: str = "young") -> Example:
    return Example((("user", question),), answer, group)


def test_examples_are_counted_by_group_topic_length_language_and_repetition():
    examples = [
        example("When is the bin emptied here?", "It is emptied on Monday morning."),
        example("When is the BIN emptied here", "It is emptied on Monday morning!"),
        example("Wo kann ich meinen neuen Ausweis abholen?", "Im Rathaus.", "old"),
        example("Waste?", "Yes."),
    ]
    counts = described(examples, 3, SURVEY)
    assert {one: counts.get(one, 0) for one in aspects(SURVEY)} == {
        ("all", "examples"): 4,
        ("group", "young"): 3,
        ("group", "other"): 1,
        ("topic", "bins"): 3,
        ("topic", "other"): 1,
        ("words", "up to 4"): 1,
        ("words", "up to 12"): 3,
        ("words", "more"): 0,
        ("language", "en"): counts["language", "en"],
        ("language", "de"): 1,
        ("language", "other"): 3 - counts["language", "en"],
        ("repetition", "again, word for word"): 1,
        ("remedies", "left out, replaced or weighed down"): 1,
    }
    assert counts["language", "en"] >= 2  # of two words a language is a guess


class Describing(toy.ToyWork):
    def survey(self):
        return {("all", "examples"): 10 * (self.client + 1), ("group", "young"): self.client // 3}


def describing(job, client):
    return Describing(job, client)


def surveyed(folder, faults=None, **sections):
    job = toy.job(folder, faults, survey={"groups": ["young", "old"]}, training={"rounds": 2}, **sections)
    job = type(job)(job.study, job.folder, job.home, job.serve, "test_survey:describing", job.run)
    ENGINES.get("local")().run(job, lambda kind, detail: None)
    return job, toy.records(folder)


def test_the_server_reads_sums_once_and_small_numbers_not_at_all(tmp_path):
    job, records = surveyed(tmp_path, privacy={"floor": 2})
    told = {(one.aspect, one.value): one for one in records[1].survey}
    assert told["all", "examples"] == Surveyed(
        aspect="all", value="examples", cohort="all", of=4, examples=100, clients=4
    )
    young = told["group", "young"]
    assert (young.examples, young.clients, young.why) == (None, None, "fewer than 2 examples")
    assert not records[0].survey and not records[2].survey
    left = read(job.client_folder(0) / "egress.jsonl")
    assert any(one.kind == "tally" and one.protection == "masked" for one in left)


def test_cohorts_are_surveyed_apart(tmp_path):
    _, records = surveyed(tmp_path, privacy={"cohorts": {"north": [0, 1], "south": [2, 3]}})
    told = {one.cohort: one.examples for one in records[1].survey if one.aspect == "all"}
    assert told == {"north": 30, "south": 70}


def test_exact_numbers_and_an_epsilon_exclude_each_other(tmp_path, tiny_folder):
    study = studies.load(write_study(tmp_path, tiny_folder), ["survey.languages=['en']", "privacy.epsilon=2.0"])
    with pytest.raises(TocsinError, match=r"\[survey\].*privacy\.epsilon does not cover"):
        running.checked(study)


def test_lengths_must_rise(tmp_path, tiny_folder):
    with pytest.raises(TocsinError, match="must rise"):
        studies.load(write_study(tmp_path, tiny_folder), ["survey.words=[9, 4]"])


def test_the_command_surveys_and_trains_nothing(tmp_path, tiny_folder):
    file = write_study(tmp_path, tiny_folder)
    answer = CliRunner().invoke(app, ["survey", str(file), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    of = {(one["aspect"], one["value"]): one for one in told["survey"]}
    assert of["all", "examples"]["examples"] == 48  # of 60, a fifth is held out
    assert of["group", "odd"]["examples"] + of["group", "even"]["examples"] == 48
    assert of["language", "en"]["of"] == 3
    assert not (tmp_path / "tocsin-runs").exists()


def test_a_survey_in_a_run_is_in_its_first_record(tmp_path, tiny_folder):
    study = studies.load(write_study(tmp_path, tiny_folder, rounds=1), ["survey.topics={sums=['is']}"])
    records = running.start(study, tmp_path / "runs", lambda kind, detail: None).rounds()
    told = {(one.aspect, one.value): one.examples for one in records[1].survey}
    assert told["topic", "sums"] == told["all", "examples"] == 48


def test_the_report_says_who_is_missing(tmp_path, tiny_folder):
    study = studies.load(write_study(tmp_path, tiny_folder, rounds=1), ["survey.groups=['odd', 'none']"])
    page = report_html(running.start(study, tmp_path / "runs", lambda kind, detail: None))
    assert "<li>group none: fewer than 1 examples</li>" in page
    assert "What the training data are made of" in page and "3 of 3" in page


def test_who_is_missing_is_said():
    def one(aspect, value, examples, clients, why=""):
        return Surveyed(aspect=aspect, value=value, cohort="all", of=8, examples=examples, clients=clients, why=why)

    said = missing(
        [
            one("all", "examples", 1000, 8),
            one("group", "young", 500, 8),
            one("group", "old", 60, 8),
            one("group", "new", None, None, "fewer than 5 examples"),
            one("topic", "bins", 400, 3),
            one("words", "more", 1, 1),
        ]
    )
    assert said == (
        "group old: 6.0% of the examples, at 8 of 8 clients",
        "group new: fewer than 5 examples",
        "topic bins: at 3 of 8 clients only",
    )
