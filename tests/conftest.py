"""Fixtures that several tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of benchmark files in their original formats; a test that needs it skips without it."""
    folder = os.environ.get("TOCSIN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TOCSIN_DATA names no folder of benchmark files")
    return Path(folder)
