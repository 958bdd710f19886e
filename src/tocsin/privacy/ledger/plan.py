"""What a study may release, and with how much noise: settled from its one epsilon before the run starts."""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from tocsin.errors import TocsinError
from tocsin.privacy.channels import Channel, Model, Unprotected
from tocsin.privacy.ledger.accountant import Loss, epsilon_of, within
from tocsin.privacy.noise import DiscreteGaussian, DiscreteLaplace, Honesty
from tocsin.privacy.tally import Vector
from tocsin.privacy.units import UNITS, Adjacency, Unit

MODEL = "model"

# Noise parameters are rounded, to the safe side, to this share of a unit: exact rationals for the samplers.
_FINE = 1024


@dataclass(frozen=True)
class Budget:
    """The one (epsilon, delta) that a unit spends in a whole study, under the adjacency stated."""

    epsilon: float
    delta: float = 0.0
    adjacency: Adjacency = "add-or-remove"

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < math.inf:
            raise TocsinError(f"The study's epsilon is {self.epsilon}; give a number above 0 (2 is common).")
        if not 0 <= self.delta < 1:
            raise TocsinError(f"The study's delta is {self.delta}; give a number from 0 to below 1 (1e-6 is common).")


@dataclass(frozen=True)
class Horizon:
    """All that a run can release: `rounds`, each in up to `attempts`, over rosters of `fewest` to `most` clients.

    `views` is how many releases of one attempt hold the same client: 1 for the whole roster's sum or that of its
    cohort, 2 for both. A client is in one cohort. `exposures` is in how many attempts of one round a client's vector
    can come out from under its masks: 1 where clients see to it that it is one (`masking.SumClient` does, with what it
    keeps on its disk); by default every attempt counts. The budget is made for the worst: all rounds at their last
    attempt.
    """

    rounds: int
    fewest: int
    most: int
    attempts: int = 2
    views: int = 1
    exposures: int = 2
    honesty: Honesty = field(default_factory=Honesty)

    def __post_init__(self) -> None:
        if self.rounds < 1 or not {self.attempts, self.views, self.exposures} <= {1, 2}:
            raise TocsinError(
                f"A horizon of {self.rounds} rounds, {self.attempts} attempts, {self.views} views and {self.exposures} "
                "exposures cannot be planned; give one round or more, and 1 or 2 of the others."
            )
        if not 2 <= self.fewest <= self.most:
            raise TocsinError(
                f"Rosters of {self.fewest} to {self.most} clients cannot hide a client; the fewest must be 2 or more."
            )


@dataclass(frozen=True)
class Release:
    """What is released through one channel, and with which noise."""

    channel: Channel
    noise: DiscreteLaplace | DiscreteGaussian


@dataclass(frozen=True)
class Plan:
    """A budget, a horizon and the noise that keeps the one within the other. Both ends hold the same plan."""

    budget: Budget
    horizon: Horizon
    releases: Mapping[str, Release]
    model: Model = field(default_factory=Unprotected)

    @cached_property
    def hash(self) -> str:
        """SHA-256 (64 hex digits) over all that the plan says."""
        layouts = sorted((name, release.channel.hash, release.noise) for name, release in self.releases.items())
        return hashlib.sha256(repr((self.budget, self.horizon, layouts, self.model)).encode()).hexdigest()

    @cached_property
    def most_uses(self) -> Mapping[str, int]:
        """How often each channel, and the model, can hold one unit over the whole run."""
        per_round = min(self.horizon.attempts, self.horizon.exposures) * self.horizon.views
        uses = {
            name: per_round * (1 if release.channel.once else self.horizon.rounds)
            for name, release in self.releases.items()
        }
        return {**uses, MODEL: self.horizon.rounds}  # a client trains once in a round, and sends the same again

    def noise_share(self, channel: str, clients: int) -> Vector:
        """One client's share of the noise, to be added to its vector before that is masked, in a roster of `clients`.

        The size is to be that of the roster which the client itself has checked. Raises TocsinError when the plan's
        noise is not for such a roster: fewer clients would not make it up.
        """
        self.check_roster(clients)
        release = self.releases[channel]
        return release.noise.share(release.channel.size, self.horizon.honesty.honest(clients))

    def noise_variance(self, channel: str, clients: int) -> float:
        """Per entry, in steps, of the sum when all `clients` of the roster add their share."""
        return self.releases[channel].noise.variance * clients / self.horizon.honesty.honest(clients)

    def entry_range(self, channel: str) -> tuple[int, int]:
        """The least and the largest entry that one client may send, noise included, in any roster of the plan.

        This is what a modulus has to hold (`masking.Terms.low`, `.high`). Of the tally it is so by construction; a
        share of noise is beyond its part with a probability of at most 2^-100 per entry, and then nothing is sent.
        """
        release = self.releases[channel]
        noise = release.noise.bound(self.horizon.honesty.honest(self.horizon.fewest))  # few clients, large shares
        return -noise, release.channel.bound + noise

    def check_roster(self, clients: int) -> None:
        """Raises TocsinError when the plan is not for rosters of this size."""
        if not self.horizon.fewest <= clients <= self.horizon.most:
            raise TocsinError(
                f"The plan's noise is for rosters of {self.horizon.fewest} to {self.horizon.most} clients, and this "
                f"one has {clients}; nothing is released."
            )

    def epsilon(self, unit: Unit, uses: Mapping[str, int]) -> float | None:
        """What one unit has spent, at the budget's delta, when the channels held it `uses` times; None: no claim.

        It composes all that makes a claim for the unit; `exceptions` names what does not.
        """
        losses = list(self._losses(unit, uses))
        if not any(True for _ in self._losses(unit, self.most_uses)):
            return None
        return epsilon_of(losses, self.budget.delta)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The units that the budget is for: those that a channel, or private training, is meant to protect.

        What others spend is told, and not bounded: a held-out record, when the study protects clients alone.
        """
        meant = {release.channel.unit for release in self.releases.values()} | {self.model.unit}
        return tuple(unit for unit in UNITS if unit in meant)

    def over(self, uses: Mapping[str, int]) -> Mapping[Unit, float]:
        """The units that these uses bring over the budget, and where to."""
        return {unit: self.epsilon(unit, uses) or 0.0 for unit in self.units if not self._within(unit, uses)}

    @property
    def fits(self) -> bool:
        """Whether all uses of the whole run keep every unit of the plan within the budget."""
        return all(self._within(unit, self.most_uses) for unit in self.units)

    def _within(self, unit: Unit, uses: Mapping[str, int]) -> bool:
        return within(list(self._losses(unit, uses)), self.budget.epsilon, self.budget.delta)

    def exceptions(self, unit: Unit) -> tuple[str, ...]:
        """What gives this unit no guarantee, by name."""
        names = [n for n, r in self.releases.items() if r.channel.moved(unit, self.budget.adjacency) is None]
        if self.model.moved(unit, self.budget.adjacency) is None:
            names.append(MODEL)
        return tuple(names)

    def _losses(self, unit: Unit, uses: Mapping[str, int]) -> Iterator[Loss]:
        most_honest = self.horizon.honesty.honest(self.horizon.most)  # the smallest shares, so the largest divergence
        for name, release in self.releases.items():
            moved = release.channel.moved(unit, self.budget.adjacency)
            if moved and uses.get(name):
                divergence = release.noise.divergence(most_honest)
                yield Loss(release.noise, release.channel.step, moved * uses[name], divergence)
        moved = self.model.moved(unit, self.budget.adjacency)
        if moved and self.model.noise and uses.get(MODEL):
            yield Loss(self.model.noise, 1, moved * uses[MODEL])


def calibrate(
    budget: Budget,
    horizon: Horizon,
    channels: Sequence[Channel],
    model: Model | None = None,
    shares: Mapping[str, float] | None = None,
) -> Plan:
    """The plan with the least noise that keeps its units (`Plan.units`) within the budget to the end of the horizon.

    `shares` says how much of the budget each channel is to have, by name (in proportion; equal by default). Raises
    TocsinError when the budget cannot carry the study.
    """
    training = model or Unprotected()
    names = [channel.name for channel in channels]
    if not channels or len(set(names)) < len(names):
        raise TocsinError(f"A plan is for one or more channels, each once; these are {names}.")
    if budget.delta == 0 and (training.noise or any(channel.noise == "discrete Gaussian" for channel in channels)):
        raise TocsinError(
            "Gaussian noise has no guarantee at delta 0; give the study a delta (1e-6 is common), or the trips alone."
        )
    if budget.delta * horizon.most >= 1:
        raise TocsinError(
            f"Delta {budget.delta:g} for {horizon.most} clients would allow one of them to be shown in full; "
            f"give one well below {1 / horizon.most:.1g}."
        )
    shares = shares or dict.fromkeys(names, 1.0)
    if set(shares) != set(names) or min(shares.values()) <= 0:
        raise TocsinError(f"The budget's shares name {sorted(shares)}; give each of {sorted(names)} one above 0.")

    def plan(level: float) -> Plan:
        whole = sum(shares.values())
        releases = {
            channel.name: Release(channel, _noise(channel, level * shares[channel.name] / whole, budget, horizon))
            for channel in channels
        }
        return Plan(budget, horizon, releases, training)

    def fits(level: float) -> bool:
        return plan(level).fits

    least = budget.epsilon / _FINE
    low = budget.epsilon / 4
    while not fits(low):
        low /= 2
        if low < least:
            raise TocsinError(
                f"Epsilon {budget.epsilon:g} cannot carry {horizon.rounds} rounds of {', '.join(names)} with this "
                "training; ask for fewer rounds or channels, or give a larger epsilon."
            )
    high = 2 * low
    while fits(high):
        low, high = high, 2 * high
    for _ in range(12):  # to 1 part in 4,000
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return plan(low)


def _noise(channel: Channel, level: float, budget: Budget, horizon: Horizon) -> DiscreteLaplace | DiscreteGaussian:
    """Noise that grows as `level` falls: about the level's epsilon, for the channel's own unit over the horizon."""
    moved = channel.moved(channel.unit, budget.adjacency) or 1
    uses = moved * min(horizon.attempts, horizon.exposures) * horizon.views * (1 if channel.once else horizon.rounds)
    if channel.noise == "discrete Laplace":
        return DiscreteLaplace(Fraction(max(1, math.floor(level / uses * _FINE)), _FINE))
    # The textbook bound for one Gaussian (Dwork and Roth 2014, Theorem A.1), as a place to search from.
    sigma = channel.step * math.sqrt(2 * uses * math.log(1.25 / budget.delta)) / level
    return DiscreteGaussian(math.ceil(sigma * _FINE) / _FINE)
