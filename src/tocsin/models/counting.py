"""How many tokens pass through a network, and what they cost in floating-point operations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass
class Passed:
    """Tokens that passed through a network of `parameters` weights: all (`read`), and those with gradients (`trained`).

    What a prefix tree or a cache spares is not among them, and padding is: they are what was computed.
    """

    parameters: int
    read: int = 0
    trained: int = 0

    @property
    def operations(self) -> int:
        """Floating-point operations: 2 for each weight and token forward (Kaplan et al., 2020, arXiv 2001.08361,
        section 2.1), and 2 more back through the activations of a trained one.

        The weights' own gradients, another 2 in full training, are not computed where they are frozen; those of an
        adapter are under a hundredth, and attention over short texts is too. Since every weight counts for every
        token, prompts included, of which no logits are computed, it is an upper bound for a small model.
        """
        return 2 * self.parameters * (self.read + self.trained)


@contextmanager
def counted(network: Any) -> Iterator[Passed]:
    """Counts what passes meanwhile through `network`, a causal language model of transformers without its adapter's
    wrapping."""
    frozen = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    passed = Passed(frozen)

    def count(_module: Any, args: tuple[torch.Tensor, ...], kwargs: dict[str, torch.Tensor]) -> None:
        tokens = (kwargs["input_ids"] if "input_ids" in kwargs else args[0]).numel()
        passed.read += tokens
        passed.trained += tokens if torch.is_grad_enabled() else 0

    handle = network.get_decoder().register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield passed
    finally:
        handle.remove()
