"""Tallies: what goes in comes out, sums are sums, and nothing can overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.privacy import BINS, SCALE, Schema, Tally, decode

SCHEMA = Schema({"refusal": ("cyber", "fraud"), "utility": ("all",)}, most=1000)
outcomes = st.lists(st.tuples(st.sampled_from(["cyber", "fraud"]), st.floats(0, 1)), max_size=50)


@given(st.lists(outcomes, min_size=1, max_size=5))
def test_the_sum_of_tallies_is_the_tally_of_all_outcomes(clients):
    vectors = []
    for client in clients:
        tally = Tally(SCHEMA)
        tally.add("refusal", "before", client)
        vectors.append(tally.vector)
    cells = decode(np.sum(vectors, axis=0), SCHEMA).cells
    for group in ("cyber", "fraud"):
        values = [v for client in clients for g, v in client if g == group]
        if not values:
            assert ("refusal", group, "before") not in cells
            continue
        cell = cells["refusal", group, "before"]
        assert cell.n == len(values)
        assert cell.total == pytest.approx(sum(values), abs=len(values) / SCALE)
        assert cell.squares == pytest.approx(sum(v * v for v in values), abs=len(values) / SCALE)


def test_a_client_votes_once():
    tally = Tally(SCHEMA)
    tally.vote("utility", "after", 0.1)
    tally.vote("utility", "after", 1.0)
    spread = decode(tally.vector, SCHEMA).spreads["utility", "after"]
    assert spread.votes == (0,) * (BINS - 1) + (1,)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_an_outcome_out_of_bounds_is_refused(value):
    with pytest.raises(ValueError, match=r"outcomes are in \[0, 1\]"):
        Tally(SCHEMA).add("refusal", "before", [("cyber", value)])


def test_a_cell_that_is_not_in_the_schema_is_refused():
    with pytest.raises(ValueError, match="has no cell"):
        Tally(SCHEMA).add("refusal", "before", [("violence", 1.0)])


def test_a_cell_takes_no_more_than_the_schema_allows():
    tally = Tally(Schema({"p": ("all",)}, most=3))
    with pytest.raises(ValueError, match="more than 3"):
        tally.add("p", "before", [("all", 1.0)] * 4)


def test_the_largest_tally_is_within_the_bound():
    """What a masked sum's modulus is made for."""
    schema = Schema({"p": ("all",)}, most=4)
    tally = Tally(schema)
    tally.add("p", "before", [("all", 1.0)] * 4)
    assert tally.vector.max() == schema.bound


def test_the_hash_tells_schemas_apart_and_does_not_depend_on_the_order_of_writing():
    assert Schema({"a": ("x", "y"), "b": ("z",)}).hash == Schema({"b": ("z",), "a": ("y", "x")}).hash
    assert Schema({"a": ("x",)}).hash != Schema({"a": ("x", "y")}).hash
    assert Schema({"a": ("x",)}).hash != Schema({"a": ("x",)}, most=7).hash
