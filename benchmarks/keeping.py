"""How every benchmark and experiment keeps its figures: results/NAME.md to read, results/NAME.json to check."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"


def measure(
    what: str, value: float, unit: str, target: str | None = None, met: bool = True, digits: int = 4
) -> dict[str, Any]:
    """One measure of a result; `met` counts only where there is a target."""
    return {"measure": what, "value": round(float(value), digits), "unit": unit, "target": target, "met": met}


def keep(
    result: dict[str, Any], title: str, asked: str, facts: Sequence[str], packages: Sequence[str], rest: Sequence[str]
) -> None:
    """Write both files. `facts` are lines on data, seeds and settings, `rest` what follows the table of measures."""
    name = result["name"]
    lines = [f"# {title}", "", f"**Asked:** {asked}", "", f"- Command: `python benchmarks/{name}.py`"]
    lines += [f"- {fact}" for fact in (f"Commit: {commit()}", *facts, f"Versions: {versions(packages)}", machine())]
    lines += ["", "| measure | value | unit | target | met |", "|---|---|---|---|---|"]
    for m in result["measures"]:
        met = "" if m["target"] is None else "yes" if m["met"] else "**no**"
        lines.append(f"| {m['measure']} | {m['value']:g} | {m['unit']} | {m['target'] or ''} | {met} |")
    if rest:
        lines += ["", *rest]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def finish(result: dict[str, Any]) -> int:
    """Print the last line of a benchmark; its exit status is 1 where a target was missed."""
    print(json.dumps(result))
    return 0 if all(m["met"] for m in result["measures"]) else 1


def commit() -> str:
    """The commit that the code is at, and whether it was changed since."""
    if not (short := _git("rev-parse", "--short", "HEAD")):
        return "unknown"
    changed = _git("status", "--porcelain", "src", "benchmarks")
    return f"{short}, with changes that were not committed" if changed else short


def versions(packages: Sequence[str]) -> str:
    """Python's and the packages' versions."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)])


def machine() -> str:
    """What it ran on, and how busy that was."""
    return f"Machine: {os.cpu_count()} cores, {_processor()}; load average at the end {os.getloadavg()[1]:.1f}"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, cwd=RESULTS.parent).stdout.strip()


def _processor() -> str:
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()
