"""What a model makes of texts on the way up: hidden states of a few of its blocks, none of those above them run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tocsin.models.prefix_tree import TreeRow, tree_rows
from tocsin.models.tree_attention import TreeAttention

# Nodes of a row: as in scoring.
_ROW_NODES = 1024


class _Reached(Exception):
    """The highest block that is asked for is done."""


def block_states(
    decoder: Any, sequences: Sequence[tuple[tuple[int, ...], int]], blocks: Sequence[int], device: torch.device
) -> NDArray[np.float32]:
    """States of each (ids, begin): their mean over the tokens from place `begin` on, and the last token's.

    Shape (sequences, blocks, 2, hidden size). `blocks` count from 1 and rise; `decoder` is a causal language model's
    inner model; `begin` is less than the number of ids. What sequences begin with in common is computed once. The
    result does not depend on what else is in `sequences`, but for rounding.
    """
    found = np.empty((len(sequences), len(blocks), 2, decoder.config.hidden_size), np.float32)
    # The last token of a sequence is no node, since nothing follows it: one that is never read stands behind it.
    longer = [((*ids, 0), len(ids)) for ids, _ in sequences]
    with torch.inference_mode():
        for row in tree_rows(longer, _ROW_NODES):
            states = _run(decoder, row, blocks, device)
            for member, path in zip(row.members, row.paths, strict=True):
                own = states[:, torch.from_numpy(path[sequences[member][1] :]).to(device)]
                found[member] = torch.stack((own.mean(1), own[:, -1]), 1).cpu().numpy()
    return found


def _run(decoder: Any, row: TreeRow, blocks: Sequence[int], device: torch.device) -> torch.Tensor:
    """States of the nodes after each block, float32, (blocks, nodes, hidden size)."""
    states: list[torch.Tensor] = []

    def keep(module: torch.nn.Module, inputs: Any, output: Any) -> None:
        states.append((output[0] if isinstance(output, tuple) else output)[0].float())
        if len(states) == len(blocks):
            raise _Reached

    hooks = [decoder.layers[block - 1].register_forward_hook(keep) for block in blocks]
    # A four-dimensional mask is passed on untouched; ours is never read, since attention goes by the tree.
    unread = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)
    try:
        decoder(
            input_ids=torch.from_numpy(row.ids)[None].to(device),
            position_ids=torch.from_numpy(row.positions)[None].to(device),
            attention_mask=unread,
            tree=TreeAttention(row, device),
            use_cache=False,
        )
    except _Reached:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(states)
