"""A probe of one Python file: whatever the file calls `probe`."""

from pathlib import Path
from typing import get_args

from tocsin.behaviour.probe import Kind, Probe, Source
from tocsin.errors import TocsinError
from tocsin.user_code import run_file


def load_python(path: Path) -> Probe:
    """The object called `probe` in the file, checked against the `Probe` protocol.

    The file is run: it can do whatever Python can. Raises TocsinError where it fails, naming the line, and where
    what it calls `probe` is none.
    """
    module = run_file(path, "probe")
    if not hasattr(module, "probe"):
        raise TocsinError(f"{path} names no probe; end it with `probe = MyProbe()`.")
    probe: Probe = module.probe
    if wrong := _missing(probe):
        raise TocsinError(f"{path}: its `probe` {wrong}; see `Probe` in tocsin.behaviour.probe.")
    return probe


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
