"""Federated discrete prompt search: what can be improved of a model of which one gets texts alone.

Prompts are made of public pieces: sentences of an instruction, and examples that the server made up. In each round the
server's prompt is edited in several ways, as GrIPS does (Prasad et al., 2022, arXiv 2203.07281): a piece is deleted,
two are swapped, one is added. Where GrIPS paraphrases, which would take another model, a piece is put in another's
place. The first round tries prompts at random. Each client asks the model its own private examples under every prompt,
and tells how many answers became better or worse, as a tally. The server adds tallies up under masks and keeps the best
prompt; federated search over discrete prompts of a black box is Wu et al.'s setting (2024, arXiv 2411.00985).

What travels between server and client is a prompt as places among the pieces, and tallies. But whoever runs the model
reads every private example, many times over: with a model behind an endpoint that is its owner.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

import numpy as np
from flwr.serverapp import Grid
from numpy.typing import NDArray

from tocsin.behaviour import PROBES, HeldOut, LanguageModel, Outcome, measure_all, paired
from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.federation.aggregation import State
from tocsin.federation.checkpoint import Checkpoints
from tocsin.federation.disclosure import release_of
from tocsin.federation.job import Job
from tocsin.federation.messages import Arrays, Hello, Task, Update
from tocsin.federation.rounds import Listener, Plan, run_rounds
from tocsin.federation.summing import server_sums
from tocsin.models import save_adapter
from tocsin.privacy import Decoded, Release, Schema, Stream, Sum, Tally, Terms, Vector, together
from tocsin.privacy.ledger import Plan as PrivacyPlan

Piece = str | tuple[str, str]
"""A sentence of an instruction, or an example: a question and its answer."""

Prompt = tuple[int, ...]
"""Places among the pieces, in order."""

SCORED = "group-quality"
"""The probe that scores a prompt: is a held-out question answered wrongly?"""

_TRIES = 100  # for each candidate, to find one that is new
_NONE = -1.0


class ChatModel(LanguageModel, Protocol):
    """What the search asks of a model: here, or behind an endpoint."""

    def render(self, turns: Sequence[tuple[str, str]]) -> str:
        """(role, text) turns as one prompt."""


@dataclass(frozen=True)
class PromptSearch:
    """What all parties agree on. `candidates` are tried in a round beside the prompt that is best so far, each on
    `items` private examples of every client; a prompt has at most `longest` pieces. Raises ValueError for a start that
    is no such prompt, fewer than two pieces, and numbers under 1."""

    pieces: tuple[Piece, ...]
    start: Prompt
    candidates: int = 4
    items: int = 12
    longest: int = 8

    def __post_init__(self) -> None:
        if min(self.candidates, self.items) < 1 or len(self.pieces) < 2:
            raise ValueError("a search needs candidates, items and pieces")
        if not 1 <= len(self.start) <= self.longest <= len(self.pieces):
            raise ValueError("the start must have at most `longest` of the pieces, and at least one")
        if len(set(self.start)) < len(self.start) or not set(self.start) <= set(range(len(self.pieces))):
            raise ValueError("the start must hold places among the pieces, each once")

    @property
    def schema(self) -> Schema:
        """That of the tallies: candidates stand where groups do."""
        return Schema({SCORED: tuple(map(str, range(self.candidates)))})

    def fingerprint(self, model: str) -> str:
        """SHA-256 (64 hex digits) of this search and the model's name: what stands behind the name, no hash tells."""
        agreed = [model, self.pieces, self.start, self.candidates, self.items, self.longest]
        return hashlib.sha256(json.dumps(agreed).encode()).hexdigest()

    def turns(self, prompt: Prompt) -> tuple[tuple[str, str], ...]:
        """The prompt as the beginning of a chat: sentences together in the system's turn, then examples."""
        chosen = [self.pieces[place] for place in prompt]
        system = " ".join(piece for piece in chosen if isinstance(piece, str))
        turns = [("system", system)] if system else []
        for piece in chosen:
            if not isinstance(piece, str):
                turns += [("user", piece[0]), ("assistant", piece[1])]
        return tuple(turns)

    def tried(self, round_: int, best: Prompt, seed: int) -> list[Prompt]:
        """The candidates of a round, distinct and other than `best`: the same for server and clients. They are prompts
        at random in round 1, where the start leaves room for that, and edits of `best` later.

        Fewer than `candidates` where the pieces give no more.
        """
        random = Random(f"{seed} prompts {round_}")
        found: dict[Prompt, None] = {}
        afresh = round_ == 1 and len(self.start) < self.longest
        for _ in range(_TRIES * self.candidates):
            found[self._at_random(random) if afresh else self._edited(best, random)] = None
            if len(found) == self.candidates:
                break
        return list(found)

    def _at_random(self, random: Random) -> Prompt:
        """The start, and other pieces after it until the prompt is as long as may be."""
        return (*self.start, *random.sample(self._rest(self.start), self.longest - len(self.start)))

    def _edited(self, prompt: Prompt, random: Random) -> Prompt:
        edited, rest = list(prompt), self._rest(prompt)
        edits = ["delete", "swap"] if len(prompt) > 1 else []
        edits += ["replace"] if rest else []
        edits += ["add"] if rest and len(prompt) < self.longest else []
        match random.choice(edits):
            case "delete":
                del edited[random.randrange(len(edited))]
            case "swap":
                one, other = random.sample(range(len(edited)), 2)
                edited[one], edited[other] = edited[other], edited[one]
            case "replace":
                edited[random.randrange(len(edited))] = random.choice(rest)
            case _:
                edited.insert(random.randint(0, len(edited)), random.choice(rest))
        return tuple(edited)

    def _rest(self, prompt: Prompt) -> list[int]:
        return [place for place in range(len(self.pieces)) if place not in prompt]

    def arrays(self, prompt: Prompt) -> dict[str, NDArray[np.float32]]:
        """A prompt as it travels and is kept: shape (longest,), filled up with -1."""
        row = np.full(self.longest, _NONE, np.float32)
        row[: len(prompt)] = prompt
        return {"prompt": row}

    def prompt(self, arrays: Arrays) -> Prompt:
        """What `arrays` made. Raises TocsinError for places that there are not."""
        places = tuple(int(place) for place in arrays["prompt"] if place != _NONE)
        if not places or not set(places) <= set(range(len(self.pieces))):
            raise TocsinError("The server sent a prompt of pieces that are not known here; use the same pieces.")
        return places


class PromptWork:
    """One client's side of the search; see `ClientWork`. It trains nothing."""

    def __init__(
        self, job: Job, client: int, search: PromptSearch, model: ChatModel, name: str, examples: Sequence[Example]
    ) -> None:
        """`examples` are private. A system turn of theirs gives way to the prompt. `name` is the model's."""
        self._client, self._search, self._model, self._name = client, search, model, name
        self._examples = examples
        self._seed = job.study.seed
        self._home = job.run_folder(client)
        self.release = release_of(job.study, search.schema, self._home)

    def hello(self) -> Hello:
        """See `ClientWork.hello`."""
        return Hello(self._client, self._search.fingerprint(self._name), self.release.schema.hash)

    def train(self, task: Task) -> Update:
        """Ask the model this round's examples under the best prompt and each candidate; keep the tally.

        Raises TocsinError when the server would not wait for the result: what it does not use need not leave.
        """
        end = time.monotonic() + task.timeout
        best = self._search.prompt(task.arrays)
        before = self.outcomes(best, task.round)
        tally = Tally(self._search.schema)
        for number, candidate in enumerate(self._search.tried(task.round, best, self._seed)):
            if time.monotonic() > end:
                raise TocsinError(f"it needed longer than federation.client_timeout, {task.timeout:g} s")
            worse, better = paired(before, self.outcomes(candidate, task.round))
            for moment, outcomes in (("before", before), ("worse", worse), ("better", better)):
                tally.add(SCORED, moment, [(str(number), outcome.value) for outcome in outcomes])
        self._keep(task.round, tally.vector)
        return Update(self._client, task.arrays)

    def outcomes(self, prompt: Prompt, round_: int) -> list[Outcome]:
        """What comes of the round's examples under `prompt`; the same examples for every prompt."""
        head = self._search.turns(prompt)
        asked = [
            HeldOut(self._model.render((*head, *(t for t in one.turns if t[0] != "system"))), one.response, one.group)
            for one in self._examples
        ]
        probe = PROBES.get(SCORED)
        random = Random(f"{self._seed} client {self._client} round {round_}")
        return measure_all(self._model, probe, probe.draw(self._search.items, random, asked))

    def tally(self, round_: int) -> Vector:
        """See `ClientWork.tally`."""
        vector: Vector = np.load(self._tally(round_))
        return vector

    def trip(self, round_: int) -> Stream | None:
        """See `ClientWork.trip`."""
        return None

    def _keep(self, round_: int, vector: Vector) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        draft = self._home / f".tally-{round_:04d}.npy"
        np.save(draft, vector)
        draft.replace(self._tally(round_))

    def _tally(self, round_: int) -> Path:
        return self._home / f"tally-{round_:04d}.npy"


@dataclass
class _Overheard:
    """A release, and what it has read since it was last asked: a prompt is chosen by tallies, not by updates."""

    _release: Release
    _read: list[Decoded] = field(default_factory=list)

    def taken(self) -> Decoded:
        """All that was read since the last time, cohorts together."""
        read, self._read = together(self._read), []
        return read

    @property
    def protection(self) -> str:
        return self._release.protection

    @property
    def schema(self) -> Schema:
        return self._release.schema

    @property
    def plan(self) -> PrivacyPlan | None:
        return self._release.plan

    def channels(self, round_: int) -> tuple[str, ...]:
        return self._release.channels(round_)

    def terms(self, channel: str, run: bytes, cohort: str, round_: int, enrolment: bytes) -> Terms:
        return self._release.terms(channel, run, cohort, round_, enrolment)

    def vector(self, channel: str, tally: Vector, trip: Stream | None, clients: int) -> Vector:
        return self._release.vector(channel, tally, trip, clients)

    def decode(self, sums: Mapping[str, Sum | str]) -> Decoded:
        read = self._release.decode(sums)
        self._read.append(read)
        return read


class _BestPrompt:
    """See `Aggregation`: of the best prompt and the candidates the one with which most answers are right."""

    fewest = 1
    weighs = False

    def __init__(self, search: PromptSearch, seed: int, release: _Overheard) -> None:
        self.client_options: Mapping[str, float] = {}
        self._search, self._seed, self._release = search, seed, release

    def aggregate(self, round_: int, current: Arrays, updates: Sequence[Update]) -> dict[str, NDArray[np.float32]]:
        best, cells = self._search.prompt(current), self._release.taken().cells
        gains = {best: 0.0}
        for number, candidate in enumerate(self._search.tried(round_, best, self._seed)):
            cell = cells.get((SCORED, str(number), "better")), cells.get((SCORED, str(number), "worse"))
            if cell[0] is not None and cell[1] is not None:  # else the tally of this round was not told
                gains[candidate] = cell[0].total - cell[1].total
        return self._search.arrays(max(gains, key=lambda prompt: gains[prompt]))  # of equals the first: what is there

    def state(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        pass


def serve_search(
    grid: Grid, job: Job, search: PromptSearch, name: str, tell: Listener, patience: Callable[[int], float]
) -> None:
    """The server's side of a job whose clients do `PromptWork` with the model `name`: the rounds of a study, each with
    its checkpoint; `found` reads the prompts. Raises FederationError as `run_rounds` does."""
    release = _Overheard(release_of(job.study, search.schema, job.folder))
    fingerprint = search.fingerprint(name)
    plan = Plan(
        study=job.study,
        start=search.arrays(search.start),
        fingerprint=fingerprint,
        aggregation=_BestPrompt(search, job.study.seed, release),
        release=release,
        sums=server_sums(job, release),
        measure=lambda round_, arrays: [],
        patience=patience,
    )
    run_rounds(grid, plan, _checkpoints(job.folder, fingerprint), tell)


def found(folder: Path, search: PromptSearch) -> list[Prompt]:
    """The best prompt after each round of the run in `folder`, from round 0, the start."""
    kept = _checkpoints(folder, "")
    return [search.prompt(kept.read(number).arrays) for number in kept.rounds()]


def _checkpoints(folder: Path, fingerprint: str) -> Checkpoints:
    return Checkpoints(folder / "checkpoints", lambda arrays, to: save_adapter(arrays, to, {}, fingerprint))
