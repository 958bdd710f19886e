"""The encoding: one message, one encoding; anything else is refused with one sentence."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from masked_sums import enrolment, federation, identity, step, terms

from tocsin.errors import TocsinError
from tocsin.privacy.masking import SumRefused, SumServer
from tocsin.privacy.masking.client import SumClient
from tocsin.privacy.masking.messages import Call, Entry, Key, Masked, Receipt, Seed, Unmask, View, decode, encode

hashes, signatures, numbers = (
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=64, max_size=64),
    st.integers(0, 2**31 - 1),
)
attempts = st.integers(1, 2)
entries = st.builds(Entry, numbers, numbers, hashes, signatures, st.lists(hashes, max_size=3).map(tuple))
receipts = st.builds(Receipt, numbers, numbers, hashes, hashes, signatures)
agreed = st.builds(
    lambda channel, cohort, round_, size: terms(3, channel=channel, cohort=cohort, round=round_, size=size),
    st.text(max_size=20),
    st.text(max_size=20),
    numbers,
    st.integers(1, 2**31 - 1),
)
messages = st.one_of(
    st.builds(Call, agreed, attempts),
    st.builds(Key, hashes, attempts, numbers, hashes, signatures),
    st.builds(View, hashes, attempts, hashes, st.integers(1, 2**31 - 1), st.lists(entries, max_size=3).map(tuple)),
    st.builds(Masked, hashes, attempts, hashes, receipts, st.binary(max_size=50)),
    st.builds(Unmask, hashes, attempts, hashes, st.lists(receipts, max_size=3).map(tuple)),
    st.builds(Seed, hashes, attempts, hashes, numbers, hashes, signatures),
)


@given(messages)
def test_what_is_written_is_read(message):
    assert decode(encode(message)) == message


@given(messages, st.data())
def test_a_changed_message_is_refused_or_is_another_message_with_this_one_encoding(message, data):
    good = bytearray(encode(message))
    how = data.draw(st.sampled_from(["cut", "add", "flip", "swap"]))
    at = data.draw(st.integers(0, len(good) - 1))
    if how == "cut":
        bad = bytes(good[:at])
    elif how == "add":
        bad = bytes(good) + data.draw(st.binary(min_size=1, max_size=9))
    elif how == "flip":
        good[at] ^= 1 << data.draw(st.integers(0, 7))
        bad = bytes(good)
    else:
        bad = bytes(good[at:] + good[:at])
    check(bad)


@given(st.binary(max_size=300), st.integers(0, 8))
def test_any_bytes_are_refused_or_are_a_message_with_this_one_encoding(body, kind):
    check(body)
    check(b"TSUM\1" + bytes([kind]) + body)


def check(data: bytes) -> None:
    try:
        message = decode(data)
    except TocsinError as refused:
        sentence = str(refused)
        assert sentence.endswith(".") and "\n" not in sentence and sentence[0].isupper()
    else:
        assert encode(message) == data


def test_a_number_of_entries_that_is_a_lie_costs_nothing():
    view = encode(View(bytes(32), 1, bytes(32), 5, ()))
    with pytest.raises(SumRefused, match="ends too early"):
        decode(view[:-4] + (2**31 - 1).to_bytes(4, "big"))


@pytest.mark.parametrize("bad", [{"failure": math.nan}, {"colluding": 1.0}, {"minimum": 1}, {"low": 5, "high": 5}])
def test_terms_that_make_no_sense_are_refused(bad):
    with pytest.raises(SumRefused):
        terms(3, **bad)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 6), st.integers(0, 3))
def test_neither_side_is_stopped_by_rubbish(body, kind, steps):
    server, parties = federation(3)
    for _ in range(steps):
        step(server, parties)
    data = b"TSUM\1" + bytes([kind]) + body
    assert isinstance(server.take(1, data), str)
    with pytest.raises(SumRefused):
        parties[1].answer(data)
    while not server.over:
        step(server, parties)
    assert (server.total == sum(p.drawn[-1] for p in parties.values())).all()


@given(st.binary(min_size=1, max_size=300))
def test_a_kept_state_that_was_damaged_is_refused(rubbish):
    for make in (
        lambda: SumClient(0, identity(0), enrolment(3), lambda _: None, rubbish),
        lambda: SumServer(terms(3), enrolment(3), state=rubbish),
    ):
        try:
            make()
        except SumRefused:
            continue
        assert rubbish == bytes(4)  # an empty journal
