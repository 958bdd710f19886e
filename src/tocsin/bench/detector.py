"""What a detector is: told what a run is, shown each round what it may see, and asked what it claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.modes import Mode
from tocsin.bench.bank import Sums
from tocsin.bench.cells import Watch
from tocsin.registry import Registry

Floats = NDArray[np.floating]
Claims = NDArray[np.int8]
"""(runs,) what is claimed of each run: `SILENT`, the number of a mode in `MODES`, or `UNNAMED`."""

MODES: tuple[Mode, ...] = tuple(Mode)
SILENT, UNNAMED = -1, len(MODES)


@dataclass(frozen=True)
class Seen:
    """One round of several runs, side by side: what `Sums` has, without the axis of rounds.

    Nothing of it is private. What a detector uses it says in `sees`, and what it makes private before it looks it draws
    noise for, from `Facts.rng`.
    """

    clients: Floats
    loss: Floats
    bad: Floats
    asked: Floats
    worse: Floats
    better: Floats
    bounded: Floats
    mixed: Floats
    trips: Floats

    @property
    def mean_loss(self) -> Floats:
        """(runs,) nats a token, over clients."""
        got: Floats = self.loss / np.maximum(self.clients, 1.0)
        return got

    @property
    def means(self) -> Floats:
        """(runs, cells) mean outcome of personalised models, 0 where nobody was there."""
        got: Floats = self.bad / np.maximum(self.asked, 1.0)
        return got

    def error(self, watch: Watch) -> Floats:
        """(runs,) mean outcome on clients' own held-out data: one less the accuracy that dashboards show."""
        own = [cell.about == "in-domain" for cell in watch.cells]
        got: Floats = self.bad[:, own].sum(axis=1) / np.maximum(self.asked[:, own].sum(axis=1), 1.0)
        return got


@dataclass(frozen=True)
class Facts:
    """What is fixed before a run, and known to every detector.

    clients     the most distinct clients of a run
    rounds      the horizon
    level       the chance of any false alarm in a run that it may have
    tolerance   change that counts as healthy, in shares
    epsilon     of a client for the whole run; None: nothing is to be protected
    false_trip  c of `TripPlan`: at which sentinels trip
    runs        how many runs are shown side by side
    rehearsals  rounds of healthy runs on which nothing happens, to set thresholds by: others than those it is judged on
    rng         for noise. Seeded: it protects nobody
    """

    watch: Watch
    clients: int
    rounds: int
    level: float
    tolerance: float
    epsilon: float | None
    false_trip: float
    runs: int
    rehearsals: tuple[Seen, ...]
    rng: np.random.Generator


class Detector(Protocol):
    """One file in `detectors/`. An alarm is a decision: what was claimed of a run may get another name, and stays.

    name     as results print it
    sees     what it is shown, in a few words, and by whom that has to be trusted
    private  run at every epsilon; the others see what they see, without noise
    """

    name: str
    sees: str
    private: bool

    def configure(self, facts: Facts) -> None:
        """Before the first round; again for other runs. Raises TocsinError when it cannot work here."""

    def observe(self, round: int, seen: Seen) -> Claims:
        """What it claims of each run after `round`, counted from 1."""


DETECTORS: Registry[type[Detector]] = Registry("detector", "tocsin.bench.detectors")


def rounds_of(sums: Sums) -> tuple[Seen, ...]:
    """The rounds of several runs, one after the other."""
    parts: Mapping[str, Floats] = {name: getattr(sums, name) for name in Sums.__dataclass_fields__}
    return tuple(Seen(**{name: part[:, at] for name, part in parts.items()}) for at in range(sums.clients.shape[1]))


@dataclass
class Standing:
    """The claims so far: a run that was claimed to fail stays claimed."""

    claims: Claims

    @classmethod
    def silent(cls, runs: int) -> "Standing":
        """Nothing is claimed of any run."""
        return cls(np.full(runs, SILENT, dtype=np.int8))

    def ring(self, ringing: NDArray[np.bool_], name: NDArray[np.integer] | int = UNNAMED) -> Claims:
        """Claim `ringing` runs, (runs,), under `name` where nothing was claimed before."""
        new = ringing & (self.claims == SILENT)
        self.claims[new] = np.broadcast_to(name, new.shape)[new]
        return self.claims


def usual_modes(watch: Watch) -> NDArray[np.int64]:
    """(cells,) the mode that a personalised model's worse outcome in a cell speaks of, alone."""
    about = {
        "bias": Mode.AMPLIFIED_BIAS,
        "safety": Mode.ALIGNMENT_EROSION,
        "calibration": Mode.CONFIDENCE_MISCALIBRATION,
        "in-domain": Mode.AMPLIFIED_BIAS,
        "off-domain": Mode.OUT_OF_DOMAIN_DEGRADATION,
    }
    return np.array([MODES.index(about[cell.about]) for cell in watch.cells])
