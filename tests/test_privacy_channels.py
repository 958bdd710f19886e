"""Channels: what goes in comes out without noise, one unit moves no more than is charged, and unknown is no zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.privacy.channels import STEP, ClientDP, Counts, Histogram, Known, SampleDP, Trips, Unknown, Unprotected
from tocsin.privacy.channels.channel import Channel
from tocsin.privacy.schema import BINS, MOMENTS, Schema
from tocsin.privacy.tally import Tally

SCHEMA = Schema({"refusal": ("cyber", "fraud"), "bias": ("all",)}, most=100)
STREAMS = (("refusal", "cyber", "ward"), ("refusal", "cyber", "office"), ("bias", "all", "ward"))
SPREADS = (("bias", "after"), ("refusal", "after"))

# One client's records: (probe, group, change), a change above 0 being for the worse.
records = st.lists(
    st.tuples(st.sampled_from([("refusal", "cyber"), ("refusal", "fraud"), ("bias", "all")]), st.floats(-1, 1)),
    max_size=12,
)


def tally(changes):
    """As a client fills it: each record is an item at every moment."""
    filled = Tally(SCHEMA)
    for (probe, group), change in changes:
        before = 0.5 - change / 2
        values = {"before": before, "after": before + change, "worse": max(0, change), "better": max(0, -change)}
        for moment in MOMENTS:
            filled.add(probe, moment, [(group, min(1.0, max(0.0, values[moment])))])
    return filled.vector


def moved_by(channel: Channel, one, other):
    difference = np.abs(one - other)
    assert difference.max(initial=0) <= channel.step
    return int((difference > 0).sum())


@given(st.lists(st.sampled_from([None, *STREAMS]), min_size=2, max_size=30))
def test_trips_decode_exactly_without_noise(firsts):
    trips = Trips(STREAMS)
    total = sum(trips.encode(first) for first in firsts)
    readings = trips.decode(total, clients=len(firsts), floor=2, variance=0.0)
    assert readings == {s: Known((float(firsts.count(s)),), 0.0) for s in STREAMS}


@given(st.lists(records, min_size=1, max_size=6), st.sampled_from([("worse", "better"), ("after",), MOMENTS]))
def test_counts_decode_to_the_sums_without_noise(clients, moments):
    counts = Counts(SCHEMA, moments)
    vectors = [counts.encode(tally(changes)) for changes in clients]
    assert all(v.min(initial=0) >= 0 and v.max(initial=0) <= counts.bound for v in vectors)
    for key, reading in counts.decode(sum(vectors), clients=9, floor=1, variance=0.0).items():
        changes = [change for client in clients for where, change in client if where == key]
        if not changes:
            assert isinstance(reading, Unknown)
            continue
        n, *sums = reading.values
        assert n == len(changes)
        # Each client rounds its sum once.
        wanted = {
            "before": sum(0.5 - c / 2 for c in changes),
            "after": sum(0.5 + c / 2 for c in changes),
            "worse": sum(max(0, c) for c in changes),
            "better": sum(max(0, -c) for c in changes),
        }
        assert sums == pytest.approx([wanted[m] for m in moments], abs=len(clients) / (2 * STEP) + 1e-3)


@given(records, st.data(), st.sampled_from([("worse", "better"), ("after",), ("before", "after", "worse"), MOMENTS]))
def test_one_record_moves_no_more_of_the_counts_than_is_charged(changes, data, moments):
    counts = Counts(SCHEMA, moments)
    if not changes:
        changes = [(("bias", "all"), 0.3)]
    at = data.draw(st.integers(0, len(changes) - 1))
    without = counts.encode(tally(changes[:at] + changes[at + 1 :]))
    with_ = counts.encode(tally(changes))
    assert moved_by(counts, without, with_) <= counts.moved("record", "add-or-remove")
    replaced = list(changes)
    replaced[at] = data.draw(records.filter(len))[0]
    assert moved_by(counts, with_, counts.encode(tally(replaced))) <= counts.moved("record", "replace-one")


@given(st.sampled_from([None, *STREAMS]), st.sampled_from([None, *STREAMS]))
def test_one_client_moves_no_more_of_the_trips_than_is_charged(first, other):
    trips = Trips(STREAMS)
    nothing = np.zeros(trips.size, np.int64)
    assert moved_by(trips, trips.encode(first), nothing) <= trips.moved("client", "add-or-remove") == 1
    assert moved_by(trips, trips.encode(first), trips.encode(other)) <= trips.moved("client", "replace-one") == 2
    assert trips.moved("record", "add-or-remove") == 2


@given(st.tuples(st.floats(0, 1), st.floats(0, 1)), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_one_client_moves_no_more_of_the_histogram_than_is_charged(scores, others):
    histogram = Histogram(SCHEMA, SPREADS)

    def votes(values):
        filled = Tally(SCHEMA)
        for (probe, moment), value in zip(SPREADS, values, strict=True):
            filled.vote(probe, moment, value)
        return histogram.encode(filled.vector)

    nothing = np.zeros(histogram.size, np.int64)
    assert moved_by(histogram, votes(scores), nothing) <= histogram.moved("client", "add-or-remove") == 2
    assert moved_by(histogram, votes(scores), votes(others)) <= histogram.moved("client", "replace-one") == 4
    assert moved_by(histogram, votes(scores), votes(others)) <= histogram.moved("record", "add-or-remove")
    total = votes(scores) + votes(others)
    for i, spread in enumerate(SPREADS):
        bins = histogram.decode(total, clients=2, floor=2, variance=0.0)[spread].values
        assert len(bins) == BINS
        assert sum(bins) == 2
        assert bins[min(int(scores[i] * BINS), BINS - 1)] >= 1


def test_a_roster_under_the_floor_is_unknown_in_every_cell():
    for channel in (Trips(STREAMS), Counts(SCHEMA), Histogram(SCHEMA, SPREADS)):
        readings = channel.decode(np.full(channel.size, 999), clients=4, floor=5, variance=1.0)
        assert readings
        assert all(isinstance(r, Unknown) and "fewer than 5" in r.why for r in readings.values())


def test_a_cell_under_the_floor_is_unknown_and_one_above_is_known():
    counts = Counts(SCHEMA)
    many, few = [(("bias", "all"), 0.5)] * 9, [(("refusal", "cyber"), 0.5)] * 4
    readings = counts.decode(counts.encode(tally(many + few)), clients=5, floor=5, variance=0.0)
    assert readings["bias", "all"] == Known((9.0, 4.5, 0.0), 0.0)
    assert isinstance(readings["refusal", "cyber"], Unknown)
    assert isinstance(readings["refusal", "fraud"], Unknown)  # nobody had it: unknown, and not a rate of 0


def test_noise_lets_a_cell_under_the_floor_through_once_in_a_hundred_at_most():
    counts, rng = Counts(SCHEMA), np.random.default_rng(3)
    sd, shown = 40.0, 0
    truth = counts.encode(tally([(("bias", "all"), 0.5)] * 4))
    for _ in range(4000):
        noised = truth + np.round(rng.normal(0, sd, counts.size)).astype(np.int64)
        reading = counts.decode(noised, clients=5, floor=5, variance=sd**2)["bias", "all"]
        shown += isinstance(reading, Known)
    assert 0 < shown <= 40


def test_nobody_is_promised_what_a_channel_cannot_hold():
    assert Counts(SCHEMA).moved("client", "add-or-remove") is None
    for unit in ("client", "record", "training record"):
        assert Unprotected().moved(unit, "add-or-remove") is None
    assert SampleDP(1.0, 0.01, 10).moved("client", "add-or-remove") is None
    assert SampleDP(1.0, 0.01, 10).moved("record", "add-or-remove") is None
    assert SampleDP(1.0, 0.01, 10).moved("training record", "add-or-remove") == 10
    with pytest.raises(Exception, match="add-or-remove"):
        SampleDP(1.0, 0.01, 10).moved("training record", "replace-one")
    assert ClientDP(1.0).moved("client", "add-or-remove") == 1


def test_layouts_that_differ_have_hashes_that_differ():
    channels = [
        Trips(STREAMS), Trips(STREAMS[::-1]), Counts(SCHEMA), Counts(SCHEMA, ("after",)),
        Histogram(SCHEMA, SPREADS), Histogram(SCHEMA, SPREADS[:1]),
    ]  # fmt: skip
    assert len({c.hash for c in channels}) == len(channels)
    assert all(len(c.hash) == 64 for c in channels)


def test_counts_of_moments_with_different_items_are_refused():
    filled = Tally(SCHEMA)
    filled.add("bias", "worse", [("all", 1.0)])
    with pytest.raises(ValueError, match="different numbers of items"):
        Counts(SCHEMA).encode(filled.vector)
    with pytest.raises(ValueError, match="is wanted"):
        Counts(SCHEMA, ("later",))
    with pytest.raises(ValueError, match="are wanted"):
        Histogram(SCHEMA, (("bias", "later"),))
