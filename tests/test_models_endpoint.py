"""A model behind an endpoint: the same answers as with its weights, a record of every prompt, and what is refused."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from string import ascii_letters

import numpy as np
import pytest
from endpoint_server import EndpointServer
from rich.console import Console

from tocsin import models, probing, study
from tocsin.behaviour import PROBES, measure_all
from tocsin.errors import TocsinError
from tocsin.models import Endpoint, Model, NotGiven
from tocsin.privacy import Egress
from tocsin.privacy.egress import read

QUESTIONS = ("What is 7?", "What is seven, and why is it not eight?", "Who?")


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Model:
    settings = study.Model.model_validate(
        {"source": str(tiny_folder), "precision": "float32", "device": "cpu", "threads": 1}
    )
    return models.load(settings, study.Lora())


@pytest.fixture(scope="module")
def black_box(model: Model) -> Iterator[EndpointServer]:
    with EndpointServer(model) as server:
        yield server


@pytest.fixture(scope="module")
def gray_box(model: Model) -> Iterator[EndpointServer]:
    with EndpointServer(model, echo=True) as server:
        yield server


def test_it_answers_as_the_model_does(model: Model, black_box: EndpointServer) -> None:
    endpoint = Endpoint(black_box.address)
    turns = (("system", "Be brief."), ("user", "How?"), ("assistant", "So."), ("user", "And now?"))
    ours = [*map(model.chat, QUESTIONS), model.render(turns), "Once upon"]
    theirs = [*map(endpoint.chat, QUESTIONS), endpoint.render(turns), "Once upon"]
    assert endpoint.generate(theirs, 6) == model.generate(ours, 6)
    # A random model writes the same thing after many prompts: what is sent must be seen to differ.
    assert len(set(black_box.seen[-5:])) == 5


def test_a_probe_that_generates_finds_the_same(model: Model, black_box: EndpointServer) -> None:
    probe = PROBES.get("refusal")
    items = probe.draw(6, Random(0))
    assert measure_all(Endpoint(black_box.address), probe, items) == measure_all(model, probe, items)


def test_tokens_are_counted(model: Model, black_box: EndpointServer) -> None:
    endpoint = Endpoint(black_box.address)
    answers = endpoint.generate(["abc", endpoint.chat("abc")], 5)
    count = [len(model.tokenizer(text)["input_ids"]) for text in ("abc", model.chat("abc"), *answers)]
    assert endpoint.usage == models.Usage(2, sum(count[:2]), sum(count[2:]))


def test_every_prompt_is_in_the_egress_record(tmp_path: Path, black_box: EndpointServer) -> None:
    record = tmp_path / "egress.jsonl"
    endpoint, before = Endpoint(black_box.address, Egress(record)), len(black_box.seen)
    endpoint.generate([*map(endpoint.chat, QUESTIONS)], 2)
    departures, seen = read(record), black_box.seen[before:]
    assert sorted(one.size for one in departures) == sorted(map(len, seen)) and len(seen) == len(QUESTIONS)
    assert {(one.to, one.kind, one.protection) for one in departures} == {(black_box.address, "prompt", "none")}


def test_a_prompt_is_recorded_before_it_leaves(tmp_path: Path) -> None:
    record = tmp_path / "egress.jsonl"
    endpoint = Endpoint("http://127.0.0.1:9/v1#gone", Egress(record))
    with pytest.raises(TocsinError, match="does not answer"):
        endpoint.generate(["lost"], 2)
    assert len(read(record)) == 1


def foreseen(model: Model) -> tuple[str, str]:
    """A text of one letter and the letter that the model finds likeliest after it."""
    answers = zip(ascii_letters, model.generate([*ascii_letters], 1), strict=True)
    return next(pair for pair in answers if pair[1].isascii() and pair[1].isalnum())


def test_log_likelihoods_where_the_endpoint_gives_them(model: Model, gray_box: EndpointServer) -> None:
    endpoint = Endpoint(gray_box.address)
    pairs = [("The cat", " sat down."), ("It is ", "7, or 8."), foreseen(model)]
    assert model.token_scores(pairs)[-1].correct.all()
    for ours, theirs in zip(model.token_scores(pairs), endpoint.token_scores(pairs), strict=True):
        np.testing.assert_allclose(theirs.log_probabilities, ours.log_probabilities, rtol=1e-4)
        np.testing.assert_allclose(theirs.confidences, ours.confidences, rtol=1e-4)
        np.testing.assert_array_equal(theirs.correct, ours.correct)
    ours_summed, theirs_summed = model.log_likelihoods(pairs), endpoint.log_likelihoods(pairs)
    assert [one.tokens for one in theirs_summed] == [one.tokens for one in ours_summed]
    assert [one.total for one in theirs_summed] == pytest.approx([one.total for one in ours_summed], rel=1e-4)


def test_what_an_endpoint_does_not_give(black_box: EndpointServer, gray_box: EndpointServer) -> None:
    black, gray = Endpoint(black_box.address), Endpoint(gray_box.address)
    with pytest.raises(NotGiven, match="no log-likelihoods: its completions do not serve echo"):
        black.log_likelihoods([("The cat", " sat")])
    with pytest.raises(NotGiven, match="an answer in a chat"):
        gray.log_likelihoods([(gray.chat("Who?"), "I.")])
    with pytest.raises(NotGiven, match="first token of a document"):
        gray.log_likelihoods([("", "The cat sat")])
    with pytest.raises(NotGiven, match="does not go on with a plain text"):
        Endpoint(f"{black_box.address}#other").generate(["Once"], 2)
    with pytest.raises(NotGiven, match="an answer that was begun"):
        black.generate([black.chat("Who?") + "I am"], 2)


def test_a_failure_repeats_nothing_of_the_prompt(black_box: EndpointServer) -> None:
    with pytest.raises(TocsinError, match="404 Not Found") as raised:
        Endpoint(f"{black_box.address}#another").generate(["my secret"], 2)
    assert b"my secret" in black_box.seen[-1] and "secret" not in str(raised.value)


def test_the_name_of_the_model_may_stand_in_the_address(black_box: EndpointServer) -> None:
    assert Endpoint(f"{black_box.address}/#tested").name == Endpoint(black_box.address).name == "tested"
    with pytest.raises(TocsinError, match="404"):
        Endpoint(f"{black_box.address}#other").generate(["a"], 1)


@pytest.mark.parametrize("address", ["http://[::1", "http://127.0.0.1:9/v1"])
def test_no_endpoint_there(address: str) -> None:
    with pytest.raises(TocsinError, match=r"no address of an endpoint|does not answer"):
        Endpoint(address)


def test_the_key_goes_to_the_endpoint(monkeypatch: pytest.MonkeyPatch, black_box: EndpointServer) -> None:
    monkeypatch.setenv(models.endpoint.KEY, "k-123")
    Endpoint(black_box.address).generate(["a"], 1)
    assert black_box.keys[-1] == "Bearer k-123"


def probed(server: EndpointServer, **wanted: object) -> probing.Report:
    settings = study.Model(source=server.address, start=str(wanted.pop("start", "base")))
    with probing.ProbeBar(Console(quiet=True)) as bar:
        return probing.probe_model(probing.Wanted(settings, items=2, **wanted), bar)


def test_probing_an_endpoint_runs_what_generates_and_names_the_rest(model: Model, black_box: EndpointServer) -> None:
    report = probed(black_box)
    ran = {one.probe for one in report.probes}
    assert {"refusal", "over-refusal"} <= ran and not ran & {"capability", "stereotype", "calibration-choices"}
    assert any("Cannot run: " in note and "capability" in note for note in report.notes)
    row = report.row("refusal")
    assert row is not None and row.n == 2


def test_a_probe_that_cannot_run_is_refused_in_one_sentence(black_box: EndpointServer) -> None:
    with pytest.raises(TocsinError, match=r'^The probe "capability" cannot run: .* gives no log-likelihoods'):
        probed(black_box, probes=("capability",))


def test_there_is_no_adapter_at_an_endpoint(black_box: EndpointServer) -> None:
    for other in ({"start": "aligned"}, {"against": "aligned"}):
        with pytest.raises(TocsinError, match="no adapter can be put into it"):
            probed(black_box, **other)
