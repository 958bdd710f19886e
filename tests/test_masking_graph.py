"""Who masks with whom: the graph is what it says, and the bound on what colluders learn holds in simulation."""

import hashlib
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tocsin.privacy.masking import Graph, degree_for, exposure


def seed(n: int) -> bytes:
    return hashlib.sha256(n.to_bytes(4, "big")).digest()


@settings(deadline=None)
@given(st.integers(3, 80), st.integers(1, 20), st.integers(0, 1000))
def test_the_graph_is_symmetric_regular_and_connected(count, half, number):
    graph = Graph(count, 2 * half, seed(number))
    neighbours = [graph.of(i) for i in range(count)]
    for i, of in enumerate(neighbours):
        assert len(set(of)) == len(of) == min(2 * half, count - 1) and i not in of
        assert all(i in neighbours[j] for j in of)
    assert components(neighbours, range(count)) == 1


def test_another_seed_gives_another_graph_and_the_same_seed_the_same():
    assert Graph(100, 6, seed(1)).of(3) == Graph(100, 6, seed(1)).of(3)
    assert len({Graph(100, 6, seed(i)).of(3) for i in range(50)}) == 50


def components(neighbours: list[tuple[int, ...]], among: range | list[int]) -> int:
    """Components of the graph on the clients `among`."""
    place = {client: i for i, client in enumerate(among)}
    ends = [(place[i], place[j]) for i in among for j in neighbours[i] if j in place]
    if not ends:
        return len(place)
    rows, columns = np.array(ends).T
    matrix = csr_array((np.ones(len(ends)), (rows, columns)), shape=(len(place), len(place)))
    return int(connected_components(matrix, directed=False)[0])


@pytest.mark.parametrize(
    ("count", "colluding", "degree"), [(40, 0.3, 4), (40, 0.5, 6), (100, 0.2, 4), (100, 0.33, 8), (60, 0.5, 10)]
)
def test_honest_clients_fall_apart_no_more_often_than_the_bound_says(count, colluding, degree):
    random, runs, apart = np.random.default_rng(3), 1500, 0
    for number in range(runs):
        graph = Graph(count, degree, seed(number))
        bad = set(random.choice(count, math.floor(colluding * count), replace=False).tolist())
        honest = [i for i in range(count) if i not in bad]
        ring, _ = graph._ring
        split = gaps([int(i) in bad for i in ring], degree // 2) >= 2
        if number < 100:  # the claim that the bound rests on, against a general algorithm
            assert split == (components([graph.of(i) for i in range(count)], honest) > 1)
        apart += split
    bound = exposure(count, colluding, degree)
    # Three standard errors: a bound that is broken by much would be found, a sound one fails once in a thousand.
    assert apart / runs <= bound + 3 * math.sqrt(max(bound * (1 - bound), 1e-9) / runs)
    if bound < 1:
        assert apart / runs >= bound / 40  # and it is not idle: within a factor that a union bound may lose


def gaps(bad: list[bool], half: int) -> int:
    """Runs of at least `half` colluders on the ring."""
    start = bad.index(False)
    text = "".join("x" if b else "." for b in bad[start:] + bad[:start])
    return sum(len(run) >= half for run in text.split("."))


def test_the_bound_falls_with_the_degree_and_rises_with_the_share():
    bounds = [exposure(1000, 0.3, d) for d in range(8, 60, 2)]
    assert all(a >= b for a, b in pairwise(bounds)) and bounds[-1] < 1e-20
    assert exposure(1000, 0.4, 40) > exposure(1000, 0.3, 40) > exposure(1000, 0.1, 40)
    assert exposure(50, 0.9, 49) == 0.0


@pytest.mark.parametrize("count", [300, 1000, 10_000, 1_000_000])
def test_the_degree_is_the_least_that_is_enough_and_grows_with_the_logarithm(count):
    degree = degree_for(count, 1 / 3, 2.0**-40)
    assert exposure(count, 1 / 3, degree) <= 2.0**-40 < exposure(count, 1 / 3, degree - 2)
    # n^2/2 * share^degree = failure, solved for the degree
    assert degree <= (2 * math.log(count) + 40 * math.log(2)) / math.log(3) + 2


def test_a_small_roster_is_a_clique():
    assert degree_for(20, 1 / 3, 2.0**-40) <= 19
    assert degree_for(10, 0.9, 1e-12) == 9
