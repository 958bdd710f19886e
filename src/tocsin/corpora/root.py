"""Where benchmark files lie on this machine."""

import os
from pathlib import Path

from platformdirs import user_data_dir

from tocsin.errors import TocsinError


def chosen_root() -> Path:
    """The folder that TOCSIN_DATA names, else `benchmarks` in the user's data folder; it may not exist."""
    named = os.environ.get("TOCSIN_DATA")
    return Path(named).expanduser() if named else Path(user_data_dir("tocsin")) / "benchmarks"


def data_root() -> Path:
    """The folder of benchmark files in their original formats, one folder a benchmark.

    Raises TocsinError, saying how to get the data, when there is no such folder.
    """
    root = chosen_root()
    if not root.is_dir():
        raise TocsinError(
            f"There is no benchmark data at {root}; get it with `tocsin data get NAME`, "
            "or set TOCSIN_DATA to the folder that holds it."
        )
    return root
