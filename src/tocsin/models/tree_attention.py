"""Attention within the rows of `prefix_tree`: each node sees its ancestors and itself."""

import numpy as np
import torch
import torch.nn.functional as functional

from tocsin.models.prefix_tree import TreeRow

# Entries of one call's masks: units of like length are attended together, because a call has a price of its own.
_MASK_ENTRIES = 1 << 20


class TreeAttention:
    """The units of one row in a few batches, made once and used in every layer."""

    def __init__(self, row: TreeRow, device: torch.device) -> None:
        self._root = row.root
        self._batches: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        units = sorted(row.units, key=lambda unit: unit[1] - unit[0])
        while units:
            # The longest first: it sets the width of its batch.
            width = units[-1][1] - units[-1][0]
            count = max(1, _MASK_ENTRIES // (width * (row.root + width)))
            batch, units = units[-count:], units[:-count]
            index = np.zeros((len(batch), width), dtype=np.int64)
            real = np.zeros((len(batch), width), dtype=np.bool_)
            mask = np.zeros((len(batch), width, row.root + width), dtype=np.bool_)
            mask[:, :, 0] = True  # padding must see something: a row without any gives NaN
            for place, (begin, end) in enumerate(batch):
                size = end - begin
                index[place, :size] = np.arange(begin, end)
                real[place, :size] = True
                mask[place, :size, : row.root + size] = row.mask((begin, end))
            self._batches.append(
                (
                    torch.from_numpy(index).to(device),
                    torch.from_numpy(real).to(device),
                    torch.from_numpy(mask)[:, None].to(device),
                )
            )

    def attend(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float | None
    ) -> torch.Tensor:
        """query: (1, heads, nodes, head size); key, value: the same with as many or fewer heads.

        Returns (1, nodes, heads, head size).
        """
        q = query[0].transpose(0, 1)  # (nodes, heads, head size): gathering whole nodes is the cheap way round
        k, v = key[0].transpose(0, 1), value[0].transpose(0, 1)
        out = torch.empty_like(q)
        root = self._root
        if root:
            seen = functional.scaled_dot_product_attention(
                query[:, :, :root],
                key[:, :, :root],
                value[:, :, :root],
                is_causal=True,
                scale=scaling,
                enable_gqa=True,
            )
            out[:root] = seen[0].transpose(0, 1)
        for index, real, mask in self._batches:
            units = len(index)
            keys, values = (
                torch.cat([part[:root].expand(units, -1, -1, -1), part[index]], 1).transpose(1, 2) for part in (k, v)
            )
            seen = functional.scaled_dot_product_attention(
                q[index].transpose(1, 2), keys, values, attn_mask=mask, scale=scaling, enable_gqa=True
            )
            out[index[real]] = seen.transpose(1, 2)[real]
        return out[None]
