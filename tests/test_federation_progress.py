"""What a server in another process tells arrives as if it had been told here."""

import pytest

from tocsin.errors import FederationError, TocsinError
from tocsin.federation.progress import ProgressReader, ProgressWriter
from tocsin.records import Measure, Refusal, RoundRecord

RECORD = RoundRecord(
    round=1,
    asked=(0, 1),
    refused=(Refusal(client=1, reason="late"),),
    measures=(Measure(probe="p", group="all", moment="after", by="server", n=3, total=1.5, squares=0.75),),
    seconds={"clients": 0.1},
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "progress.jsonl"


@pytest.fixture
def reader(path):
    return ProgressReader(path)


@pytest.fixture
def writer(path, reader):
    return ProgressWriter(path)


def test_records_and_client_numbers_survive_the_way(reader, writer):
    told = [("finished", {"record": RECORD}), ("retry", {"round": 2, "refused": {3: "late"}}), ("joined", {"here": 1})]
    assert list(reader.news()) == []
    for kind, detail in told:
        writer.tell(kind, detail)
    assert list(reader.news()) == told
    assert list(reader.news()) == []
    writer.ended()
    assert list(reader.news()) == [] and reader.ended


def test_half_a_line_waits_for_its_other_half(path, reader, writer):
    writer.tell("joined", {"here": 1})
    line = path.read_bytes()
    path.write_bytes(line + line[:10])
    assert len(list(reader.news())) == 1
    path.write_bytes(line + line)
    assert len(list(reader.news())) == 1


@pytest.mark.parametrize("kind", [TocsinError, FederationError])
def test_our_own_errors_are_raised_as_they_were(kind, reader, writer):
    writer.failed(kind("The disk is full; free it."))
    with pytest.raises(TocsinError) as caught:
        list(reader.news())
    assert type(caught.value) is kind
    assert str(caught.value) == "The disk is full; free it."


def test_other_peoples_errors_name_their_log(reader, writer):
    writer.failed(ZeroDivisionError("division by zero"))
    with pytest.raises(FederationError, match=r"ZeroDivisionError: division by zero.*deployment/logs"):
        list(reader.news())


def test_what_an_earlier_attempt_told_is_forgotten(path, writer):
    writer.failed(FederationError("x"))
    reader = ProgressReader(path)
    assert list(reader.news()) == []
