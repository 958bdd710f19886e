"""Attention within the rows of `prefix_tree`: each node sees its ancestors and itself."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as functional

from tocsin.models.prefix_tree import TreeRow

# A call costs about as much as attending over this many (query, key) entries, so padding below it is free ...
_FREE_ENTRIES = 1 << 14
# ... and no call's mask grows beyond this.
_MOST_ENTRIES = 1 << 20


class TreeAttention:
    """The paths of one row in batches of like shape, made once and used in every layer.

    A text's fresh nodes are its queries, its whole path its keys: what is shared is gathered again for each text, which
    costs little beside the linear layers, where it is computed once.
    """

    def __init__(self, row: TreeRow, device: torch.device) -> None:
        self._batches = []
        for members in _batches(row):
            queries, keys = max(row.fresh[m] for m in members), max(len(row.paths[m]) for m in members)
            # Padding gathers node 0, and is dropped (queries) or not seen (keys).
            asking = np.zeros((len(members), queries), dtype=np.int64)
            real = np.zeros((len(members), queries), dtype=np.bool_)
            seen = np.zeros((len(members), keys), dtype=np.int64)
            last = np.zeros((len(members), queries), dtype=np.int64)  # the last key that each query sees
            for place, m in enumerate(members):
                path, fresh = row.paths[m], row.fresh[m]
                asking[place, :fresh] = path[len(path) - fresh :]
                real[place, :fresh] = True
                seen[place, : len(path)] = path
                last[place, :fresh] = np.arange(len(path) - fresh, len(path))
            mask = np.arange(keys) <= last[:, :, None]
            parts = (asking, real, seen, mask[:, None])
            self._batches.append(tuple(torch.from_numpy(part).to(device) for part in parts))

    def attend(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float | None
    ) -> torch.Tensor:
        """query: (1, heads, nodes, head size); key, value: the same with as many or fewer heads.

        Returns (1, nodes, heads, head size).
        """
        # Nodes first: gathering whole nodes is the cheap way round.
        q, k, v = (part[0].transpose(0, 1) for part in (query, key, value))
        out = torch.empty_like(q)
        for asking, real, seen, mask in self._batches:
            found = functional.scaled_dot_product_attention(
                q[asking].transpose(1, 2),
                k[seen].transpose(1, 2),
                v[seen].transpose(1, 2),
                attn_mask=mask,
                scale=scaling,
                enable_gqa=True,
            )
            out[asking[real]] = found.transpose(1, 2)[real]
        return out[None]


def _batches(row: TreeRow) -> Iterator[list[int]]:
    """Members with fresh nodes, those of like shape together."""
    batch: list[int] = []
    real = queries = keys = 0
    some = [m for m, fresh in enumerate(row.fresh) if fresh]
    for m in sorted(some, key=lambda m: (row.fresh[m], len(row.paths[m]))):
        fresh, length = row.fresh[m], len(row.paths[m])
        padded = (len(batch) + 1) * max(queries, fresh) * max(keys, length)
        if (batch and padded - real - fresh * length > _FREE_ENTRIES) or (batch and padded > _MOST_ENTRIES):
            yield batch
            batch, real, queries, keys = [], 0, 0, 0
        batch.append(m)
        real, queries, keys = real + fresh * length, max(queries, fresh), max(keys, length)
    if batch:
        yield batch
