"""What `tocsin probe` found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from tocsin.behaviour import Interval

Word = Literal["worse", "better", "no difference shown"]


@dataclass(frozen=True)
class Change:
    """This model less the other, on the same items: positive is worse.

    `p` is the paired test's p-value and `holm` the same adjusted for all rows of the report; both are None where the
    number of items depended on what was seen. `says` is None where nothing is decided about this row.
    """

    difference: Interval
    p: float | None
    holm: float | None
    says: Word | None


@dataclass(frozen=True)
class Row:
    """The mean outcome (1 = bad) in one group; group `all` is over all items.

    `n`, `total`, `squares`: how many outcomes, their sum, the sum of their squares. `corrected` is the rate without
    what the probe's detector gets wrong, where the probe knows that. `other` is the other model's rate.
    """

    group: str
    n: int
    total: float
    squares: float
    rate: Interval
    corrected: Interval | None = None
    other: Interval | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Figure:
    """A figure that is no mean of outcomes (`Scored.scores`), and its change from the other model to this one."""

    value: Interval
    change: Interval | None = None


@dataclass(frozen=True)
class Probed:
    """One probe. `stopped` says why no more items were asked, `beside` which probe of quality stands beside a bias."""

    probe: str
    title: str
    kind: str
    source: str
    rows: tuple[Row, ...]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    stopped: str | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Report:
    """All of it. `adapter` and `against` are base, aligned or an adapter's folder."""

    model: str
    adapter: str
    against: str | None
    seed: int
    until: float | None
    probes: tuple[Probed, ...]
    notes: tuple[str, ...] = ()

    def row(self, probe: str) -> Row | None:
        """The row of all items of a probe."""
        return next((one.rows[0] for one in self.probes if one.probe == probe), None)


def as_json(report: Report) -> dict[str, Any]:
    """The same as plain values, rows by group; None stands for what is no number or was not asked for."""
    probes = []
    for one in report.probes:
        plain = _plain(one)
        plain["groups"] = {row.pop("group"): row for row in plain.pop("rows")}
        probes.append(plain)
    return {name: _plain(value) for name, value in vars(report).items() if name != "probes"} | {"probes": probes}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return {key: _plain(part) for key, part in vars(value).items()} if hasattr(value, "__dict__") else value
