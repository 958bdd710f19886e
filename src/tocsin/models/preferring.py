"""Direct preference optimisation of an adapter, on the packed rows of training."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as functional

from tocsin.errors import TocsinError
from tocsin.models.training import Sample, TrainingPlan, batches, give_back_memory

LossesOf = Callable[[Sequence[Sample]], tuple[torch.Tensor, list[int]]]


@dataclass(frozen=True)
class Preference:
    """Two answers to one prompt, of which `chosen` is preferred to `rejected`."""

    chosen: Sample
    rejected: Sample


def margins(losses_of: LossesOf, pairs: Sequence[Preference]) -> torch.Tensor:
    """log p(chosen) - log p(rejected), summed over each answer's tokens, in nats: (pairs,), float32.

    `losses_of` gives the negative log-likelihoods of the answers' tokens in a row, and how many each has.
    """
    losses, counts = losses_of([*(pair.chosen for pair in pairs), *(pair.rejected for pair in pairs)])
    sums = torch.stack([part.sum() for part in losses.split(counts)])
    chosen, rejected = sums.chunk(2)
    return rejected - chosen


def preference_losses(policy: torch.Tensor, reference: torch.Tensor, beta: float) -> torch.Tensor:
    """-log sigmoid(beta (m_policy - m_reference)) of margins m: the loss of DPO (Rafailov et al., 2023, arXiv
    2305.18290, eq. 7)."""
    return -functional.logsigmoid(beta * (policy - reference))


def prefer(
    losses_of: LossesOf,
    parameters: Mapping[str, torch.nn.Parameter],
    pairs: Sequence[Preference],
    plan: TrainingPlan,
    beta: float,
    tick: Callable[[int], None] | None = None,
) -> list[float]:
    """Train `parameters` in place by DPO with AdamW (no weight decay, fresh state); each step's mean loss.

    The reference is the adapter as it is now: its margins are computed once, so that there is no second network and no
    second adapter. Of the plan count `steps`, `batch_size` (in pairs), `learning_rate`, `decay`, `seed` and `clip`.
    Raises TocsinError where the loss or its gradient is not finite, ValueError for no pairs or a plan with a proximal
    term or privacy, which this loss has not.
    """
    if not pairs or plan.proximal or plan.privacy:
        raise ValueError(f"DPO of {len(pairs)} pairs by {plan}")
    steps = batches(len(pairs), plan)
    used = sorted({index for step in steps for index in step})
    reference = dict(zip(used, _reference(losses_of, [pairs[i] for i in used], plan.batch_size), strict=True))
    optimizer = torch.optim.AdamW(parameters.values(), lr=plan.learning_rate, weight_decay=0.0)
    report = []
    for number, indices in enumerate(steps):
        if tick is not None:
            tick(number)
        if plan.decay:
            optimizer.param_groups[0]["lr"] = plan.learning_rate * (1 - number / plan.steps)
        policy = margins(losses_of, [pairs[i] for i in indices])
        loss = preference_losses(policy, torch.stack([reference[i] for i in indices]), beta).mean()
        loss.backward()
        slope = torch.nn.utils.clip_grad_norm_(parameters.values(), plan.clip)
        if not torch.isfinite(loss + slope):
            raise TocsinError(
                f"The preference loss or its gradient is not finite at step {number + 1}; lower its learning rate (it "
                f"is {plan.learning_rate:g})."
            )
        optimizer.step()
        optimizer.zero_grad()
        report.append(float(loss.detach()))
    give_back_memory()
    return report


def _reference(losses_of: LossesOf, pairs: Sequence[Preference], batch_size: int) -> torch.Tensor:
    with torch.no_grad():
        parts = [margins(losses_of, pairs[begin : begin + batch_size]) for begin in range(0, len(pairs), batch_size)]
    return torch.cat(parts)
