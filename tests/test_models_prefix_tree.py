"""Rows of prefix trees: nothing lost, nothing twice, nobody sees what is not theirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.models.prefix_tree import TreeRow, tree_rows

# Few tokens and short texts, so that many begin alike.
texts = st.lists(st.integers(0, 2), min_size=1, max_size=8).map(tuple)
cases = st.lists(
    texts.flatmap(lambda ids: st.tuples(st.just(ids), st.integers(1, len(ids)))), min_size=0, max_size=12
)


def ancestors(row: TreeRow, node: int) -> list[int]:
    path = []
    while node >= 0:
        path.append(node)
        node = int(row.parents[node])
    return path[::-1]


@given(cases, st.integers(1, 40))
def test_every_scored_token_is_foreseen_from_its_own_prefix(
    sequences: list[tuple[tuple[int, ...], int]], budget: int
) -> None:
    seen = []
    for row in tree_rows(sequences, budget):
        for member, nodes, targets in zip(row.members, row.nodes, row.targets, strict=True):
            ids, prompt = sequences[member]
            seen.append(member)
            assert tuple(targets) == ids[prompt:]
            for place, node in enumerate(nodes):
                path = ancestors(row, int(node))
                assert tuple(row.ids[path]) == ids[: prompt + place]
                assert list(row.positions[path]) == list(range(prompt + place))
    assert sorted(seen) == [i for i, (ids, prompt) in enumerate(sequences) if len(ids) > prompt]


@given(cases, st.integers(1, 40))
def test_a_node_sees_its_ancestors_and_itself(sequences: list[tuple[tuple[int, ...], int]], budget: int) -> None:
    for row in tree_rows(sequences, budget):
        covered = list(range(row.root))
        assert [int(p) for p in row.parents[: row.root]] == list(range(-1, row.root - 1))
        for unit in row.units:
            columns = [*range(row.root), *range(*unit)]
            mask = row.mask(unit)
            for line, node in zip(mask, range(*unit), strict=True):
                assert [c for c, sees in zip(columns, line, strict=True) if sees] == ancestors(row, node)
            covered += range(*unit)
        assert sorted(covered) == list(range(len(row.ids)))


@given(cases)
def test_in_one_row_no_prefix_stands_twice(sequences: list[tuple[tuple[int, ...], int]]) -> None:
    for row in tree_rows(sequences, 10_000):
        prefixes = [tuple(row.ids[ancestors(row, node)]) for node in range(len(row.ids))]
        assert len(set(prefixes)) == len(prefixes)
        wanted = {ids[:n] for ids, prompt in sequences if len(ids) > prompt for n in range(1, len(ids))}
        assert set(prefixes) == wanted


def test_a_row_keeps_to_its_budget_unless_one_text_is_longer() -> None:
    random = np.random.default_rng(0)
    sequences = [(tuple(random.integers(3, 99, size).tolist()), 1) for size in random.integers(2, 30, 200)]
    rows = list(tree_rows([*sequences, (tuple(range(80)), 1)], 64))
    assert [len(row.ids) for row in rows if len(row.ids) > 64] == [79]


@pytest.mark.parametrize("budget", [16, 64])
def test_a_long_common_opening_is_not_repeated_for_each_text(budget: int) -> None:
    opening = tuple(range(100, 200))
    rows = list(tree_rows([((*opening, i, i + 1), 100) for i in range(50)], budget))
    assert len(rows) == 1 and len(rows[0].ids) == 150 and rows[0].root == 100
