"""Several sequences as one row without padding: every linear layer sees real tokens only.

A padded batch of B sequences costs B x longest tokens; packed, it costs their sum. Attention is done
sequence by sequence, so no token sees another sequence, as with the variable-length kernels of
FlashAttention (Dao, 2023, arXiv 2307.08691), which CPUs lack.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
import torch.nn.functional as functional
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from tocsin.errors import TocsinError
from tocsin.models.tree_attention import TreeAttention

ATTENTION = "tocsin_packed"

# Tokens projected to the vocabulary at once: 50 MB of float32 logits for 49,152 words.
_HEAD_TOKENS = 256


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    lengths: list[int] | None = None,
    tree: TreeAttention | None = None,
    **rest: Any,
) -> tuple[torch.Tensor, None]:
    """query, key, value: (1, heads, tokens, head size); `lengths` sum to tokens.

    With a `tree` attention goes by that, without lengths and tree it is plain SDPA.
    """
    if tree is not None:
        return tree.attend(query, key, value, scaling), None
    if lengths is None:
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **rest
        )
        return plain
    window = rest.get("sliding_window")
    if window is not None and max(lengths) > window:
        raise TocsinError(
            f"A text of {max(lengths)} tokens is longer than this model's attention window ({window}), which is "
            "not supported; lower training.max_tokens or name a model without one."
        )
    # PyTorch's CPU kernel takes a quarter more time in bfloat16 than in float32, forth and back together.
    slow = query.device.type == "cpu" and query.dtype == torch.bfloat16
    queries, keys, values = ((t.float() if slow else t).split(lengths, 2) for t in (query, key, value))
    parts = [
        functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
        for q, k, v in zip(queries, keys, values, strict=True)
    ]
    return torch.cat(parts, 2).to(query.dtype).transpose(1, 2), None


AttentionInterface.register(ATTENTION, _attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


@dataclass(frozen=True)
class Pack:
    """Token ids of several sequences in a row.

    ids: (1, tokens); positions: (1, tokens), from 0 in each sequence; lengths: tokens of each sequence.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    lengths: list[int]

    @property
    def starts(self) -> list[int]:
        """Where each sequence begins in the row."""
        return [0, *accumulate(self.lengths)][:-1]


def pack(sequences: Sequence[Sequence[int]], device: torch.device) -> Pack:
    """Put token id sequences, each of at least one token, into one row."""
    lengths = [len(s) for s in sequences]
    ids = torch.tensor([i for s in sequences for i in s], dtype=torch.long, device=device)[None]
    positions = torch.cat([torch.arange(n, device=device) for n in lengths])[None]
    return Pack(ids, positions, lengths)


def hidden_states(network: Any, row: Pack) -> torch.Tensor:
    """Last hidden states (tokens, hidden size) of a packed row; `network` is a causal LM's inner model."""
    # A four-dimensional mask is passed on untouched; ours is never read, since attention goes by `lengths`.
    unread = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=row.ids.device)
    out = network(
        input_ids=row.ids, position_ids=row.positions, attention_mask=unread, lengths=row.lengths, use_cache=False
    )
    states: torch.Tensor = out.last_hidden_state[0]
    return states


def token_losses(head: Any, states: torch.Tensor, ids: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood in nats of the tokens at positions `at` (each at least 1), float32, shape (len(at),).

    Only the states just before `at` are projected to the vocabulary: the projection is a fifth of a
    small model's arithmetic, and prompt tokens need none of it.
    """
    if isinstance(head, torch.nn.Linear) and head.bias is None and not head.weight.requires_grad:
        losses: torch.Tensor = _FrozenHeadLosses.apply(states[at - 1], head.weight, ids[at])
        return losses
    return functional.cross_entropy(head(states[at - 1]).float(), ids[at], reduction="none")


class _FrozenHeadLosses(torch.autograd.Function):
    """Cross-entropy through a head that is not trained, without ever holding all the logits.

    The gradient of each token's loss by its state is (softmax - one-hot) @ weight, whatever comes after
    the loss: it is computed chunk by chunk while the softmax is at hand, and kept in place of the logits
    (hidden size instead of vocabulary size), as in Liger Kernel (Hsu et al., 2024, arXiv 2410.10989).
    """

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """states: (tokens, hidden size); weight: (vocabulary, hidden size); targets: (tokens,)."""
        losses = torch.empty(len(targets), dtype=torch.float32, device=states.device)
        slopes = torch.empty_like(states) if ctx.needs_input_grad[0] else None
        for begin in range(0, len(targets), _HEAD_TOKENS):
            part = slice(begin, begin + _HEAD_TOKENS)
            scores = functional.linear(states[part], weight).float().log_softmax(-1)
            losses[part] = -scores.gather(1, targets[part, None])[:, 0]
            if slopes is not None:
                shares = scores.exp_()
                shares[torch.arange(len(shares), device=shares.device), targets[part]] -= 1.0
                slopes[part] = shares.to(weight.dtype) @ weight
        ctx.save_for_backward(slopes)
        return losses

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """gradients: those of the losses, (tokens,)."""
        (slopes,) = ctx.saved_tensors
        return (gradients[0][:, None] * slopes).to(slopes.dtype), None, None
