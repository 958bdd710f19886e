"""How arrays travel: as Flower serialises them, copied on the way, and refused where they are none."""

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict

from tocsin.federation import flower
from tocsin.federation.guards import Refused, sums_from, update_from

ADAPTER = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(3.5, np.float32)}


def message(**records):
    flower.ensure_identity()
    return Message(RecordDict(records), dst_node_id=1, message_type="train")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((0, 4), np.int64),
        np.array(7, np.int8),
        np.array([True, False]),
        np.arange(10, dtype=">i4")[::2],
    ],
)
def test_arrays_are_the_bytes_that_flower_makes_and_come_back_the_same(array):
    ours, flowers = flower.array_record({"x": array}), Array(np.ascontiguousarray(array))
    if array.ndim:  # ascontiguousarray gives a scalar a dimension
        assert ours["x"].data == flowers.data
    assert ours["x"].object_id == Array(np.asarray(array, order="C")).object_id
    for record in (ours, ArrayRecord({"x": Array(array)})):
        back = flower.named_arrays(record)["x"]
        assert back.dtype == array.dtype
        np.testing.assert_array_equal(back, array)


def test_a_held_record_is_read_as_it_is_and_cannot_be_changed():
    record = flower.held_record(ADAPTER)
    np.testing.assert_array_equal(record["a"].numpy(), ADAPTER["a"])
    with pytest.raises(ValueError, match="read-only"):
        record["a"].numpy()[0, 0] = 1.0
    assert flower.named_arrays(record)["b"] == 3.5


def test_who_gets_a_message_cannot_change_the_senders():
    sent = message(update=flower.array_record(ADAPTER), task=ConfigRecord({"round": 1}))
    arrived = flower.posted(sent)
    arrived.content["update"]["a"].data = b""
    arrived.content["update"].pop("b")
    arrived.content["task"]["round"] = 2
    assert arrived.metadata.message_id != sent.metadata.message_id
    assert sent.content["task"]["round"] == 1
    np.testing.assert_array_equal(flower.named_arrays(sent.content["update"])["a"], ADAPTER["a"])
    assert set(sent.content["update"]) == {"a", "b"}


def raw(data: bytes) -> ArrayRecord:
    return ArrayRecord({name: Array("float32", a.shape, "numpy.ndarray", data) for name, a in ADAPTER.items()})


GOOD = flower.array_record(ADAPTER)["a"].data


@pytest.mark.parametrize(
    "record",
    [
        raw(b""),
        raw(b"junk"),
        raw(GOOD[:40]),
        raw(GOOD[:-1]),
        raw(GOOD + b"1234"),
        raw(GOOD.replace(b"<f4", b"|O8")),
        ArrayRecord({"a": Array("float32", (2, 3), "pickle", b"cos\nsystem\n(S'ls'\ntR.")}),
        ConfigRecord({"a": 1}),
    ],
)
def test_what_is_no_array_is_refused_for_that_client_alone(record):
    with pytest.raises(Refused, match=r"cannot be read|holds no arrays"):
        update_from(message(update=record), 1, ADAPTER, weigh=False)


NOTHING = ConfigRecord({})


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ({"sums": NOTHING}, 'lacks "refusals"'),
        ({"sums": NOTHING, "refusals": NOTHING, "scores": NOTHING}, 'holds "scores", which was not asked for'),
        ({"sums": ArrayRecord({}), "refusals": NOTHING}, "no parts of sums"),
        ({"sums": ConfigRecord({"counts": b"1"}), "refusals": NOTHING}, 'holds "counts", which was not asked for'),
        ({"sums": NOTHING, "refusals": ConfigRecord({"counts": "no"})}, 'holds "counts", which was not asked for'),
        ({"sums": ConfigRecord({"tally": [1, 2]}), "refusals": NOTHING}, "are no bytes"),
        ({"failure": ConfigRecord({"reason": "the disk is full"})}, "the disk is full"),
    ],
)
def test_what_is_no_part_of_a_sum_is_refused_for_that_client_alone(records, reason):
    with pytest.raises(Refused, match=reason):
        sums_from(message(**records), {"tally": b"asked"})


def test_a_weight_that_is_none_is_refused():
    with pytest.raises(Refused, match="metrics that were not asked for"):
        update_from(message(update=flower.array_record(ADAPTER), weight=ConfigRecord({"n": 1})), 1, ADAPTER, weigh=True)
