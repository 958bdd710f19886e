"""What all channels have in common."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from tocsin.privacy.units import Adjacency, Unit

Noise = Literal["discrete Laplace", "discrete Gaussian"]

STEP = 16
"""Counts and histograms travel as integers of 1/16: discrete Gaussian shares are then so wide in steps that their sum
is as good as a discrete Gaussian. Privacy does not depend on it; the modulus needs four bits more."""


@dataclass(frozen=True)
class Known:
    """A released cell: the numbers, with noise in them, and that noise's standard deviation in each."""

    values: tuple[float, ...]
    sd: float


@dataclass(frozen=True)
class Unknown:
    """A cell of which nothing is told, and why. It is neither zero nor healthy."""

    why: str


Reading = Known | Unknown


class Channel(Protocol):
    """A layout of integer entries that are summed over a roster, masked and noised."""

    name: ClassVar[str]
    noise: ClassVar[Noise]
    unit: ClassVar[Unit]  # whom it is meant to protect
    once: ClassVar[bool]  # a unit is in the releases of one round of the run at most
    step: ClassVar[int]  # an entry moves by at most so much when one unit comes or goes

    @property
    def size(self) -> int:
        """Entries of a vector."""
        ...

    @property
    def bound(self) -> int:
        """No entry of one client's vector is larger than this, noise apart."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256 (64 hex digits) over everything that a reader of the vector has to know."""
        ...

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """How many entries of a release one unit can move, given the models; None: any number, no claim."""
        ...


def digest(*parts: object) -> str:
    """SHA-256 (64 hex digits) over the parts' representations."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def too_few(clients: int, floor: int) -> Unknown | None:
    """What every cell of a release is when its roster has fewer than `floor` clients."""
    return Unknown(f"{clients} clients, and nothing is shown of fewer than {floor}") if clients < floor else None
