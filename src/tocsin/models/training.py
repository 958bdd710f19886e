"""Local training of an adapter: packed batches, loss on the answer's tokens only."""

import contextlib
import ctypes
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from tocsin.errors import TocsinError


@dataclass(frozen=True)
class Sample:
    """One tokenised example: all token ids, how many of them, at the beginning, are the prompt, and the weight of each
    of the others in the loss, >= 0."""

    ids: tuple[int, ...]
    prompt: int
    weight: float = 1.0


@dataclass(frozen=True)
class RecordPrivacy:
    """DP-SGD about one training record; see `private_training.train_privately`.

    An example's gradient is cut to the L2 norm `clip`, the noise's standard deviation is `multiplier` times that, and
    `rate`, in (0, 1], is each example's chance to be in a step's batch. All are public, and none may be made from a
    client's data: its number of records, too, is something that one record changes.
    """

    clip: float
    multiplier: float
    rate: float

    def __post_init__(self) -> None:
        if not (0 < self.clip < math.inf and 0 < self.multiplier < math.inf and 0 < self.rate <= 1):
            raise ValueError(f"{self} is no mechanism")


@dataclass(frozen=True)
class TrainingPlan:
    """How one client trains in one round.

    `proximal` is mu of FedProx (Li et al., 2020, arXiv 1812.06127, eq. 2): mu/2 ||w - anchor||^2 is added
    to the loss, the anchor being the adapter that training starts from unless `anchor` names another.
    `decay` lowers the learning rate in a straight line to nothing; else it is constant. With `privacy` the batches
    are drawn by chance, `batch_size` is what a step's sum of gradients is divided by, and `seed` and `clip` are not
    used.
    """

    steps: int
    batch_size: int
    learning_rate: float
    seed: int
    proximal: float = 0.0
    anchor: Mapping[str, NDArray[np.float32]] | None = None
    clip: float = 1.0
    decay: bool = False
    privacy: RecordPrivacy | None = None


@dataclass
class TrainingReport:
    """What training saw: `losses[s]` has, for step s, one mean loss in nats per token for each example.

    Of private training it tells nothing: a step has no losses, and tokens are not counted.
    """

    losses: list[list[float]] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0


def batches(count: int, plan: TrainingPlan) -> list[list[int]]:
    """Indices of each step's examples: shuffled epochs, one after the other, from the plan's seed."""
    random = np.random.default_rng(plan.seed)
    need = plan.steps * plan.batch_size
    order = np.concatenate([random.permutation(count) for _ in range(-(-need // count))])[:need]
    return [[int(i) for i in step] for step in order.reshape(plan.steps, plan.batch_size)]


def train(
    losses_of: Callable[[Sequence[Sample]], tuple[torch.Tensor, list[int]]],
    parameters: Mapping[str, torch.nn.Parameter],
    samples: Sequence[Sample],
    plan: TrainingPlan,
    tick: Callable[[int], None] | None = None,
) -> TrainingReport:
    """Train `parameters` in place with AdamW (no weight decay, fresh state).

    `losses_of` gives the per-token losses of a batch in a row, and how many belong to each sample; the
    loss of a step is their mean over tokens, each with its sample's weight. `tick(step)` is called before
    each step and may raise to stop.
    Raises TocsinError when there is no sample with an answer, or the loss or its gradient is not finite.
    """
    usable = usable_of(samples)
    report, began = TrainingReport(), time.perf_counter()
    anchor = anchor_of(parameters, plan)
    optimizer = torch.optim.AdamW(parameters.values(), lr=plan.learning_rate, weight_decay=0.0)
    for step, indices in enumerate(batches(len(usable), plan)):
        if tick is not None:
            tick(step)
        if plan.decay:
            optimizer.param_groups[0]["lr"] = plan.learning_rate * (1 - step / plan.steps)
        batch = [usable[i] for i in indices]
        losses, counts = losses_of(batch)
        loss = _mean(losses, counts, [sample.weight for sample in batch])
        if anchor:
            loss = loss + plan.proximal / 2 * sum(
                (parameters[name] - start).square().sum() for name, start in anchor.items()
            )
        loss.backward()
        slope = torch.nn.utils.clip_grad_norm_(parameters.values(), plan.clip)
        if not torch.isfinite(loss + slope):
            raise TocsinError(
                f"The training loss or its gradient is not finite at step {step + 1}; lower "
                f"training.learning_rate (it is {plan.learning_rate:g})."
            )
        optimizer.step()
        optimizer.zero_grad()
        report.losses.append([float(part.mean()) for part in losses.detach().split(counts)])
        report.tokens += sum(len(s.ids) for s in batch)
    report.seconds = time.perf_counter() - began
    give_back_memory()
    return report


def _mean(losses: torch.Tensor, counts: Sequence[int], weights: Sequence[float]) -> torch.Tensor:
    if all(weight == 1.0 for weight in weights):
        return losses.mean()
    each = torch.tensor(weights, dtype=losses.dtype, device=losses.device)
    each = each.repeat_interleave(torch.tensor(counts, device=losses.device))
    # Over the batch's tokens and not over their weights: a batch of little weight is a small step.
    return (losses * each).sum() / len(losses)


def usable_of(samples: Sequence[Sample]) -> list[Sample]:
    """Those of some weight of which some of the answer is left. Raises TocsinError when there is none."""
    usable = [s for s in samples if len(s.ids) > s.prompt and s.weight > 0]
    if not usable:
        raise TocsinError("No training example has an answer that fits in training.max_tokens; raise it.")
    return usable


def give_back_memory() -> None:
    """Hand freed pages back to the system: packed rows all differ in size, and glibc would keep a heap for each.

    Measured on the embedded model: 0.8 instead of 1.7 GB after four short trainings, and no growth to 5 GB in a run.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library does not offer it
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def anchor_of(parameters: Mapping[str, torch.nn.Parameter], plan: TrainingPlan) -> dict[str, torch.Tensor]:
    """What the proximal term pulls to, by parameter; nothing where there is no such term."""
    if plan.proximal == 0.0:
        return {}
    if plan.anchor is None:
        return {name: p.detach().clone() for name, p in parameters.items()}
    return {name: torch.from_numpy(plan.anchor[name]).to(p) for name, p in parameters.items()}
