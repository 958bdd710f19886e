"""The model channel: what the updates of training tell of clients, and of the records that they train on."""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tocsin.errors import TocsinError
from tocsin.privacy.units import Adjacency, Unit


@dataclass(frozen=True)
class SampledGaussian:
    """Gaussian noise of `multiplier` times the clipping norm, on a Poisson sample at `rate` in (0, 1]."""

    multiplier: float
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.multiplier < math.inf or not 0 < self.rate <= 1:
            raise ValueError(f"noise multiplier {self.multiplier} at rate {self.rate} is no mechanism")

    def __str__(self) -> str:
        sampled = f", sampled at {self.rate:.4g}" if self.rate < 1 else ""
        return f"Gaussian, multiplier {self.multiplier:.4g}{sampled}"


class Model(Protocol):
    """What a study's training does for privacy."""

    statement: ClassVar[str]  # one plain sentence for the ledger and reports
    unit: ClassVar[Unit | None]  # whom it is meant to protect

    @property
    def noise(self) -> SampledGaussian | None:
        """The mechanism, if there is one."""
        ...

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """How often in one round the mechanism is applied to a unit; None: nothing is claimed for it."""
        ...


@dataclass(frozen=True)
class Unprotected:
    """Updates are sent as training made them."""

    statement: ClassVar[str] = (
        "no guarantee: training is not differentially private, and every other row holds given the models it made"
    )
    unit: ClassVar[Unit | None] = None

    @property
    def noise(self) -> None:
        """See `Model.noise`."""
        return None

    def moved(self, unit: Unit, adjacency: Adjacency) -> None:
        """See `Model.moved`."""
        return None


@dataclass(frozen=True)
class SampleDP:
    """Each client trains with DP-SGD (Opacus): `steps` a round, each on a Poisson sample at `rate` of its records.

    It protects one training record, against the server and the other clients alike. Held-out records are not its
    business, and a client as a whole gets nothing from it.
    """

    multiplier: float
    rate: float
    steps: int

    statement: ClassVar[str] = "sample-level: local training is DP-SGD; a client as a whole has no guarantee from it"
    unit: ClassVar[Unit | None] = "training record"

    @property
    def noise(self) -> SampledGaussian:
        """See `Model.noise`."""
        return SampledGaussian(self.multiplier, self.rate)

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """See `Model.moved`. Raises TocsinError for replace-one: DP-SGD's accounting is add-or-remove."""
        if unit != "training record":
            return None
        if adjacency == "replace-one":
            raise TocsinError(
                "DP-SGD on sampled batches is accounted under add-or-remove; set the study's adjacency to that, or "
                "train without sample-level privacy."
            )
        return self.steps


@dataclass(frozen=True)
class ClientDP:
    """The server clips each update and adds Gaussian noise to their sum (Flower's central strategies, fixed clipping).

    `multiplier` is the noise's standard deviation over the clipping norm, in the *sum*. It protects a client from
    those who see the model; the server itself sees the updates, unless they are masked as well. A client takes part
    in every round. Each record of a client is protected with it.
    """

    multiplier: float

    statement: ClassVar[str] = "client-level, by noise that the server adds: it holds for those who see only the model"
    unit: ClassVar[Unit | None] = "client"

    @property
    def noise(self) -> SampledGaussian:
        """See `Model.noise`."""
        return SampledGaussian(self.multiplier)

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """See `Model.moved`."""
        if unit == "training record":
            return None  # personal models are trained on it without noise, and what is measured of them is released
        if unit == "client" and adjacency == "add-or-remove":
            return 1
        # What changes an update, or replaces it, moves it by up to twice the norm: as much as 4 = 2^2 applications.
        return 4
