"""Which held-out records are asked under noise: one record more or less changes one place."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.behaviour import HeldOut
from tocsin.federation.disclosure import items_of_a_record
from tocsin.federation.language import drawn_from
from tocsin.study import parse

records = st.lists(st.integers(0, 10**6), min_size=1, max_size=60, unique=True)


def held_out(numbers):
    return [HeldOut(f"What is {n}?", f"It is {n}.", "all") for n in numbers]


@given(records, st.integers(1, 40), st.binary(min_size=1, max_size=40))
def test_one_record_more_or_less_changes_one_place(numbers, count, key):
    with_it = {e.response for e in drawn_from(held_out(numbers), count, key)}
    without = {e.response for e in drawn_from(held_out(numbers[1:]), count, key)}
    assert len(with_it) == min(count, len(numbers))
    assert len(with_it - without) <= 1 and len(without - with_it) <= 1
    assert drawn_from(held_out(reversed(numbers)), count, key) == drawn_from(held_out(numbers), count, key)


def test_another_key_is_another_lot():
    every = held_out(range(100))
    assert drawn_from(every, 10, b"a") != drawn_from(every, 10, b"b")


def test_a_record_is_charged_for_each_probe_that_may_ask_it():
    def items(*names):
        probes = [{"name": name, "at": "clients", "groups": ["a"]} for name in names]
        return items_of_a_record(parse({"name": "x", "probe": probes}, "x"))

    assert items("utility") == 2 and items("utility", "group-quality", "calibration-tokens") == 6
    assert items() == 1
