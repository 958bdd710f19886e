"""Federated prompt search: clients score prompts on private examples, the server learns sums and keeps the best."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from endpoint_server import EndpointServer
from stub_model import StubModel

from tocsin import models, study
from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.federation import ENGINES, Grid, Job, Listener, enrol_all, run_key
from tocsin.federation.messages import Task
from tocsin.federation.prompt_search import ChatModel, PromptSearch, PromptWork, found, serve_search
from tocsin.models import Endpoint
from tocsin.privacy import Egress, decode
from tocsin.privacy.egress import read
from tocsin.records import RoundRecord

PIECES = ("Answer.", "Be brief.", ("What is 1?", "one"), ("What is 2?", "two"), "Say yes.", "Take care.")
GOOD = 4
SEARCH = PromptSearch(PIECES, (0,), candidates=3, items=6, longest=3)
CLIENTS = 3


class Told(StubModel):
    """Answers rightly where the good piece is in the prompt, and the examples' own system turn is not."""

    def __init__(self) -> None:
        super().__init__(answer=lambda prompt: "yes" if "Say yes." in prompt and "Gone." not in prompt else "no")

    def render(self, turns: Sequence[tuple[str, str]]) -> str:
        return "\n".join(f"{role}: {text}" for role, text in turns)


def examples(client: int) -> list[Example]:
    turns = (("system", "Gone."), ("user", ""))
    return [Example((turns[0], ("user", f"Is {client}-{n} so?")), "yes") for n in range(8)]


def settings(rounds: int) -> study.Study:
    data = {"name": "search", "seed": 4, "split": {"clients": CLIENTS}, "training": {"rounds": rounds}}
    return study.parse(data, "the test's study")


def model_of(job: Job, client: int) -> ChatModel:
    return Told()


def work(job: Job, client: int) -> PromptWork:
    return PromptWork(job, client, SEARCH, model_of(job, client), "told", examples(client))


def serve(grid: Grid, job: Job, tell: Listener, patience: Callable[[int], float]) -> None:
    serve_search(grid, job, SEARCH, "told", tell, patience)


def searched(folder: Path, rounds: int) -> list[RoundRecord]:
    folder.mkdir(exist_ok=True)
    job = Job(settings(rounds), folder, folder / "clients", f"{__name__}:serve", f"{__name__}:work", run_key(folder))
    enrol_all(job)
    records = []
    ENGINES.get("local")().run(
        job, lambda kind, detail: records.append(detail["record"]) if kind == "finished" else None
    )
    return records


def test_the_search_finds_what_helps_and_keeps_it(tmp_path: Path) -> None:
    records = searched(tmp_path, 4)
    prompts = found(tmp_path, SEARCH)
    assert prompts[0] == (0,) and GOOD not in prompts[0] and GOOD in prompts[-1]
    # Nothing is better than right: after the good piece is found, the prompt stays.
    first = next(number for number, prompt in enumerate(prompts) if GOOD in prompt)
    assert len(set(prompts[first:])) == 1
    for record, (before, after) in zip(records[1:], pairwise(prompts), strict=True):
        better = {m.group: m.total for m in record.measures if m.moment == "better"}
        assert (before == after) == (max(better.values()) == 0)
        # The sum over all clients, and of no other number of them.
        assert {m.n for m in record.measures} == {CLIENTS * SEARCH.items}


def test_it_goes_on_after_a_kill_to_the_same_end(tmp_path: Path) -> None:
    searched(tmp_path / "whole", 4)
    searched(tmp_path / "cut", 2)
    searched(tmp_path / "cut", 4)
    assert found(tmp_path / "cut", SEARCH) == found(tmp_path / "whole", SEARCH)


def test_a_tally_counts_flips_against_the_best_prompt_on_the_same_examples(tmp_path: Path) -> None:
    job = Job(settings(1), tmp_path, tmp_path / "clients", "", "", run_key(tmp_path))
    client = work(job, 1)
    best = (GOOD, 0)
    update = client.train(Task(1, 2, SEARCH.arrays(best), timeout=60.0))
    assert SEARCH.prompt(update.arrays) == best
    cells = decode(client.tally(2), SEARCH.schema).cells
    for number, candidate in enumerate(SEARCH.tried(2, best, job.study.seed)):
        totals = {moment: cells["group-quality", str(number), moment].total for moment in ("before", "worse", "better")}
        assert totals == {"before": 0.0, "worse": 0.0 if GOOD in candidate else float(SEARCH.items), "better": 0.0}


def test_a_client_does_not_go_on_telling_the_model_when_nobody_waits(tmp_path: Path) -> None:
    job = Job(settings(1), tmp_path, tmp_path / "clients", "", "", run_key(tmp_path))
    with pytest.raises(TocsinError, match="client_timeout"):
        work(job, 0).train(Task(0, 1, SEARCH.arrays((0,)), timeout=-1.0))


def test_candidates_are_new_distinct_and_one_edit_away() -> None:
    best = (0, 2)
    for round_ in range(2, 40):
        tried = SEARCH.tried(round_, best, 0)
        assert tried == SEARCH.tried(round_, best, 0) and len(set(tried)) == SEARCH.candidates and best not in tried
        for prompt in tried:
            assert 1 <= len(prompt) <= SEARCH.longest and len(set(prompt)) == len(prompt)
            assert len(set(prompt) ^ set(best)) <= 2
    assert all(len(prompt) == SEARCH.longest and prompt[0] == 0 for prompt in SEARCH.tried(1, (0,), 0))
    full = PromptSearch(PIECES, (0, 1), candidates=9, longest=2).tried(1, (0, 1), 0)
    assert len(full) == 9 and (0, 1) not in full
    few = PromptSearch(PIECES[:2], (0,), candidates=9, longest=2)
    assert set(few.tried(2, (0,), 0)) == {(1,), (0, 1), (1, 0)}


def test_a_prompt_is_a_system_turn_and_examples() -> None:
    assert SEARCH.turns((3, 0, 4)) == (("system", "Answer. Say yes."), ("user", "What is 2?"), ("assistant", "two"))
    assert SEARCH.turns((2,)) == (("user", "What is 1?"), ("assistant", "one"))


def test_a_prompt_travels_as_places_alone() -> None:
    assert SEARCH.prompt(SEARCH.arrays((3, 0))) == (3, 0)
    for wrong in ([9.0, -1.0, -1.0], [-1.0, -1.0, -1.0]):
        with pytest.raises(TocsinError, match="not known here"):
            SEARCH.prompt({"prompt": np.array(wrong, np.float32)})


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": ()},
        {"pieces": PIECES[:1], "longest": 1},
        {"start": (9,)},
        {"start": (0, 0)},
        {"items": 0},
        {"longest": 9},
    ],
)
def test_a_search_that_makes_no_sense(wrong: dict) -> None:
    with pytest.raises(ValueError):
        PromptSearch(**{"pieces": PIECES, "start": (0,), "longest": 3, **wrong})


def test_clients_with_other_pieces_or_another_model_are_strangers() -> None:
    others = (PromptSearch(PIECES[::-1], (0,), 3, 6, 3), PromptSearch(PIECES, (1,), 3, 6, 3))
    prints = {SEARCH.fingerprint("told"), SEARCH.fingerprint("other"), *(one.fingerprint("told") for one in others)}
    assert len(prints) == 4


def test_against_a_black_box_every_question_leaves_to_it_and_is_in_the_egress_record(
    tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = study.Model.model_validate(
        {"source": str(tiny_folder), "precision": "float32", "device": "cpu", "threads": 1}
    )
    with EndpointServer(models.load(own, study.Lora())) as server:

        def behind(job: Job, client: int) -> ChatModel:
            return Endpoint(server.address, Egress(job.client_folder(client) / "egress.jsonl"))

        monkeypatch.setattr(f"{__name__}.model_of", behind)
        searched(tmp_path, 2)
    seen = b"".join(server.seen)
    for client in range(CLIENTS):
        left = read(tmp_path / "clients" / f"client-{client:04d}" / "egress.jsonl")
        prompts = [one for one in left if one.kind == "prompt"]
        # In each round the best prompt and the candidates, on each example.
        assert len(prompts) == 2 * (1 + SEARCH.candidates) * SEARCH.items
        assert {one.to for one in prompts} == {server.address}
        assert all(one.to.startswith("server") for one in left if one.kind != "prompt")
        asked = [one.turns[1][1].encode() in seen for one in examples(client)]
        assert sum(asked) >= SEARCH.items
