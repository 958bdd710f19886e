"""A job whose clients do nothing: they send back the 4 MB adapter that they got, and an empty tally."""

from collections.abc import Callable

import numpy as np

from tocsin.federation import (
    AGGREGATIONS,
    Checkpoints,
    Grid,
    Hello,
    Job,
    Listener,
    Plan,
    Task,
    Update,
    release_of,
    run_rounds,
    server_sums,
)
from tocsin.models import save_adapter
from tocsin.privacy import Schema, Stream, Tally, Vector

MEGABYTES = 4
ARRAYS = 60  # as LoRA on two projections of 30 layers has them

SCHEMA = Schema({"nothing": ("all",)})
FINGERPRINT = "0" * 64


class NoWork:
    """See `ClientWork`."""

    def __init__(self, job: Job, client: int) -> None:
        self._client = client
        self.release = release_of(job.study, SCHEMA, job.run_folder(client))

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
        return None


def work(job: Job, client: int) -> NoWork:
    return NoWork(job, client)


def serve(grid: Grid, job: Job, tell: Listener, patience: Callable[[int], float]) -> None:
    random = np.random.default_rng(job.study.seed)
    release = release_of(job.study, SCHEMA, job.folder)
    size = MEGABYTES * 10**6 // 4 // ARRAYS
    plan = Plan(
        study=job.study,
        start={f"array-{i:02d}": random.standard_normal(size, dtype=np.float32) for i in range(ARRAYS)},
        fingerprint=FINGERPRINT,
        aggregation=AGGREGATIONS.get("fedavg")({}),
        release=release,
        sums=server_sums(job, release),
        measure=lambda round_, arrays: [],
        patience=patience,
    )
    kept = Checkpoints(job.folder / "checkpoints", lambda arrays, to: save_adapter(arrays, to, {}, FINGERPRINT))
    run_rounds(grid, plan, kept, tell)
