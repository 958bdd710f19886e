"""An injection: one scenario of SilentBench on a real federation, as data that change in a known round."""

import json
from dataclasses import dataclass
from pathlib import Path

from tocsin.bench.injected.rows import CLIENTS, Maker, calm
from tocsin.bench.scenario import SCENARIOS, Scenario
from tocsin.corpora.source import Row
from tocsin.study import Alarm, Corpus, Federation, Model, Privacy, ProbeUse, Split, Study, Training

ROUNDS, ONSET = 6, 3
"""Two rounds before the change, so that a recording has healthy ones, and four after."""

ROWS = 96
"""Of a client, before the change and again after it."""

BATCH = 4
"""Examples of a step."""

PROBES = {"capability": 16, "utility": 6}
"""What every client is asked, and items of a round: what it can do, and its own data, which mean accuracy is over."""


@dataclass(frozen=True)
class Injection:
    """What clients of one scenario train on.

    scenario  a name of `SCENARIOS`, whose mode is what should be said
    tells     the probe whose outcome is what fails; in healthy ones the probe that looks most as if it did
    after     rows of the clients that change, from the onset on; None: they have none, and are gone
    changed   those clients; the others go on as before
    hit       clients whose model fails, where they are not those
    before    rows of all clients before
    joins     clients that change have no data before the onset
    rate      learning rate of the whole run, healthy rounds too
    steps     of a client's training in a round
    probes    items of a round by probe, by name or file, beside `PROBES` or in their place
    """

    scenario: str
    tells: str
    after: Maker | None
    changed: tuple[int, ...] = tuple(range(CLIENTS))
    hit: tuple[int, ...] = ()
    before: Maker = calm
    joins: bool = False
    rate: float = 5e-4
    steps: int = 4
    probes: tuple[tuple[str, int], ...] = ()

    @property
    def about(self) -> Scenario:
        """The scenario: mode and what happens in words, which are those of the stream tier."""
        return SCENARIOS.get(self.scenario)()

    @property
    def concerned(self) -> tuple[int, ...]:
        """The clients whose model fails."""
        return self.hit or self.changed

    @property
    def onset(self) -> int:
        """The first round of the failure; 0 where nothing fails, whatever changes."""
        return ONSET if self.about.mode else 0

    def rows(self, seed: int) -> list[Row]:
        """The whole corpus: columns prompt, response, client, since and until."""
        rows: list[Row] = []
        for client in range(CLIENTS):
            changes = client in self.changed and self.after is not self.before
            if not (changes and self.joins):
                until = ONSET - 1 if changes else None
                rows += [_dated(row, client, 1, until) for row in self.before(seed, client, ROWS)]
            if changes and self.after is not None:
                rows += [_dated(row, client, ONSET, None) for row in self.after(seed, client, ROWS)]
        return rows

    def study(self, seed: int, corpus: Path, start: Path, rounds: int = ROUNDS) -> Study:
        """The study of it, without noise: six clients and ten nats of evidence are too few for a budget.

        `corpus` is the file that `write_corpus` wrote, `start` the adapter that clients have when it begins.
        """
        asked = PROBES | dict(self.probes)
        return Study(
            name=f"silentbench {self.scenario} {seed}",
            seed=seed,
            model=Model(start=str(start), threads=1),
            corpus=Corpus(source=str(corpus), since="since", until="until", held_out=0.25),
            split=Split(by="column", column="client", clients=CLIENTS),
            training=Training(
                rounds=rounds, steps=self.steps, batch_size=BATCH, learning_rate=self.rate, max_tokens=160
            ),
            federation=Federation(min_clients=2),
            privacy=Privacy(floor=1),
            alarm=Alarm(),
            probe=tuple(ProbeUse(name=name, items=items, at="clients") for name, items in asked.items()),
        )


def write_corpus(rows: list[Row], path: Path) -> None:
    """As JSONL, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    draft.replace(path)


def _dated(row: Row, client: int, since: int, until: int | None) -> Row:
    return {**row, "client": client, "since": since, "until": until}
