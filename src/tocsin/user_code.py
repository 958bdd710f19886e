"""A user's own Python file: run it, and say where it fails."""

import sys
import traceback
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from tocsin.errors import TocsinError


def run_file(path: Path, kind: str) -> ModuleType:
    """The module that a file of a `kind` ("probe") makes. The file can do whatever Python can.

    Raises TocsinError where it fails, naming the line.
    """
    name = f"tocsin_{kind}_{sha256(str(path).encode()).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # the suffix is .py
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except TocsinError:
        raise
    except Exception as error:
        del sys.modules[name]
        raise TocsinError(
            f"{path}, line {_line(path, error)}: {type(error).__name__}: {_message(error)}; mend the file."
        ) from error
    return module


def _line(path: Path, error: Exception) -> int:
    """Where in the file the error comes from, or the last line of it that led there."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return (lines[-1] if lines else None) or 1


def _message(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error).partition("\n")[0].rstrip(".")
