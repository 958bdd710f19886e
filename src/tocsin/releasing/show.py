"""What `tocsin release` shows."""

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from tocsin.releasing.facts import PARTS
from tocsin.releasing.writing import Released

_COLOURS = {"compatible": "green", "unknown": "yellow", "incompatible": "red"}


def as_json(done: Released) -> dict[str, Any]:
    """The same as plain data."""
    return asdict(done) | {
        "folder": str(done.folder),
        "new_key": str(done.new_key) if done.new_key else None,
        "licences": asdict(done.licences) | {"answer": done.licences.answer},
    }


def table(done: Released) -> RenderableType:
    """How the licences go together, what is missing, and who signed."""
    parts: list[RenderableType] = []
    checks = (done.licences.base, done.licences.data)
    reasons = "\n".join(f"- {PARTS[one.part]} ({one.licence}): {one.answer}, {one.why}." for one in checks)
    said = f"The licences are {done.licences.answer} with {done.licences.adapter}.\n{reasons}"
    parts.append(Panel(Text(said), border_style=_COLOURS[done.licences.answer]))
    if done.not_audited:
        parts.append(Text(f"The base model was not audited: {done.not_audited}."))
    if done.new_key:
        parts.append(Text(f"A signing key was made at {done.new_key}; keep it, and let others know its fingerprint."))
    parts.append(Text(f"Signed by the key {done.key}"))
    return Group(*parts)
