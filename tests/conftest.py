"""Fixtures that several tests share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of benchmark files in their original formats; a test that needs it skips without it."""
    folder = os.environ.get("TOCSIN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TOCSIN_DATA names no folder of benchmark files")
    return Path(folder)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, request) -> None:
    """Tests keep out of the user's cache, except those on the real model, which it would take a minute to convert."""
    if request.node.get_closest_marker("real") is None:
        monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C works, also in processes that the test starts: a shell's background job is born with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny random Llama."""
    from tiny import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")
