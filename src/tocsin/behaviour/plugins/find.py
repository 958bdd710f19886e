"""A probe by its name or its file."""

from functools import cache
from pathlib import Path

from tocsin.behaviour.probe import PROBES, Probe
from tocsin.errors import TocsinError
from tocsin.study import HARNESS, names_file


def find_probe(name: str) -> Probe:
    """The probe that `name` names: a registered one, or the file of one (`.py`, `.toml`, `.yaml`, `lm-eval:FILE`).

    A relative path is seen from the working folder; `study.load` has made a study's paths absolute. A file is
    read once in a process. Raises TocsinError for an unknown name, and for a file that is not there or no probe.
    """
    if not names_file(name):
        return PROBES.get(name)
    path = Path(name.removeprefix(HARNESS)).expanduser()
    if not path.is_file():
        raise TocsinError(f"There is no probe file at {path}; check the path, or name a probe that comes with Tocsin.")
    return _read(path.resolve(), name.startswith(HARNESS))


@cache
def _read(path: Path, harness: bool) -> Probe:
    # Imported here: a study that names no file pays for none of them.
    if harness or path.suffix in (".yaml", ".yml"):
        from tocsin.behaviour.plugins.harness import load_task

        return load_task(path)
    if path.suffix == ".toml":
        from tocsin.behaviour.plugins.toml_file import load_toml

        return load_toml(path)
    from tocsin.behaviour.plugins.python_file import load_python

    return load_python(path)
