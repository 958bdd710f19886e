"""A scenario: what goes wrong in a federation, from a known round on; or what only looks wrong."""

from dataclasses import dataclass
from typing import Literal, Protocol

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import Strength
from tocsin.bench.table import Flips, Table
from tocsin.registry import Registry

Kept = Literal["received", "training"]
"""Whether the global model has lost something for good, or a round's training does it anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """New flip rates of one probe from the onset on, reached in equal steps over `rise` rounds.

    `moment`: `received`, what the global model has lost against the start, for good; or `training`, what a client's
    training does anew in every round and aggregation mends. `groups`: none for all. `who`: the clients that are `hit`,
    the `others`, or `all`. `until`: rounds after the onset at which it is over; 0: never.
    """

    probe: str
    moment: Kept
    flips: Flips
    rise: int = 1
    groups: tuple[str, ...] = ()
    who: Literal["hit", "others", "all"] = "hit"
    until: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """All that a scenario does to a healthy federation. The outcome itself is never touched: models change, or data.

    changes  flip rates from the onset on
    hit      the share of clients that are hit, in (0, 1]
    harder   by how much more often all models, the start model too, are wrong on hit clients' own items from the onset
    loss     nats a token by which their training loss is higher from the onset on
    joins    hit clients come only at the onset
    leaves   the share of hit clients that is gone from the onset on
    early    the changes hold before the onset, and end there
    alike    clients and federations do not differ in how much they flip
    """

    changes: tuple[Change, ...] = ()
    hit: float = 1.0
    harder: float = 0.0
    loss: float = 0.0
    joins: bool = False
    leaves: float = 0.0
    early: bool = False
    alike: bool = False


class Scenario(Protocol):
    """One file in `scenarios/`. `mode` is what a detector should say; None: nothing fails, whatever moves.

    A healthy scenario has its mean of paired differences at or under the tolerance in every stream and round, and so
    has every client, but for the spread of flips. `beyond`: of clients this does not hold, so that no test by client
    could keep its level; its alarms are told apart from those of the others.
    """

    @property
    def mode(self) -> Mode | None:
        """What fails."""

    @property
    def beyond(self) -> bool:
        """Whether clients are over the tolerance where the mean over them is not."""

    @property
    def summary(self) -> str:
        """What happens, in a line."""

    def script(self, table: Table, strength: Strength) -> Script:
        """What happens. Healthy ones have one strength and ignore it."""


SCENARIOS: Registry[type[Scenario]] = Registry("scenario", "tocsin.bench.scenarios")
