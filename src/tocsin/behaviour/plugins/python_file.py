"""A probe of one Python file: whatever the file calls `probe`."""

import sys
import traceback
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import get_args

from tocsin.behaviour.probe import Kind, Probe, Source
from tocsin.errors import TocsinError


def load_python(path: Path) -> Probe:
    """The object called `probe` in the file, checked against the `Probe` protocol.

    The file is run: it can do whatever Python can. Raises TocsinError where it fails, naming the line, and where
    what it calls `probe` is none.
    """
    module = _run(path)
    if not hasattr(module, "probe"):
        raise TocsinError(f"{path} names no probe; end it with `probe = MyProbe()`.")
    probe: Probe = module.probe
    if wrong := _missing(probe):
        raise TocsinError(f"{path}: its `probe` {wrong}; see `Probe` in tocsin.behaviour.probe.")
    return probe


def _run(path: Path) -> ModuleType:
    name = f"tocsin_probe_{sha256(str(path).encode()).hexdigest()[:12]}"
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


def _missing(probe: object) -> str | None:
    """What keeps an object from being a probe."""
    if isinstance(probe, type):
        return f"is the class {probe.__name__} and not an object of it"
    for name in ("name", "title"):
        text = getattr(probe, name, None)
        if not isinstance(text, str) or not text:
            return f"has no text `{name}`"
    for name, values in (("kind", get_args(Kind)), ("source", get_args(Source))):
        if getattr(probe, name, None) not in values:
            return f"has no `{name}` that is one of {', '.join(values)}"
    groups = getattr(probe, "groups", None)
    if not isinstance(groups, tuple) or not all(isinstance(group, str) for group in groups):
        return "has no `groups`, a tuple of texts"
    for name in ("draw", "measure"):
        if not callable(getattr(probe, name, None)):
            return f"has no method `{name}`"
    return None
