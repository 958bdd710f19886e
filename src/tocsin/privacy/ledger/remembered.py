"""A plan that was calibrated once: planning takes seconds, and a client's process may live for one message."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from tocsin.privacy.channels import Channel, Model, Unprotected
from tocsin.privacy.ledger.plan import Budget, Horizon, Plan, Release, calibrate
from tocsin.privacy.noise import DiscreteGaussian, DiscreteLaplace

_PLANS: dict[str, Plan] = {}


def planned(
    file: Path | None,
    budget: Budget,
    horizon: Horizon,
    channels: Sequence[Channel],
    shares: Mapping[str, float] | None = None,
    model: Model | None = None,
) -> Plan:
    """What `calibrate` gives, from `file` where it was kept for the same question. The file must be the caller's own:
    what stands in it is believed. Without a file nothing is kept."""
    training = model or Unprotected()
    question = (budget, horizon, [channel.hash for channel in channels], sorted((shares or {}).items()), training)
    key = hashlib.sha256(repr(question).encode()).hexdigest()
    try:
        kept = {} if file is None else json.loads(file.read_text(encoding="utf-8"))
        if kept.get("key") == key:
            releases = {channel.name: Release(channel, _read(kept["noise"][channel.name])) for channel in channels}
            return Plan(budget, horizon, releases, training)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not whole: planned anew
    plan = _PLANS.get(key) or calibrate(budget, horizon, channels, training, shares or None)
    _PLANS[key] = plan  # in one process, all clients of a simulation ask the same
    if file is None:
        return plan
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    noise = {name: _written(release.noise) for name, release in plan.releases.items()}
    draft.write_text(json.dumps({"key": key, "noise": noise}), encoding="utf-8")
    draft.replace(file)
    return plan


def _written(noise: DiscreteLaplace | DiscreteGaussian) -> dict[str, str]:
    if isinstance(noise, DiscreteLaplace):
        return {"epsilon": str(noise.epsilon)}
    return {"sigma": noise.sigma.hex()}


def _read(kept: Mapping[str, str]) -> DiscreteLaplace | DiscreteGaussian:
    if "epsilon" in kept:
        return DiscreteLaplace(Fraction(kept["epsilon"]))
    return DiscreteGaussian(float.fromhex(kept["sigma"]))
