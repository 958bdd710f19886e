"""Scoring texts: log-likelihoods and confidences, with nothing computed twice and no full vocabulary copied."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tocsin.behaviour import TokenScores
from tocsin.models.prefix_tree import TreeRow, tree_rows
from tocsin.models.tree_attention import TreeAttention

# Nodes of a row: enough to fill two cores' matrix units, little enough for 4 GB.
_ROW_NODES = 1024
# Nodes projected to the vocabulary at once: 50 MB of float32 logits for 49,152 words.
_HEAD_NODES = 256


def score_tokens(
    network: Any, sequences: Sequence[tuple[tuple[int, ...], int]], device: torch.device
) -> list[TokenScores]:
    """The scored tokens of each (ids, prompt), in order; a sequence without any gives empty arrays.

    `network` is a causal language model of transformers without its adapter's wrapping. The result does not depend
    on what else is in `sequences`, but for rounding.
    """
    nothing = TokenScores(np.empty(0, np.float32), np.empty(0, np.float32), np.empty(0, np.bool_))
    results = [nothing] * len(sequences)
    with torch.inference_mode():
        for row in tree_rows(sequences, _ROW_NODES):
            for member, scores in zip(row.members, _score_row(network, row, device), strict=True):
                results[member] = scores
    return results


def _score_row(network: Any, row: TreeRow, device: torch.device) -> list[TokenScores]:
    # A four-dimensional mask is passed on untouched; ours is never read, since attention goes by the tree.
    unread = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)
    out = network.get_decoder()(
        input_ids=torch.from_numpy(row.ids)[None].to(device),
        position_ids=torch.from_numpy(row.positions)[None].to(device),
        attention_mask=unread,
        tree=TreeAttention(row, device),
        use_cache=False,
    )
    # A node foresees several tokens where answers part; it is projected once.
    asked = np.concatenate(row.at)
    nodes, inverse = np.unique(asked, return_inverse=True)
    states = out.last_hidden_state[0][torch.from_numpy(nodes).to(device)]
    scores = _foresee(network.get_output_embeddings(), states, inverse, np.concatenate(row.targets), device)
    borders = np.cumsum([len(part) for part in row.at])[:-1]
    return [TokenScores(*parts) for parts in zip(*(np.split(array, borders) for array in scores), strict=True)]


def _foresee(
    head: Any, states: torch.Tensor, asked: np.ndarray, targets: np.ndarray, device: torch.device
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log p of `targets[i]` at the state `asked[i]`, the highest probability there, and whether they are one token."""
    order = np.argsort(asked, kind="stable")
    at, wanted = torch.from_numpy(asked[order]).to(device), torch.from_numpy(targets[order]).to(device)
    found = torch.empty(len(at), dtype=torch.float32, device=device)
    highest = torch.empty_like(found)
    hits = torch.empty(len(at), dtype=torch.bool, device=device)
    for begin in range(0, len(states), _HEAD_NODES):
        first, last = np.searchsorted(asked[order], (begin, begin + _HEAD_NODES))
        rows, words = at[first:last] - begin, wanted[first:last]
        logits = head(states[begin : begin + _HEAD_NODES]).float()
        top, best = logits.max(-1)
        logits -= top[:, None]
        own = logits[rows, words]
        total = logits.exp_().sum(-1)  # in place of the logits: the likeliest word's own term is 1
        found[first:last] = own - total.log()[rows]
        highest[first:last] = total.reciprocal()[rows]
        hits[first:last] = best[rows] == words
    back = np.argsort(order, kind="stable")
    return found.cpu().numpy()[back], highest.cpu().numpy()[back], hits.cpu().numpy()[back]
