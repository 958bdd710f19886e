"""The egress record: everything that leaves a client, before it leaves."""

import json
from datetime import UTC, datetime

import pytest

from tocsin.errors import TocsinError
from tocsin.privacy.egress import Departure, Egress, Total, read, totals

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_what_was_recorded_is_read_in_order(tmp_path):
    path = tmp_path / "egress.jsonl"
    Egress(path).record("server", "key", "signed", 96, NOON)
    Egress(path).record("server", "trip", "masked and noised", 480)  # a new process
    key, trip = read(path)
    assert key == Departure(NOON, "server", "key", "signed", 96)
    assert (trip.kind, trip.size) == ("trip", 480)
    assert abs((datetime.now(UTC) - trip.when).total_seconds()) < 60


def test_totals_by_kind_and_protection(tmp_path):
    path = tmp_path / "egress.jsonl"
    egress = Egress(path)
    egress.record("server", "update", "none", 1000, NOON)
    egress.record("server", "trip", "masked and noised", 480, NOON)
    egress.record("server", "trip", "masked and noised", 20, NOON)
    egress.record("server", "update", "masked", 5, NOON)
    assert totals(read(path)) == {
        ("trip", "masked and noised"): Total(2, 500),
        ("update", "masked"): Total(1, 5),
        ("update", "none"): Total(1, 1000),
    }


def test_a_line_is_plain_to_read(tmp_path):
    path = tmp_path / "egress.jsonl"
    Egress(path).record("server", "update", "none", 1000, NOON)
    line = json.loads(path.read_text())
    assert line["when"] == "2026-05-04T12:00:00+00:00"
    assert (line["to"], line["kind"], line["protection"], line["bytes"]) == ("server", "update", "none", 1000)


@pytest.mark.parametrize(
    "departure",
    [("server", "update", "none", -1), ("server", "gossip", "none", 1), ("s", "key", "none", 1, datetime(2026, 1, 1))],
)
def test_what_is_no_departure_is_not_written(tmp_path, departure):
    path = tmp_path / "egress.jsonl"
    with pytest.raises(ValueError):
        Egress(path).record(*departure)
    assert read(path) == ()


def test_a_record_that_is_not_there_or_was_changed_is_refused(tmp_path):
    path = tmp_path / "egress.jsonl"
    with pytest.raises(TocsinError, match="no egress record"):
        read(path)
    egress = Egress(path)
    egress.record("server", "update", "none", 1000, NOON)
    egress.record("server", "update", "none", 1000, NOON)
    path.write_text(path.read_text().replace("1000", "10", 1))
    with pytest.raises(TocsinError, match="was changed"):
        read(path)
