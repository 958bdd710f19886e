"""Rows of prefix trees: nothing lost, nothing twice, each text along its own path."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.models.prefix_tree import tree_rows

# Few tokens and short texts, so that many begin alike.
texts = st.lists(st.integers(0, 2), min_size=1, max_size=8).map(tuple)
cases = st.lists(texts.flatmap(lambda ids: st.tuples(st.just(ids), st.integers(1, len(ids)))), min_size=0, max_size=12)


@given(cases, st.integers(1, 40))
def test_every_scored_token_is_foreseen_from_its_own_prefix(
    sequences: list[tuple[tuple[int, ...], int]], budget: int
) -> None:
    seen = []
    for row in tree_rows(sequences, budget):
        for member, path, at, targets in zip(row.members, row.paths, row.at, row.targets, strict=True):
            ids, prompt = sequences[member]
            seen.append(member)
            assert tuple(row.ids[path]) == ids[:-1]
            assert list(row.positions[path]) == list(range(len(ids) - 1))
            assert tuple(targets) == ids[prompt:]
            assert list(at) == list(path[prompt - 1 :])
    assert sorted(seen) == [i for i, (ids, prompt) in enumerate(sequences) if len(ids) > prompt]


@given(cases, st.integers(1, 40))
def test_a_node_is_fresh_in_one_text_and_has_one_past(
    sequences: list[tuple[tuple[int, ...], int]], budget: int
) -> None:
    for row in tree_rows(sequences, budget):
        fresh = [int(n) for path, new in zip(row.paths, row.fresh, strict=True) for n in path[len(path) - new :]]
        assert fresh == list(range(len(row.ids)))
        pasts = {(int(node), tuple(path[:place])) for path in row.paths for place, node in enumerate(path)}
        assert len(pasts) == len(row.ids)


@given(cases)
def test_in_one_row_no_prefix_stands_twice(sequences: list[tuple[tuple[int, ...], int]]) -> None:
    wanted = {ids[:n] for ids, prompt in sequences if len(ids) > prompt for n in range(1, len(ids))}
    assert sum(len(row.ids) for row in tree_rows(sequences, 10_000)) == len(wanted)


def test_a_row_keeps_to_its_budget_unless_one_text_is_longer() -> None:
    random = np.random.default_rng(0)
    sequences = [(tuple(random.integers(3, 99, size).tolist()), 1) for size in random.integers(2, 30, 200)]
    rows = list(tree_rows([*sequences, (tuple(range(80)), 1)], 64))
    assert [len(row.ids) for row in rows if len(row.ids) > 64] == [79]


@pytest.mark.parametrize("budget", [16, 64])
def test_a_long_common_opening_is_not_repeated_for_each_text(budget: int) -> None:
    opening = tuple(range(100, 200))
    rows = list(tree_rows([((*opening, i, i + 1), 100) for i in range(50)], budget))
    assert len(rows) == 1 and len(rows[0].ids) == 150
