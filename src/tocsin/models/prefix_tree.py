"""What texts have in common is computed once: sequences laid out as rows of prefix trees.

Sorted by their tokens, sequences that begin alike stand side by side, and each adds to the one before it only
what follows their common prefix: a question once, its answers after it; a sentence pair's beginning once; the
chat template's opening once for a whole row. Peers do the first of these with a key-value cache (RadixAttention,
Zheng et al., 2024, arXiv 2312.07104); for scoring, one pass with a mask is enough (tree attention, as in Medusa, Cai
et al., 2024, arXiv 2401.10774).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TreeRow:
    """Some sequences, without repetition of what they share, in depth-first order.

    ids, positions: (tokens,), the token of each node and its place in its sequences. parents: (tokens,), the node
    before each, -1 for a first one. The first `root` nodes are a chain under which everything else hangs; each
    (begin, end) of `units` is a range of nodes that see only the root and each other.

    `members` are the numbers of the sequences, `nodes[m]` and `targets[m]`, of equal length, the nodes whose states
    foresee the scored tokens of member m, and those tokens.
    """

    ids: Ints
    positions: Ints
    parents: Ints
    root: int
    units: list[tuple[int, int]]
    members: list[int]
    nodes: list[Ints]
    targets: list[Ints]

    def mask(self, unit: tuple[int, int]) -> NDArray[np.bool_]:
        """Which node of `unit` sees which of root and unit: (end - begin, root + end - begin)."""
        begin, end = unit
        size = end - begin
        sees = np.zeros((size, self.root + size), dtype=np.bool_)
        sees[:, : self.root] = True
        own = sees[:, self.root :]
        parents = self.parents[begin:end] - begin
        # A chain of nodes sees what its first node's parent sees, and itself up to each node.
        starts = [0, *(np.flatnonzero(parents[1:] != np.arange(size - 1)) + 1)]
        for start, stop in zip(starts, [*starts[1:], size], strict=True):
            if parents[start] >= 0:
                own[start:stop] = own[parents[start]]
            own[start:stop, start:stop] = np.tri(stop - start, dtype=np.bool_)
        return sees


def tree_rows(sequences: Sequence[tuple[tuple[int, ...], int]], budget: int) -> Iterator[TreeRow]:
    """Rows of about `budget` nodes that hold every (ids, prompt) of `sequences` with a token to score.

    The tokens from place `prompt` (at least 1) on are scored; the last one is no node, for nothing follows it. A long
    common root is repeated in each row, so a row may grow to eight times its root.
    """
    order = sorted((i for i, (ids, prompt) in enumerate(sequences) if len(ids) > prompt), key=lambda i: sequences[i][0])
    shared = [0, *(common_prefix(sequences[i][0], sequences[j][0]) for i, j in pairwise(order))]
    begin = 0
    while begin < len(order):
        end, size = begin + 1, len(sequences[order[begin]][0]) - 1
        root = size
        while end < len(order):
            inputs = len(sequences[order[end]][0]) - 1
            size += inputs - min(shared[end], inputs)
            root = min(root, shared[end], inputs)
            if size > max(budget, 8 * root):
                break
            end += 1
        yield _row(sequences, order[begin:end], [0, *shared[begin + 1 : end]])
        begin = end


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences begin with in common."""
    least = min(len(a), len(b))
    return next((i for i in range(least) if a[i] != b[i]), least)


def _row(sequences: Sequence[tuple[tuple[int, ...], int]], members: list[int], shared: list[int]) -> TreeRow:
    ids: list[int] = []
    positions: list[int] = []
    parents: list[int] = []
    nodes, targets, path = [], [], np.empty(0, dtype=np.int64)
    borders: list[tuple[int, int]] = []  # (first new node, how much is shared with the sequence before)
    for member, common in zip(members, shared, strict=True):
        whole, prompt = sequences[member]
        inputs = whole[:-1]
        common = min(common, len(inputs), len(path))
        first = len(ids)
        borders.append((first, common))
        ids.extend(inputs[common:])
        positions.extend(range(common, len(inputs)))
        fresh = len(inputs) - common
        if fresh:
            parents.append(int(path[common - 1]) if common else -1)
            parents.extend(range(first, first + fresh - 1))
        path = np.concatenate([path[:common], np.arange(first, first + fresh)])
        nodes.append(path[prompt - 1 :])
        targets.append(np.asarray(whole[prompt:], dtype=np.int64))
    root = min((common for _, common in borders[1:]), default=0)
    starts = sorted({root, *(first for first, common in borders[1:] if common == root)} - {len(ids)})
    units = list(pairwise([*starts, len(ids)]))
    return TreeRow(
        np.asarray(ids, dtype=np.int64),
        np.asarray(positions, dtype=np.int64),
        np.asarray(parents, dtype=np.int64),
        root,
        units,
        members,
        nodes,
        targets,
    )
