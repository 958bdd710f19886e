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

ATTENTION = "tocsin_packed"


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    lengths: list[int] | None = None,
    **rest: Any,
) -> tuple[torch.Tensor, None]:
    """query, key, value: (1, heads, tokens, head size); `lengths` sum to tokens. Without lengths: plain SDPA."""
    if lengths is None:
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **rest
        )
        return plain
    parts = [
        functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
        for q, k, v in zip(query.split(lengths, 2), key.split(lengths, 2), value.split(lengths, 2), strict=True)
    ]
    return torch.cat(parts, 2).transpose(1, 2), None


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
    logits = head(states[at - 1]).float()
    return functional.cross_entropy(logits, ids[at], reduction="none")
