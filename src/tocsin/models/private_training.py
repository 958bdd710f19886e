"""Local training that hides each training record: DP-SGD with Opacus' per-example gradients."""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tocsin.errors import TocsinError
from tocsin.models.training import (
    Sample,
    TrainingPlan,
    TrainingReport,
    anchor_of,
    give_back_memory,
    usable_of,
)
from tocsin.privacy.noise import Bytes, noised, poisson_sample

# Examples in one padded batch of a float32 model; a step's sample is worked off in such pieces, so that its size does
# not decide memory.
_ROWS = 8


def train_privately(
    network: torch.nn.Module,
    losses_of: Callable[[Sequence[Sample]], torch.Tensor],
    parameters: Mapping[str, torch.nn.Parameter],
    samples: Sequence[Sample],
    plan: TrainingPlan,
    tick: Callable[[int], None] | None = None,
    random: Bytes = os.urandom,
) -> TrainingReport:
    """Train `parameters`, all that is trainable in `network`, in place with AdamW on the gradients of DP-SGD.

    DP-SGD (Abadi et al., 2016, arXiv 1607.00133, Algorithm 1): each step takes a Poisson sample of the examples,
    computes each one's own gradient, cuts it to the norm `plan.privacy.clip` over the whole adapter, sums, adds
    Gaussian noise, and divides by `plan.batch_size`: by what is expected, never by how many came. An empty sample is a
    step of noise alone. What comes after the noise (AdamW without weight decay, the proximal term) costs nothing more.

    `losses_of` gives one mean loss per token for each of a batch of examples in padded rows, (examples,). `tick` is
    as for `train`. `plan.privacy` must be there.

    Gradients are Opacus'; sample, clipping and noise are not. Opacus takes the first and the last from a
    `torch.Generator` with a seed of 64 bits, and from the operating system only with torchcsprng, which is no longer
    maintained; and a record with a gradient that is not finite would turn all parameters to NaN, for everybody to
    see. Here it counts nothing.

    One record must not move what the others add. Clipping and sums are in double precision; but the shape of a padded
    batch, which its longest row decides, changes how the others' gradients are rounded. On the embedded model that
    was up to 3e-6 of an example's gradient in float32, which is left uncharged, and 0.06 in bfloat16, which cannot be:
    there each example goes through the network alone.

    Not hidden: how long the training takes, which depends on the samples drawn; and whether there is any usable
    example at all, since without one this raises TocsinError. It also does when the noised parameters are not finite.
    """
    if plan.privacy is None:
        raise ValueError("a private training has a plan with `privacy`")
    usable = usable_of(samples)
    report, began = TrainingReport(), time.perf_counter()
    anchor = anchor_of(parameters, plan)
    optimizer = torch.optim.AdamW(parameters.values(), lr=plan.learning_rate, weight_decay=0.0)
    rows = _ROWS if all(p.dtype == torch.float32 for p in network.parameters()) else 1
    with _gradients_by_example(network, parameters):
        for step in range(plan.steps):
            if tick is not None:
                tick(step)
            if plan.decay:
                optimizer.param_groups[0]["lr"] = plan.learning_rate * (1 - step / plan.steps)
            batch = [usable[i] for i in poisson_sample(len(usable), plan.privacy.rate, random)]
            total = _clipped_sum(losses_of, parameters, batch, plan.privacy.clip, rows)
            release = noised(total, plan.privacy.clip * plan.privacy.multiplier, random)
            _set_gradients(parameters, release / plan.batch_size)
            for name, start in anchor.items():
                slope = parameters[name].grad
                assert slope is not None
                slope += plan.proximal * (parameters[name].detach() - start)
            optimizer.step()
            optimizer.zero_grad()
            if not all(torch.isfinite(p).all() for p in parameters.values()):
                raise TocsinError(
                    f"The adapter is not finite after step {step + 1} of private training; lower "
                    f"training.learning_rate (it is {plan.learning_rate:g})."
                )
            report.losses.append([])
    report.seconds = time.perf_counter() - began
    give_back_memory()
    return report


@contextmanager
def _gradients_by_example(network: torch.nn.Module, parameters: Mapping[str, torch.nn.Parameter]) -> Iterator[None]:
    """While this lasts, a backward pass through `network` leaves each example's gradient in `grad_sample`."""
    from opacus.grad_sample import GradSampleHooks  # seconds to import, and few studies need it

    trained = set(parameters.values())
    layers = [m for m in network.modules() if any(p in trained for p in m.parameters(recurse=False))]
    for layer in layers:
        # Opacus looks at layers in training mode only. To a linear layer the mode is all one.
        layer.train()
    hooks: Any = GradSampleHooks(network, loss_reduction="sum")
    try:
        with warnings.catch_warnings():
            # True of the first layer, whose input is not trained, and as it should be.
            warnings.filterwarnings("ignore", "Full backward hook is firing")
            yield
    finally:
        hooks.cleanup()
        for layer in layers:
            layer.eval()


def _clipped_sum(
    losses_of: Callable[[Sequence[Sample]], torch.Tensor],
    parameters: Mapping[str, torch.nn.Parameter],
    batch: Sequence[Sample],
    clip: float,
    rows: int,
) -> NDArray[np.float64]:
    """The sum of the examples' gradients, each of norm `clip` at most, float64 of (all parameters,) in their order.

    `rows` examples go through the network at once.
    """
    total = torch.zeros(sum(p.numel() for p in parameters.values()), dtype=torch.float64)
    ordered = sorted(batch, key=lambda s: len(s.ids))  # rows of like length: little padding
    for begin in range(0, len(ordered), rows):
        losses_of(ordered[begin : begin + rows]).sum().backward()
        total += _clip(_take_gradients(parameters), clip).sum(0).cpu()
    return total.numpy()


def _take_gradients(parameters: Mapping[str, torch.nn.Parameter]) -> torch.Tensor:
    """The gradients that the last backward pass left, (examples, all parameters), and nothing left behind."""
    parts: list[Any] = list(parameters.values())
    rows = torch.cat([p.grad_sample.detach().flatten(1) for p in parts], 1).double()
    for p in parts:
        p.grad_sample = p.grad = None
    return rows


def _clip(rows: torch.Tensor, norm: float) -> torch.Tensor:
    """Rows of `norm` at most; a row that is not finite becomes zeros."""
    norms = rows.norm(dim=1)
    kept = torch.where(torch.isfinite(norms)[:, None], rows, 0.0)
    factors: torch.Tensor = (norm / norms).clamp(max=1.0)
    return kept * factors.nan_to_num(0.0)[:, None]


def _set_gradients(parameters: Mapping[str, torch.nn.Parameter], gradient: NDArray[np.float64]) -> None:
    """`gradient`, (all parameters,), in pieces into `grad`."""
    parts = torch.from_numpy(gradient).split([p.numel() for p in parameters.values()])
    for p, part in zip(parameters.values(), parts, strict=True):
        p.grad = part.view_as(p).to(p)
