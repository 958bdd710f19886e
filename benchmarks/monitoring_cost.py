"""What the alarm costs: a round's wall time with it and without, and the bytes of a client and round at 1,000 cells.

Time: two federations of two clients each on the embedded model, in one process and in turns (A B A B), one round at a
time: the demo's study with its alarm and the probes that its clients ask, and the same study without both (its
clients still tell their training loss, in a masked sum). Once with the local training of the demo, which is as short
as a demo can be, and once with that of FlowerTune's template (10 steps of 16 examples). The server's own probes are
no part of the alarm and are asked in neither. Bytes: what the masked sums of one round send, as Flower serialises it,
with the model's update left out. The full run writes results/monitoring_cost.md and results/monitoring_cost.json.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from flwr.app import Message
from flwr.common.serde import recorddict_to_proto
from keeping import finish, keep, measure

from tocsin import study
from tocsin.federation import (
    AGGREGATIONS,
    Checkpoints,
    Hello,
    Job,
    Listener,
    Plan,
    Task,
    Update,
    bell_of,
    client_app,
    enrol_all,
    flower,
    release_of,
    run_key,
    run_rounds,
    schema_of,
    server_sums,
    shared_model,
    streams_of,
)
from tocsin.federation.grid import LocalGrid
from tocsin.models import Arrays, save_adapter
from tocsin.privacy import Schema, Stream, Tally, Vector
from tocsin.run import WORK, start_adapter
from tocsin.study import Study

DEMO = Path(__file__).parents[1] / "studies" / "demo.toml"
SHARE, BYTES = 0.2, 64_000
TRAININGS = {"the demo's training": (4, 8), "FlowerTune's training": (10, 16)}  # steps, examples in each
TIMED = 2  # clients
SCHEMA = Schema({"wide": tuple(f"group {i}" for i in range(250))})  # 4 moments each: 1,000 cells
STREAMS = tuple(("a mode", "wide", f"cell {i}", "received") for i in range(1000))
FINGERPRINT = "0" * 64


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    pairs: int
    trainings: tuple[str, ...]
    clients: tuple[int, ...]


FULL = Scale(5, tuple(TRAININGS), (50, 200))
QUICK = Scale(1, ("the demo's training",), (50,))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one pair of the demo's training, fewer clients")
    scale = QUICK if parser.parse_args().quick else FULL
    if scale is QUICK:
        print("--quick: coarse, and the first round is not warm; no results are written.")
    flower.quiet_flower()
    sent = {(clients, noise): traffic(clients, noise) for clients in scale.clients for noise in (False, True)}
    for (clients, noise), size in sent.items():
        print(f"{clients} clients, {'trips with noise' if noise else 'exact sums'}: {size:,.0f} bytes", flush=True)
    pairs = {name: timed(name, scale) for name in scale.trainings}
    result = summary(pairs, sent)
    if scale is FULL:
        write(result, pairs, scale)
    return finish(result)


# ---- wall time ----


class Paused(Exception):
    """A round is over."""


class Rounds:
    """A federation on the embedded model that runs one round at a time."""

    def __init__(self, settings: Study, folder: Path) -> None:
        job = Job(settings, folder, folder / "clients", "", WORK, run_key(folder))
        enrol_all(job)
        model = shared_model(settings.model, settings.lora)
        release = release_of(settings, schema_of(settings), folder, streams_of(settings))
        self._grid = LocalGrid(client_app(job.to_json()), settings.split.clients)
        self._plan = Plan(
            study=settings,
            start=start_adapter(settings, model, lambda kind, detail: None),
            fingerprint=model.fingerprint,
            aggregation=AGGREGATIONS.get("fedavg")({}),
            release=release,
            sums=server_sums(job, release),
            measure=lambda round_, arrays: [],
            patience=lambda clients: float("inf"),
            bell=lambda records: bell_of(settings, release, records),
        )
        self._kept = Checkpoints(folder / "checkpoints", model.save)

    def next(self) -> float:
        """Seconds of the next round, from the first message to the checkpoint."""
        began = ended = 0.0

        def tell(kind: str, detail: dict[str, Any]) -> None:
            nonlocal began, ended
            if kind == "round":
                began = time.perf_counter()
            if kind == "finished" and detail["record"].round:
                ended = time.perf_counter()
                raise Paused

        with suppress(Paused):
            run_rounds(self._grid, self._plan, self._kept, tell)
        return ended - began


def timed(training: str, scale: Scale) -> list[tuple[float, float]]:
    """(seconds with the alarm, seconds without) of each pair of rounds. A full run leaves the first pair out."""
    steps, batch = TRAININGS[training]
    warm = 0 if scale is QUICK else 1
    demo = study.load(
        DEMO,
        [
            f"training.rounds={scale.pairs + warm}",
            f"training.steps={steps}",
            f"training.batch_size={batch}",
            "federation.min_clients=2",
            "split.by='iid'",
            f"split.clients={TIMED}",
        ],
    )
    asked = tuple(use.model_copy(update={"at": "clients"}) for use in demo.probe if use.at != "server")
    watched = demo.model_copy(update={"probe": asked})
    noiseless = demo.privacy.model_copy(update={"epsilon": None})
    silent = demo.model_copy(update={"probe": (), "alarm": None, "privacy": noiseless})
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("with", "without")]
        for home in homes:
            home.mkdir()
        both = [Rounds(settings, home) for settings, home in zip((watched, silent), homes, strict=True)]
        for number in range(scale.pairs + warm):
            loud, quiet = (rounds.next() for rounds in both)
            print(f"{training}, round {number + 1}: {loud:.1f} s with, {quiet:.1f} s without", flush=True)
            if number >= warm:
                pairs.append((loud, quiet))
    return pairs


# ---- bytes ----


class WideWork:
    """See `ClientWork`: nothing is trained, and the tally is empty; its sum is as large as any."""

    def __init__(self, job: Job, client: int) -> None:
        self._client = client
        self.release = release_of(job.study, SCHEMA, job.run_folder(client), STREAMS)

    def hello(self) -> Hello:
        """See `ClientWork.hello`."""
        return Hello(self._client, FINGERPRINT, SCHEMA.hash)

    def train(self, task: Task) -> Update:
        """See `ClientWork.train`."""
        return Update(self._client, task.arrays)

    def tally(self, round_: int) -> Vector:
        """See `ClientWork.tally`."""
        return Tally(SCHEMA).vector

    def trip(self, round_: int) -> Stream | None:
        """See `ClientWork.trip`."""
        return STREAMS[self._client]

    def survey(self) -> dict[Any, int]:
        """See `ClientWork.survey`."""
        return {}


def wide_work(job: Job, client: int) -> WideWork:
    return WideWork(job, client)


class CountingGrid(LocalGrid):
    """Counts the bytes of messages about sums, both ways, as Flower serialises them."""

    counted = 0

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """See `Grid.push_messages`."""
        sent = list(messages)
        self._count(message for message in sent if message.metadata.message_type == "query.sum")
        return super().push_messages(sent)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """See `Grid.pull_messages`."""
        replies = list(super().pull_messages(message_ids))
        self._count(reply for reply in replies if reply.metadata.message_type == "query.sum")
        return replies

    def _count(self, messages: Iterable[Message]) -> None:
        self.counted += sum(recorddict_to_proto(message.content).ByteSize() for message in messages)


def traffic(clients: int, noise: bool) -> float:
    """Bytes of a client in a round in which all is released: the tally (3,040 entries) and the trips (1,000) without
    noise, the trips alone with it."""
    settings = study.parse(
        {
            "name": "wide",
            "split": {"clients": clients},
            "training": {"rounds": 1},
            "federation": {"min_clients": clients},
            "alarm": {},
            "privacy": {"epsilon": 2.0} if noise else {},
        },
        "the benchmark's study",
    )
    start: Arrays = {"nothing": np.zeros(1, np.float32)}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        job = Job(settings, folder, folder / "clients", "", f"{Path(__file__).stem}:wide_work", run_key(folder))
        enrol_all(job)
        release = release_of(settings, SCHEMA, folder, STREAMS)
        grid = CountingGrid(client_app(job.to_json()), clients)
        plan = Plan(
            study=settings,
            start=start,
            fingerprint=FINGERPRINT,
            aggregation=AGGREGATIONS.get("fedavg")({}),
            release=release,
            sums=server_sums(job, release),
            measure=lambda round_, arrays: [],
            patience=lambda clients: float("inf"),
        )
        save: Callable[[Arrays, Path], None] = lambda arrays, to: save_adapter(arrays, to, {}, FINGERPRINT)  # noqa: E731
        heard: list[Any] = []
        tell: Listener = lambda kind, detail: heard.append(detail.get("record"))  # noqa: E731
        run_rounds(grid, plan, Checkpoints(folder / "checkpoints", save), tell)
        (record,) = [one for one in heard if one is not None and one.round == 1]
        if record.refused or record.unknown:
            raise RuntimeError(f"the sum did not come about: {record.refused or record.unknown}")
        return grid.counted / clients


# ---- what is kept ----


def summary(pairs: dict[str, list[tuple[float, float]]], sent: dict[tuple[int, bool], float]) -> dict[str, Any]:
    """The result in the shape of every benchmark. A share is the median over pairs, not one of medians."""
    measures = []
    for name, both in pairs.items():
        share = median((loud - quiet) / loud for loud, quiet in both)
        measures.append(measure(f"share of a round, {name}", share, "of its time", f"<= {SHARE}", share <= SHARE, 3))
        measures.append(measure(f"round with the alarm, {name}", median(loud for loud, _ in both), "s", digits=1))
        measures.append(measure(f"round without, {name}", median(quiet for _, quiet in both), "s", digits=1))
    for (clients, noise), size in sent.items():
        what = "noised trips" if noise else "exact tallies and trips"
        name = f"client and round, 1,000 cells, {clients} clients, {what}"
        measures.append(measure(name, size, "bytes", f"<= {BYTES:,}", size <= BYTES, 0))
    return {"name": "monitoring_cost", "measures": measures}


def write(result: dict[str, Any], pairs: dict[str, list[tuple[float, float]]], scale: Scale) -> None:
    """Keep the full run's figures with what is needed to repeat it."""
    lines = ["| training | pair | with, s | without, s | share |", "|---|---|---|---|---|"]
    for name, both in pairs.items():
        for number, (loud, quiet) in enumerate(both, 1):
            lines.append(f"| {name} | {number} | {loud:.1f} | {quiet:.1f} | {(loud - quiet) / loud:.3f} |")
    lines += [
        "",
        "The cost is per round and hardly depends on how long clients train: the share falls as they train longer. "
        "Clients ask each model (as it arrived, as they trained it, and as it was in round 0) 38 items.",
    ]
    keep(
        result,
        "What the alarm costs",
        "how much of a round's wall time, and how many bytes of a client and round, does the alarm take? Targets: "
        f"{SHARE:.0%} and {BYTES:,} bytes at 1,000 cells.",
        [
            f"Study: studies/demo.toml (its seed) with {TIMED} clients, on the local engine, one after the other; "
            f"median of {scale.pairs} pairs of rounds in turns, after one that is not counted",
            "Trainings: " + ", ".join(f"{name} {steps} steps of {of}" for name, (steps, of) in TRAININGS.items()),
        ],
        ("flwr", "torch", "transformers", "numpy", "tocsin"),
        lines,
    )


if __name__ == "__main__":
    sys.exit(main())
