"""The ledger: one row for each attempt at a release, on the disk before anything is released."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tocsin.errors import TocsinError
from tocsin.privacy.journal import Entry, Journal
from tocsin.privacy.ledger.plan import MODEL, Plan
from tocsin.privacy.units import UNITS, Unit

WHOLE = "all"
"""The name of the release over the whole roster; any other name is a cohort's."""

State = Literal["reserved", "released", "failed"]


class BudgetSpent(TocsinError):
    """The next release would overspend: it is not made, and what it would have told stays unknown."""

    exit_code = 3


@dataclass(frozen=True)
class Row:
    """One attempt at one release: `epsilon` is what each unit has spent with this row and all before it.

    It counts from the moment it is reserved, whatever became of it: an attempt that failed may have shown its sum to a
    server that received the last vector late. `epsilon` is None for a unit about which the plan claims nothing.
    """

    number: int
    round: int
    attempt: int
    channel: str
    release: str
    clients: int
    roster: str
    unit: Unit
    sensitivity: str
    noise: str
    epsilon: Mapping[Unit, float | None]
    state: State = "reserved"


class Ledger:
    """The rows of one run, in the file at `path`; opening it again goes on where it stopped.

    Reserve, release, then settle. A kill between any two of these leaves a reserved row, which is spent; reserving the
    same attempt again gives the same row and costs nothing, because a client masks once per round and attempt: the same
    bytes tell nothing new. A client may keep a ledger of its own, and so hold the server to the plan.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        """Raises TocsinError when the file was changed, or belongs to another plan."""
        self.plan = plan
        self._journal = Journal(path)
        with self._journal.alone():
            if not self._journal.entries:
                self._journal.append({"kind": "plan", "plan": plan.hash, "budget": asdict(plan.budget)})
        first = self._journal.entries[0]
        if first.get("plan") != plan.hash:
            raise TocsinError(
                f"The ledger {path} was opened for another plan (budget, horizon, channels or training differ); "
                "a changed study is a new run with a ledger of its own."
            )

    @property
    def head(self) -> str:
        """What stands for the ledger as it is now; keep it in each checkpoint."""
        return self._journal.head

    def check(self, head: str) -> None:
        """Raises TocsinError unless the ledger holds all that it held when `head` was kept."""
        if not self._journal.knows(head):
            raise TocsinError(
                f"The ledger {self._journal.path} lost rows since the last checkpoint; restore the file from a copy. "
                "The run cannot go on without it, because it would spend again what is spent."
            )

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in order, each in its last state."""
        rows: list[Row] = []
        for entry in self._journal.entries[1:]:
            if entry["kind"] == "reserve":
                rows.append(Row(**_without_kind(entry)))
            else:
                old = rows[entry["row"]]
                rows[entry["row"]] = Row(**{**_fields(old), "state": entry["state"]})
        return tuple(rows)

    def next_attempt(self, round_: int) -> int | None:
        """The number of the round's next attempt; None when it has no more."""
        used = max((row.attempt for row in self.rows if row.round == round_), default=0)
        return used + 1 if used < self.plan.horizon.attempts else None

    def reserve(self, round_: int, attempt: int, channel: str, clients: int, roster: str, release: str = WHOLE) -> Row:
        """Put one attempt on the disk as spent; only after that may anyone be asked for a vector.

        `channel` is one of the plan's, or "model" where training is private; `clients` and `roster` are the roster's
        size and hash; `release` is "all", or a cohort's name. Raises BudgetSpent when the row would overspend, and
        TocsinError when the plan does not have it or the same attempt was reserved for another roster.
        """
        with self._journal.alone():
            rows = self.rows
            for row in rows:
                if (row.round, row.attempt, row.channel, row.release) == (round_, attempt, channel, release):
                    if row.roster != roster:
                        raise TocsinError(
                            f"Round {round_}, attempt {attempt}: {channel} was reserved for another roster; "
                            "a changed roster is the next attempt."
                        )
                    return row
            self._refuse(round_, attempt, channel, clients)
            uses = self._uses([*((r.round, r.channel, r.release) for r in rows), (round_, channel, release)])
            for unit, over in self.plan.over(uses).items():
                raise BudgetSpent(
                    f"Round {round_}, attempt {attempt}: releasing {channel} would bring a {unit} to epsilon "
                    f"{over:.3g}, over the study's {self.plan.budget.epsilon:g}; it is not released."
                )
            epsilon = {unit: self.plan.epsilon(unit, uses) for unit in UNITS}
            row = self._row(len(rows), round_, attempt, channel, release, clients, roster, epsilon)
            self._journal.append({"kind": "reserve", **_fields(row)})
            return row

    def settle(self, row: Row, state: Literal["released", "failed"]) -> None:
        """Write down what became of a reserved row; it costs the same either way. Once is enough."""
        with self._journal.alone():
            if self.rows[row.number].state == "reserved":
                self._journal.append({"kind": "settle", "row": row.number, "state": state})

    def spent(self) -> Mapping[Unit, float | None]:
        """What each unit has spent so far; None: no claim is made for it."""
        rows = self.rows
        return rows[-1].epsilon if rows else {unit: self.plan.epsilon(unit, {}) for unit in UNITS}

    def _refuse(self, round_: int, attempt: int, channel: str, clients: int) -> None:
        horizon = self.plan.horizon
        private_model = channel == MODEL and self.plan.model.noise is not None
        if channel not in self.plan.releases and not private_model:
            raise TocsinError(f'The plan releases nothing through "{channel}"; it has {sorted(self.plan.releases)}.')
        if not 1 <= round_ <= horizon.rounds or not 1 <= attempt <= horizon.attempts:
            raise TocsinError(
                f"Round {round_}, attempt {attempt} is beyond the plan's {horizon.rounds} rounds of "
                f"{horizon.attempts} attempts; it is not released."
            )
        self.plan.check_roster(clients)

    def _uses(self, keys: list[tuple[int, str, str]]) -> Mapping[str, int]:
        """How often each channel held the client that it held most, from (round, channel, release) of all rows.

        A client is in the whole and in its own cohort; cohorts are disjoint, so they do not add up. Of the attempts at
        one release no more count than can expose a client. A channel that holds a client in one round only counts the
        round that cost most.
        """
        counts: dict[str, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for round_, channel, release in keys:
            counts[channel][round_][release] += 1
        uses = {}
        for channel, rounds in counts.items():
            most = 1 if channel == MODEL else self.plan.horizon.exposures
            per_round = [
                min(most, r.get(WHOLE, 0)) + min(most, max((n for to, n in r.items() if to != WHOLE), default=0))
                for r in rounds.values()
            ]
            once = channel != MODEL and self.plan.releases[channel].channel.once
            uses[channel] = max(per_round) if once else sum(per_round)
        return uses

    def _row(
        self,
        number: int,
        round_: int,
        attempt: int,
        channel: str,
        release: str,
        clients: int,
        roster: str,
        epsilon: Mapping[Unit, float | None],
    ) -> Row:
        adjacency = self.plan.budget.adjacency
        if channel == MODEL:
            unit = self.plan.model.unit or "client"
            times = self.plan.model.moved(unit, adjacency)
            sensitivity = f"{times} x clipping norm"
            noise = str(self.plan.model.noise)
        else:
            planned = self.plan.releases[channel]
            unit = planned.channel.unit
            moved = planned.channel.moved(unit, adjacency)
            sensitivity = f"{moved} {'entry' if moved == 1 else 'entries'} x {planned.channel.step}"
            noise = str(planned.noise)
        return Row(number, round_, attempt, channel, release, clients, roster, unit, sensitivity, noise, dict(epsilon))


def _fields(row: Row) -> dict[str, Any]:
    return asdict(row)


def _without_kind(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "kind"}
