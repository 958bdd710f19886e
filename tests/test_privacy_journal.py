"""A journal holds what was appended, through kills, and finds what was changed."""

import multiprocessing
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import TocsinError
from tocsin.privacy.journal import Journal


def append(path, *entries):
    journal = Journal(path)
    for entry in entries:
        with journal.alone():
            journal.append(entry)
    return journal


@given(st.lists(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5)), max_size=3)))
def test_what_is_appended_is_there_after_every_opening(tmp_path_factory, openings):
    path = tmp_path_factory.mktemp("j") / "deep" / "journal.jsonl"
    entries = []
    for batch in openings:
        batch = [{k: v for k, v in e.items() if k != "chain"} for e in batch]
        head = append(path, *batch).head
        entries += batch
        again = Journal(path)
        assert again.entries == entries
        assert again.head == head


def test_a_line_that_a_kill_cut_short_is_dropped_and_all_before_it_stay(tmp_path):
    path = tmp_path / "j.jsonl"
    append(path, {"a": 1}, {"a": 2})
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        assert Journal(path).entries == [{"a": 1}]
        assert append(path, {"a": 3}).entries == [{"a": 1}, {"a": 3}]


def test_a_changed_removed_or_inserted_line_is_found(tmp_path):
    path = tmp_path / "j.jsonl"
    append(path, {"a": 1}, {"a": 2}, {"a": 3})
    lines = path.read_bytes().splitlines(keepends=True)
    for wrong in (
        [lines[0].replace(b"1", b"7", 1), *lines[1:]],
        [*lines[:2], lines[2].replace(b"3", b"1", 1)],
        [lines[0], lines[2]],
        [lines[1], lines[2]],
        [lines[0], lines[0], *lines[1:]],
        [lines[0], b"not json\n", *lines[1:]],
        [lines[0], b"[]\n", *lines[1:]],
    ):
        path.write_bytes(b"".join(wrong))
        with pytest.raises(TocsinError, match="was changed"):
            Journal(path)


def test_lost_last_lines_are_found_by_a_head_that_was_kept(tmp_path):
    path = tmp_path / "j.jsonl"
    early = append(path, {"a": 1}).head
    late = append(path, {"a": 2}).head
    assert Journal(path).knows(early)
    assert Journal(path).knows(late)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert Journal(path).knows(early)
    assert not Journal(path).knows(late)


def _write(path, name, together):
    together.wait()
    journal = Journal(path)
    for i in range(20):
        with journal.alone():
            known = len(journal.entries)
            time.sleep(0.001)  # long enough for the other to come between, if it could
            journal.append({"by": name, "i": i, "known": known})


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    path = tmp_path / "j.jsonl"
    context = multiprocessing.get_context("fork")
    together = context.Barrier(2)
    writers = [context.Process(target=_write, args=(path, name, together)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = Journal(path).entries
    for name in "ab":
        assert [e["i"] for e in entries if e["by"] == name] == list(range(20))
    assert [e["known"] for e in entries] == list(range(40))


def test_an_entry_is_on_the_disk_when_append_returns(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_size), real(fd)))
    path = tmp_path / "j.jsonl"
    append(path, {"a": 1})
    assert synced[-1] == path.stat().st_size
