"""What texts have in common is computed once: sequences laid out as rows of prefix trees.

Sorted by their tokens, sequences that begin alike stand side by side, and each adds to the one before it only
what follows their common prefix: a question once, its answers after it; a sentence pair's beginning once; the
chat template's opening once for a whole row. Peers do the first of these with a key-value cache (RadixAttention,
Zheng et al., 2024, arXiv 2312.07104); for scoring, one pass over the tree
is enough, with each text's attention along its own path.
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

    ids, positions: (nodes,), the token of each node and its place in its sequences. `members` are the numbers of the
    sequences. Of member m, `paths[m]` are the nodes from its first token to its last but one, of which the last
    `fresh[m]`, at least 0, are in no earlier member's path; `at[m]` and `targets[m]`, of equal length, are the nodes
    whose states foresee its scored tokens, and those tokens.
    """

    ids: Ints
    positions: Ints
    members: list[int]
    paths: list[Ints]
    fresh: list[int]
    at: list[Ints]
    targets: list[Ints]


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
    paths: list[Ints] = []
    fresh: list[int] = []
    at: list[Ints] = []
    targets: list[Ints] = []
    path: Ints = np.empty(0, dtype=np.int64)
    for member, common in zip(members, shared, strict=True):
        whole, prompt = sequences[member]
        inputs = whole[:-1]
        common = min(common, len(inputs), len(path))
        path = np.concatenate([path[:common], np.arange(len(ids), len(ids) + len(inputs) - common)])
        ids.extend(inputs[common:])
        positions.extend(range(common, len(inputs)))
        paths.append(path)
        fresh.append(len(inputs) - common)
        at.append(path[prompt - 1 :])
        targets.append(np.asarray(whole[prompt:], dtype=np.int64))
    return TreeRow(np.asarray(ids), np.asarray(positions), members, paths, fresh, at, targets)
