"""One run of SilentBench's model tier: the federation, what its alarm said, and the recording. Kept; gone on with."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tocsin import models
from tocsin import run as running
from tocsin.alarm import Mode, subject
from tocsin.aligning import aligned_adapter
from tocsin.behaviour import ALL, RECORD, find_probe
from tocsin.bench import Cell, Header, asked, gather, write_recording
from tocsin.bench.injected import CLIENTS, ROUNDS, ROWS, Finished, Injection, finished, write_corpus
from tocsin.corpora import Row
from tocsin.evidence import Run, Store, provenance
from tocsin.federation import Job, diagnosis, run_key, shared_model
from tocsin.federation.watching import trip_plan, watched
from tocsin.models import TrainingPlan
from tocsin.models.find import fingerprint
from tocsin.study import Lora, Model, Study

SETTLING = TrainingPlan(steps=30, batch_size=8, learning_rate=1e-3, seed=0)
"""What the aligned start is trained on top, on all clients' healthy data of another seed: a federation that has been
running for a while, so that loss does not fall, and nobody's quality rises, for the mere reason that it began."""

_MODEL = Model(threads=1)
_MOST_TOKENS = 160


def folder() -> Path:
    """Where runs are kept."""
    return models.cache_folder() / "silentbench"


def start_of(injection: Injection) -> Path:
    """The folder of the adapter that an injection starts from, by what it is made of; `settle` makes it."""
    return folder() / "starts" / _key([fingerprint(models.locate(_MODEL.source)), _settled(injection), str(SETTLING)])


def settle(injection: Injection) -> None:
    """Make that adapter where it is not there."""
    to = start_of(injection)
    if to.exists():
        return
    model = shared_model(_MODEL, Lora())
    model.use(aligned_adapter(model, lambda step, of: None))
    rows = _settled(injection)
    samples = [model.sample(model.chat(str(row["prompt"])), str(row["response"]), _MOST_TOKENS) for row in rows]
    model.train(samples, SETTLING)
    model.save(model.adapter(), to)


def _settled(injection: Injection) -> list[Row]:
    return [row for client in range(CLIENTS) for row in injection.before(0, client, ROWS)]


@dataclass(frozen=True)
class Play:
    """One injection with one seed; `rounds` are fewer in a quick run."""

    injection: Injection
    seed: int
    rounds: int = ROUNDS

    def __str__(self) -> str:
        return f"{self.injection.scenario}, seed {self.seed}"

    @cached_property
    def home(self) -> Path:
        """Its folder, by what it is made of: other data, another study or another model are another run."""
        start = Path(start_of(self.injection).name)
        unplaced = self.injection.study(self.seed, Path("corpus.jsonl"), start, self.rounds)
        key = _key([unplaced.model_dump(mode="json"), self.injection.rows(self.seed)])
        return folder() / f"{self.injection.scenario}-{self.seed}-{key}"

    @property
    def recording(self) -> Path:
        """The file of its recording."""
        return self.home / "recording.npz"

    @property
    def kept(self) -> Finished | None:
        """What was found when it was run before."""
        file = self.home / "finished.json"
        return Finished.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None

    def run(self, say: Callable[[str], None]) -> Finished:
        """Run it, or go on with it, or read what it gave. `say` is told of each round.

        Clients of this process record their outcomes (`TOCSIN_RECORD`). The run itself is removed once it is recorded:
        it is some forty megabytes of adapters.
        """
        if (kept := self.kept) is not None:
            return kept
        os.environ[RECORD] = "1"
        settle(self.injection)
        corpus = self.home / "corpus.jsonl"
        write_corpus(self.injection.rows(self.seed), corpus)
        study = self.injection.study(self.seed, corpus, start_of(self.injection), self.rounds)
        clock = _Clock(self.home / "seconds")

        def tell(kind: str, detail: dict[str, Any]) -> None:
            if kind == "finished":
                clock.keep()
                say(f"{self}: round {detail['record'].round} of {self.rounds}, {clock.seconds:.0f} s")

        root = self.home / "runs"
        begun = root.is_dir() and bool(Store.open(root).runs())
        run = running.resume("latest", None, root, tell) if begun else running.start(study, root, tell)
        found = self._found(run, study, clock.seconds)
        draft = self.home / ".finished.json"
        draft.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        draft.replace(self.home / "finished.json")
        shutil.rmtree(root, ignore_errors=True)
        return found

    def _found(self, run: Run, study: Study, seconds: float) -> Finished:
        made = provenance()
        cells = cells_of(study)
        header = Header(
            scenario=self.injection.scenario,
            strength="plain",
            onset=self.injection.onset,
            cells=asked(cells),
            hit=self.injection.concerned if len(self.injection.concerned) < CLIENTS else (),
            made={"tocsin": made.tocsin, "commit": made.commit or "unknown", "seed": str(self.seed)}
            | dict(made.packages),
        )
        job = Job(run.study, run.folder, run.folder.resolve() / "clients", "", "", run_key(run.folder))
        recording = gather([job.run_folder(client) for client in range(CLIENTS)], header)
        write_recording(recording, self.recording)
        plan = trip_plan(study, len(watched(study)), None)
        assert plan is not None and study.alarm is not None
        said = _said(run, study)
        return finished(self.injection, self.seed, recording, plan.false_trip, study.alarm.tolerance, said, seconds)


def cells_of(study: Study) -> tuple[Cell, ...]:
    """What a study's sentinels watch, over all groups of a probe as they do."""
    found = []
    for use in study.probe:
        probe = find_probe(use.name)
        if use.at != "server" and (about := subject(probe.kind, probe.source)) is not None:
            found.append(Cell(probe.name, ALL, about, own=probe.source == "held-out"))
    return tuple(found)


def _said(run: Run, study: Study) -> tuple[int | None, Mode | None, Mode | None]:
    """The round of the alarm, the mode that it named then, and the one after the last round."""
    rounds = run.rounds()
    first: tuple[int | None, Mode | None] = (None, None)
    named: Mode | None = None
    for end in range(1, len(rounds) + 1):
        found = diagnosis(study, rounds[:end])
        named = found.failing[0].mode if found is not None and found.failing else None
        if named is not None and first[0] is None:
            first = (rounds[end - 1].round, named)
    return (*first, named)


class _Clock:
    """Processor seconds of a run, those before it was stopped too: they are kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        before = float(file.read_text(encoding="ascii")) if file.is_file() else 0.0
        self._began = time.process_time() - before

    @property
    def seconds(self) -> float:
        """So far."""
        return time.process_time() - self._began

    def keep(self) -> None:
        """Write them down."""
        self._file.write_text(f"{self.seconds:.1f}", encoding="ascii")


def _key(what: object) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]
