"""An aligned start adapter: a short supervised fine-tuning on refusals and safe look-alikes, kept in the cache."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tocsin.models.adapter import Arrays
from tocsin.models.find import cache_folder
from tocsin.models.model import Model
from tocsin.models.training import TrainingPlan

Pairs = Sequence[tuple[str, str]]
"""(prompt in the model's chat form, answer)."""

_MAX_TOKENS = 256


def align(model: Model, pairs: Pairs, plan: TrainingPlan, tick: Callable[[int], None] | None = None) -> Arrays:
    """Train a fresh adapter on `pairs`; returns the aligned adapter, which is left in the model."""
    model.use(model.fresh())
    samples = [model.sample(prompt, answer, _MAX_TOKENS) for prompt, answer in pairs]
    model.train(samples, plan, tick)
    return model.adapter()


def aligned(model: Model, pairs: Pairs, plan: TrainingPlan, tick: Callable[[int], None] | None = None) -> Arrays:
    """`align`, or what it gave before for the same model, adapter shape, precision, data and plan."""
    folder = _cached(model, pairs, plan)
    if (folder / "adapter_config.json").is_file():
        return model.read(folder)
    arrays = align(model, pairs, plan, tick)
    model.save(arrays, folder)
    return arrays


def _cached(model: Model, pairs: Pairs, plan: TrainingPlan) -> Path:
    shapes = {name: array.shape for name, array in model.fresh().items()}
    what = json.dumps(
        [model.fingerprint, shapes, str(model.network.dtype), model.device.type, list(pairs), asdict(plan)],
        default=str,
    )
    return cache_folder() / "aligned" / hashlib.sha256(what.encode()).hexdigest()[:24]
