"""The Model Openness Tool's YAML: read it as an audit, write an audit as one (github.com/lfai/model_openness_tool)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import TocsinError, did_you_mean
from tocsin.openness.audit import UNLICENSED, Audit, Finding, Licensed, Scope
from tocsin.openness.components import Component, components
from tocsin.openness.evidence import Evidence, Standing
from tocsin.openness.strict import read

_FRAMEWORK = {"name": "Model Openness Framework", "version": "1.0", "date": "2024-12-15"}
_SCOPES: Mapping[str, Scope] = {"distribution": "any", "code": "code", "data": "data", "document": "document"}
_NOT_FIELDS = ("license", "components", "name")


def read_mot(path: Path) -> Audit:
    """An audit from a file of the tool.

    The tool lists what is there, with no evidence but an optional address: a component with an address counts
    as `address`, one without as `claimed` (by the file). A missing licence inherits; "unlicensed" does not.
    Raises TocsinError where the file is not of the tool's form.
    """
    release = read(path).get("release")
    if not isinstance(release, dict) or not isinstance(release.get("components"), list):
        raise TocsinError(f"{path} is no file of the Model Openness Tool: it has no release with components.")
    found = {}
    for entry in release["components"]:
        known = _component(entry, path)
        found[known.id] = _finding(known, entry, path.name)
    return Audit(
        name=str(release.get("name") or path.stem),
        source=path.name,
        stage="base",  # the tool knows one "Datasets", of whatever stage
        findings=found,
        licences=_licences(release.get("license"), path.name),
        release={key: str(value or "") for key, value in release.items() if key not in _NOT_FIELDS},
    )


def write_mot(audit: Audit) -> str:
    """The audit as the tool's YAML; components that the tool does not know, and missing ones, are left out."""
    licences: dict[str, Any] = {
        name: {"name": licence.text, "path": licence.evidence.address or ""}
        for name, scope in _SCOPES.items()
        if (licence := audit.licences.get(scope)) is not None
    }
    entries = [
        _entry(found, known)
        for name, known in components().items()
        if known.mot is not None and (found := audit.finding(name)).standing is not Standing.MISSING
    ]
    release = {"name": audit.name, **audit.release, "license": licences, "components": entries}
    return yaml.safe_dump({"framework": _FRAMEWORK, "release": release}, sort_keys=False, allow_unicode=True)


def _component(entry: Any, path: Path) -> Component:
    by_title = {known.mot: known for known in components().values() if known.mot is not None}
    title = entry.get("name") if isinstance(entry, dict) else None
    if title not in by_title:
        raise TocsinError(f'{path}: the tool has no component "{title or entry}"{did_you_mean(str(title), by_title)}.')
    return by_title[title]


def _finding(known: Component, entry: dict[str, Any], file: str) -> Finding:
    address, text = entry.get("component_path"), entry.get("license")
    return Finding(
        component=known.id,
        evidence=(_evidence(address, file),),
        licence=_licensed(str(text), entry.get("license_path"), file) if text else None,
    )


def _licences(entries: Any, file: str) -> dict[Scope, Licensed]:
    found: dict[Scope, Licensed] = {}
    for name, scope in _SCOPES.items():
        entry = (entries or {}).get(name) or {}
        if entry.get("name"):
            found[scope] = _licensed(str(entry["name"]), entry.get("path"), file)
    return found


def _licensed(text: str, address: str | None, file: str) -> Licensed:
    return Licensed(text=text, evidence=_evidence(address, file))


def _evidence(address: str | None, file: str) -> Evidence:
    if address:
        return Evidence(standing=Standing.ADDRESS, address=address)
    return Evidence(standing=Standing.CLAIMED, source=file)


def _entry(found: Finding, known: Component) -> dict[str, str]:
    entry = {"name": known.mot or "", "description": known.what}
    if found.licence is not None:
        unlicensed = found.licence.text.lower() in ("", UNLICENSED)
        entry["license"] = UNLICENSED if unlicensed else found.licence.text
        if found.licence.evidence.address:
            entry["license_path"] = found.licence.evidence.address
    address = next((piece.address for piece in found.evidence if piece.address), None)
    if address:
        entry["component_path"] = address
    return entry
