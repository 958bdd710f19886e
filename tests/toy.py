"""A study without a language model: clients add numbers, and fail as `faults.json` in the run's folder says."""

import json
import time
from pathlib import Path

import numpy as np

from tocsin.errors import TocsinError
from tocsin.federation import (
    AGGREGATIONS,
    Checkpoints,
    Hello,
    Job,
    Listener,
    Plan,
    Task,
    Update,
    enrol_all,
    release_of,
    run_key,
    run_rounds,
    server_sums,
)
from tocsin.models import save_adapter
from tocsin.privacy import Schema, Tally
from tocsin.records import RoundRecord
from tocsin.study import Study, parse

SCHEMA = Schema({"toy": ("even", "odd")})
START = {"a": np.zeros((2, 3), np.float32), "b": np.ones(4, np.float32)}
ITEMS = 12
STREAM = ("Alignment Erosion", "toy", "all", "received")
FINGERPRINT = "f" * 64


def study(**sections) -> Study:
    base = {
        "name": "toy",
        "seed": 5,
        "split": {"clients": 4},
        "training": {"rounds": 3},
        "privacy": {"floor": 1},
        "federation": {"min_clients": 2, "join_timeout": 120.0, "client_timeout": 60.0},
    }
    for name, table in sections.items():
        base[name] = {**base.get(name, {}), **table} if isinstance(table, dict) else table
    return parse(base, "toy")


def streams(study: Study) -> tuple[tuple[str, ...], ...]:
    return (STREAM, ("Amplified Bias", "toy", "all", "personalised")) if study.alarm else ()


def job(folder: Path, faults: dict[int, dict] | None = None, **sections) -> Job:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "faults.json").write_text(json.dumps(faults or {}))
    made = Job(study(**sections), folder, folder / "clients", "toy:serve", "toy:work", run_key(folder))
    enrol_all(made)
    return made


class ToyWork:
    def __init__(self, job: Job, client: int) -> None:
        self.job, self.client = job, client
        self.release = release_of(job.study, SCHEMA, job.run_folder(client), streams(job.study))

    def fault(self, round_: int) -> dict:
        """The fault of this client in this round, at most `times` times (counted on disk: processes die)."""
        fault = json.loads((self.job.folder / "faults.json").read_text()).get(str(self.client), {})
        if round_ not in fault.get("rounds", [round_]):
            return {}
        count = self.job.folder / f"count-{self.client}-{round_}"
        done = int(count.read_text()) if count.exists() else 0
        count.write_text(str(done + 1))
        return fault if done < fault.get("times", 10**6) else {}

    def hello(self) -> Hello:
        fault = json.loads((self.job.folder / "faults.json").read_text()).get(str(self.client), {})
        return Hello(self.client, fault.get("fingerprint", FINGERPRINT), fault.get("schema", SCHEMA.hash))

    def train(self, task: Task) -> Update:
        fault = self.fault(task.round)
        if "raise" in fault:
            raise ValueError(fault["raise"])
        if "sentence" in fault:
            raise TocsinError(fault["sentence"])
        time.sleep(fault.get("sleep", 0.0))
        arrays = {name: a + np.float32((self.client + 1) * task.round) / 7 for name, a in task.arrays.items()}
        if "value" in fault:
            arrays["a"][0, 0] = float(fault["value"])
        if "extra" in fault:
            arrays[fault["extra"]] = np.zeros(1, np.float32)
        if "shape" in fault:
            arrays["a"] = arrays["a"][:1]
        return Update(self.client, arrays, fault.get("examples", 10))

    def tally(self, round_: int):
        fault = self.fault(round_)
        if "tally" in fault:
            raise TocsinError(fault["tally"])
        tally = Tally(SCHEMA)
        group = "odd" if self.client % 2 else "even"
        for moment, outcome in {
            "before": 0.25 * self.client,
            "after": 0.25 * self.client,
            "worse": 0,
            "better": 0,
        }.items():
            tally.add("toy", moment, [(group, outcome)] * ITEMS)
        tally.vote("toy", "before", 0.25 * self.client)
        return tally.vector

    def trip(self, round_: int):
        return STREAM if self.client % 2 and round_ == 2 else None


def work(job: Job, client: int) -> ToyWork:
    return ToyWork(job, client)


def checkpoints(folder: Path) -> Checkpoints:
    return Checkpoints(folder / "checkpoints", lambda arrays, to: save_adapter(arrays, to, {}, FINGERPRINT))


def serve(grid, job: Job, tell: Listener, patience) -> None:
    settings = job.study.aggregation
    release = release_of(job.study, SCHEMA, job.folder, streams(job.study))
    plan = Plan(
        study=job.study,
        start=START,
        fingerprint=FINGERPRINT,
        aggregation=AGGREGATIONS.get(settings.name)(settings.options),
        release=release,
        sums=server_sums(job, release),
        measure=lambda round_, arrays: [],
        patience=patience,
    )
    run_rounds(grid, plan, checkpoints(job.folder), tell)


def records(folder: Path) -> list[RoundRecord]:
    kept = checkpoints(folder)
    return [kept.read(n).record for n in kept.rounds()]
