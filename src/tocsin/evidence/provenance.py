"""What made a run: versions, commit, kind of machine. Nothing that names a person or a host."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tocsin

PACKAGES = ("torch", "transformers", "peft", "flwr", "flwr-datasets", "datasets", "numpy", "scipy")
"""Those whose version can change a result."""


@dataclass(frozen=True)
class Provenance:
    """Versions and machine of a run. `commit` is None outside a source tree under git."""

    tocsin: str
    packages: dict[str, str]
    commit: str | None
    machine: dict[str, str | int]


def provenance() -> Provenance:
    """Of this process, here and now. Imports none of the packages that it names."""
    return Provenance(
        tocsin=tocsin.__version__,
        packages={"python": platform.python_version(), **_versions()},
        commit=_commit(Path(tocsin.__file__).resolve().parents[2]),
        machine={"cores": os.cpu_count() or 1, "cpu": _cpu(), "system": platform.system()},
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _commit(tree: Path) -> str | None:
    """The commit of a source tree, with `+changes` where files differ from it."""
    if not (tree / ".git").exists():  # installed as a package: a repository further up is somebody else's
        return None
    try:
        commit = _git(tree, "rev-parse", "HEAD")
        return f"{commit}+changes" if _git(tree, "status", "--porcelain") else commit
    except (OSError, subprocess.SubprocessError):
        return None


def _git(tree: Path, *words: str) -> str:
    command = ["git", "-C", str(tree), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()


def _cpu() -> str:
    """The processor's trade name where Linux gives one, else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, name = line.partition(":")
            if key.strip() == "model name":
                return name.strip()
    except OSError:
        pass
    return platform.machine()
