"""The same small federated task with an open model and against a black box: what is gained, and what leaves a client.

The open side is a run of Tocsin's own: LoRA, federated averaging, the base model on every client. The other side has
the same weights behind an OpenAI-compatible endpoint on loopback, which gives texts alone: federated discrete prompt
search. Clients, examples and held-out questions are the same. Everything that clients send to the server is listened
to, and the endpoint keeps what it is sent, so that private questions are counted where they arrive. The full run writes
results/openness.md and results/openness.json.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from keeping import finish, keep
from openness_report import Cost, Reach, Side, measures, tables

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the endpoint is the tests' own

import openness_jobs as jobs
from endpoint_server import EndpointServer

from tocsin import corpora, run, study
from tocsin.behaviour import PROBES, HeldOut, LanguageModel, Outcome, Probe, measure_all
from tocsin.corpora.desk import SERVICES
from tocsin.errors import TocsinError
from tocsin.federation import Checkpoints, Job, client_data, enrol_all, run_key, shared_model
from tocsin.federation.prompt_search import SCORED, ChatModel, Prompt, PromptSearch, found
from tocsin.federation.work import EGRESS
from tocsin.models import Endpoint, Model, NotGiven, Usage
from tocsin.privacy.egress import Departure, read

SEED = 7
NAMES = [service.name for service in SERVICES]

PIECES = (
    f"Name the service that the question is about: {', '.join(NAMES)}.",
    "Answer with one word and nothing else.",
    "You sort the questions that people ask a town hall.",
    "Do not answer the question itself.",
    ("When are the bins emptied on our street?", "waste"),
    ("Somebody left an old sofa at the kerb.", "waste"),
    ("I lost my passport on a journey.", "passport"),
    ("My identity card has run out.", "passport"),
    ("I have not understood what I owe for my house.", "tax"),
    ("We got a puppy. Must we tell you?", "tax"),
    ("May I borrow films as well as books?", "library"),
    ("Where can we sit and learn together?", "library"),
    ("Visitors never find a place for their car.", "parking"),
    ("I got a ticket although I live here.", "parking"),
    ("How do I vote while I am abroad?", "elections"),
    ("No letter about the ballot has come.", "elections"),
    ("The meter cannot be right, we use so little.", "water"),
    ("The pipe to our new house is not laid.", "water"),
    ("I can no longer pay my rent.", "housing"),
    ("Who helps with the cost of a flat?", "housing"),
    ("Is there a nursery near us?", "childcare"),
    ("Our son wants to eat at school.", "childcare"),
    ("I moved here last week. Where do I sign up?", "registration"),
    ("I need a stamp on a copy of my diploma.", "registration"),
)
"""Public: made up for this benchmark, and no sentence of the clients' is in them."""

START: Prompt = (0,)


@dataclass(frozen=True)
class Scale:
    """How much is done. Of `records` questions each client holds an equal part, and trains on three fifths of it."""

    clients: int
    records: int
    rounds: int
    steps: int
    batch: int
    search_rounds: int
    candidates: int
    items: int
    probes: tuple[str, ...]  # sources of the probes that are tried

    @property
    def search(self) -> PromptSearch:
        """The search that clients and server agree on."""
        return PromptSearch(PIECES, START, self.candidates, self.items, longest=10)


FULL = Scale(4, 240, 3, 4, 8, 5, 4, 10, ("generated", "held-out", "trained", "benchmark"))
QUICK = Scale(2, 20, 1, 2, 4, 1, 2, 3, ("held-out",))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="at most 50 s, nothing is written")
    parser.add_argument("--model", default="embedded", help="another model's folder (default: the embedded one)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads of the model")
    parser.add_argument("--price-read", type=float, default=0.15, help="price of a million tokens read (default 0.15)")
    parser.add_argument("--price-written", type=float, default=0.60, help="and written (default 0.60)")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = the_study(home, scale, options.model, options.threads)
        model = shared_model(settings.model, settings.lora)
        with EndpointServer(model, "embedded") as black, EndpointServer(model, "embedded", echo=True) as gray:
            say("which probes can run")
            reach = reaches(settings, model, Endpoint(black.address), Endpoint(gray.address), scale)
            say("the black box")
            theirs, training, use, prompts = closed_side(settings, black, home, scale)
        say("the open model")
        ours, mean_tokens = open_side(settings, model, home, scale)
    weights = sum(p.numel() for p in model.network.parameters() if not p.requires_grad)
    tokens = scale.clients * scale.rounds * scale.steps * scale.batch * mean_tokens
    cost = Cost(weights, tokens, training, use, options.price_read, options.price_written)
    count = ours.of_train + ours.of_held_out
    result = {"name": "openness", "measures": measures(ours, theirs, count, cost, not options.quick)}
    rest = tables(ours, theirs, reach, cost, PIECES, prompts)
    if options.quick:
        print("\n".join(rest))
    else:
        write(result, rest, scale, settings)
    return finish(result)


def say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


# -- the task ---------------------------------------------------------------------------------------------------------


def the_study(home: Path, scale: Scale, model: str, threads: int) -> study.Study:
    """Which service a question is about, in one word. Clients differ: each serves its own regions."""
    rows = corpora.read(study.Corpus(source="service-desk", limit=scale.records), SEED)
    data = home / "questions.jsonl"
    with data.open("w", encoding="utf-8") as lines:
        for row in rows:
            turns = [("system", PIECES[0]), *row.example.turns, ("assistant", row.columns["service"])]
            record = {"messages": [{"role": role, "content": text} for role, text in turns], **row.columns}
            lines.write(json.dumps(record) + "\n")
    return study.parse(
        {
            "name": "openness",
            "seed": SEED,
            "model": {"source": model, "threads": threads},
            "corpus": {"source": str(data), "held_out": 0.4},
            "split": {"by": "column", "column": "region", "clients": scale.clients},
            "training": {
                "rounds": scale.rounds,
                "steps": scale.steps,
                "batch_size": scale.batch,
                "learning_rate": 1e-3,
            },
            "personalisation": {"name": "none"},
            "federation": {"engine": "tapped"},
        },
        "the benchmark's study",
    )


def questions(settings: study.Study) -> tuple[set[str], set[str]]:
    """All clients' private questions: to train on, and held out."""
    data = [client_data(settings, client) for client in range(settings.split.clients)]
    return (
        {one.turns[-1][1] for client in data for one in client.train},
        {one.turns[-1][1] for client in data for one in client.held_out},
    )


def answered(settings: study.Study, way: Callable[[int], ChatModel], head: Sequence[tuple[str, str]]) -> list[Outcome]:
    """Outcomes of all clients' held-out questions, each asked by its own client after `head`; 1 is a wrong answer."""
    probe, outcomes = PROBES.get(SCORED), []
    for client in range(settings.split.clients):
        model, examples = way(client), client_data(settings, client).held_out
        asked = [HeldOut(model.render((*head, one.turns[-1])), one.response, one.group) for one in examples]
        outcomes += measure_all(model, probe, probe.draw(len(asked), Random(f"{SEED} {client}"), asked))
    return outcomes


def in_it(asked: set[str], sent: Sequence[bytes]) -> int:
    """How many of the questions stand in what was sent, as they are or as JSON writes them."""
    whole = b"\n".join(sent)
    return sum(one.encode() in whole or json.dumps(one)[1:-1].encode() in whole for one in asked)


# -- the two sides ----------------------------------------------------------------------------------------------------


def open_side(settings: study.Study, model: Model, home: Path, scale: Scale) -> tuple[Side, float]:
    """LoRA by a run of Tocsin, and the mean number of tokens of a training example."""
    head = (("system", str(PIECES[0])),)
    model.use(model.fresh())
    before = answered(settings, lambda client: model, head)
    jobs.HEARD.clear()
    began = time.perf_counter()
    done = run.start(settings, home / "runs", lambda kind, detail: None)
    seconds = time.perf_counter() - began
    last = Checkpoints(done.folder / "checkpoints", model.save).read(scale.rounds)
    model.use(last.arrays)
    after = answered(settings, lambda client: model, head)
    departures = egress(done.folder / "clients", scale.clients)
    train, held_out = questions(settings)
    found_in = [{"server": in_it(part, jobs.HEARD)} for part in (train, held_out)]
    samples = [
        model.sample(model.render(one.turns), one.response, settings.training.max_tokens)
        for client in range(scale.clients)
        for one in client_data(settings, client).train
    ]
    tokens = sum(len(sample.ids) for sample in samples) / len(samples)
    sizes = len(train), len(held_out)
    side = Side("open model, LoRA", before, after, seconds, departures, found_in[0], found_in[1], *sizes)
    return side, tokens


def closed_side(
    settings: study.Study, server: EndpointServer, home: Path, scale: Scale
) -> tuple[Side, Usage, Usage, list[Prompt]]:
    """Prompt search against the endpoint; what the search used, and what asking the held-out questions once used."""
    folder, search = home / "search", scale.search
    folder.mkdir()
    ours = settings.model_copy(
        update={"training": settings.training.model_copy(update={"rounds": scale.search_rounds})}
    )
    job = Job(ours, folder, folder / "clients", "openness_jobs:serve", "openness_jobs:work", run_key(folder))
    enrol_all(job)
    jobs.HERE.address, jobs.HERE.search = server.address, search

    def ask(prompt: Prompt) -> tuple[list[Outcome], Usage, list[bytes]]:
        ways = {client: jobs.endpoint(job, client) for client in range(scale.clients)}
        mark = len(server.seen)
        outcomes = answered(settings, lambda client: ways[client], search.turns(prompt))
        return outcomes, total(list(ways.values())), server.seen[mark:]

    before, _, first = ask(START)
    jobs.HEARD.clear()
    mark, began = len(server.seen), time.perf_counter()
    jobs.TappedEngine().run(job, lambda kind, detail: say(f"  {kind}") if kind == "round" else None)
    seconds, training = time.perf_counter() - began, total(list(jobs.WAYS.values()))
    searching = server.seen[mark:]
    prompts = found(folder, search)
    after, use, last = ask(prompts[-1])
    train, held_out = questions(settings)
    in_search = {"server": in_it(train, jobs.HEARD), "service": in_it(train, searching)}
    in_all = {"server": in_it(held_out, jobs.HEARD), "service": in_it(held_out, [*first, *last])}
    departures = egress(folder / "clients", scale.clients)
    sizes = len(train), len(held_out)
    side = Side("black box, prompt search", before, after, seconds, departures, in_search, in_all, *sizes)
    return side, training, use, prompts


def egress(clients: Path, count: int) -> list[Departure]:
    return [one for client in range(count) for one in read(clients / f"client-{client:04d}" / EGRESS)]


def total(ways: Sequence[Endpoint]) -> Usage:
    used = [way.usage for way in ways]
    return Usage(sum(u.calls for u in used), sum(u.read for u in used), sum(u.written for u in used))


# -- what can be asked ------------------------------------------------------------------------------------------------


def reaches(settings: study.Study, model: Model, black: Endpoint, gray: Endpoint, scale: Scale) -> dict[str, Reach]:
    """What each kind of access lets one ask: tried, not looked up, with probes that run on the open model at all."""
    probes = [PROBES.get(name) for name in PROBES if PROBES.get(name).source in scale.probes]
    here = [probe for probe in probes if runs(settings, model, probe)]
    found = {"open model": Reach(tuple(ways(model)), tuple(probe.name for probe in here), ())}
    for name, endpoint in (("gray box", gray), ("black box", black)):
        ran = {probe.name: asks(settings, endpoint, probe) for probe in here}
        can, cannot = (tuple(name for name, works in ran.items() if works is wanted) for wanted in (True, False))
        found[name] = Reach(tuple(ways(endpoint)), can, cannot)
    return found


def runs(settings: study.Study, model: Model, probe: Probe) -> bool:
    """Whether a probe has its files, its package and examples of its kind here."""
    try:
        return asks(settings, model, probe)
    except TocsinError as reason:
        say(f"left out: {reason}")
        return False


def asks(settings: study.Study, model: Model | Endpoint, probe: Probe) -> bool:
    """Ask two items; False where there are none, or the endpoint does not give what is asked for."""
    data = client_data(settings, 0)
    parts = [(data.held_out, False), *([(data.train, True)] if probe.source == "trained" else [])]
    asked = [
        HeldOut(model.render(one.turns), one.response, one.group, trained) for part, trained in parts for one in part
    ]
    items = probe.draw(2, Random(SEED), asked)
    try:
        measure_all(model, probe, items)
    except NotGiven:
        return False
    return bool(items)


def ways(model: LanguageModel) -> list[str]:
    """Ways to ask that work."""
    tries: dict[str, Callable[[], object]] = {
        "log-likelihoods": lambda: model.log_likelihoods([("Two and two are", " four")]),
        "generation": lambda: model.generate([model.chat("What is two and two?")], 2),
    }
    # The API has no field for hidden states: there is nothing to try.
    works = ["hidden states"] if isinstance(model, Model) else []
    for name, attempt in tries.items():
        try:
            attempt()
            works.append(name)
        except NotGiven:
            continue
    return works


def write(result: dict[str, Any], rest: Sequence[str], scale: Scale, settings: study.Study) -> None:
    search, training = scale.search, settings.training
    facts = (
        f"Task: which of {len(NAMES)} services a question is about, in one word; right is that word and nothing else "
        f"(probe `{SCORED}`). {scale.records} generated questions (service-desk) in {scale.clients} clients by region, "
        f"{' to train on and '.join(str(len(part)) for part in questions(settings))} held out",
        f"Model: {settings.model.source}, the same weights on both sides; the endpoint is the tests' own, on loopback",
        f"LoRA: rank {settings.lora.rank}, fedavg, {training.rounds} rounds of {training.steps} steps of "
        f"{training.batch_size}, learning rate {training.learning_rate:g}; the first public piece is its instruction",
        f"Prompt search: {scale.search_rounds} rounds of {search.candidates} candidates and {search.items} examples of "
        f"each client, at most {search.longest} of {len(PIECES)} public pieces; it starts with the first piece alone",
        f"Seed: {SEED}",
    )
    keep(
        result,
        "What openness is worth in a federation",
        "the same task, the same weights: what is gained, what leaves a client, what can be watched and what it costs "
        "with an open model (LoRA), and with a black box behind an API (federated discrete prompt search)?",
        facts,
        ("torch", "transformers", "flwr", "httpx"),
        rest,
    )


if __name__ == "__main__":
    sys.exit(main())
