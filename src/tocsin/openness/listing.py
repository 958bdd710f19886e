"""From a model's files to findings: what each file is, and what the model card claims."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from pydantic import field_validator

from tocsin.openness.audit import Extent, Finding, Licensed
from tocsin.openness.components import component
from tocsin.openness.evidence import Evidence, Standing
from tocsin.openness.model_card import ModelCard
from tocsin.openness.strict import Strict, check, read

MODEL_CARD = "README.md"
_LICENCE_FILES = ("LICENSE*", "LICENCE*", "COPYING*")


class _Rule(Strict):
    """Files that are `component`, as files.toml explains."""

    component: str
    patterns: tuple[str, ...]
    whole: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @field_validator("component")
    @classmethod
    def _known(cls, name: str) -> str:
        return component(name).id


class _Rules(Strict):
    rule: tuple[_Rule, ...]


@cache
def _rules() -> tuple[_Rule, ...]:
    return check(_Rules, read(files("tocsin.openness") / "files.toml"), "files.toml").rule


def is_licence(path: str) -> bool:
    """Whether a path names a licence file."""
    return any(fnmatchcase(path.rpartition("/")[2].upper(), pattern) for pattern in _LICENCE_FILES)


def wanted(path: str) -> bool:
    """Whether a path is evidence of anything, so that its hash is worth the time."""
    return path == MODEL_CARD or is_licence(path) or _rule(path) is not None


def from_files(evidence: Mapping[str, Evidence]) -> dict[str, Finding]:
    """Findings from evidence by path (relative to the model's folder, with forward slashes)."""
    groups: dict[str, list[str]] = {}
    for path in sorted(evidence):
        rule = _rule(path)
        for name in (rule.component, *rule.also) if rule else ():
            groups.setdefault(name, []).append(path)
    return {
        name: Finding(
            component=name,
            evidence=tuple(evidence[path] for path in paths),
            extent=Extent.WHOLE if _whole(name, paths) else Extent.PARTIAL,
            note="" if _whole(name, paths) else f"only {', '.join(paths)}",
        )
        for name, paths in groups.items()
    }


def card_itself(card: ModelCard, evidence: Evidence) -> dict[str, Finding]:
    """The card as a component, where it says anything."""
    return {"model-card": Finding(component="model-card", evidence=(evidence,))} if card.has_text else {}


def card_claims(card: ModelCard, said_by: str) -> dict[str, Finding]:
    """All that a card names, as claims."""
    found = {}
    for name, addresses in card.claims().items():
        pieces = [Evidence(standing=Standing.CLAIMED, address=each, source=said_by) for each in addresses]
        found[name] = Finding(
            component=name, evidence=tuple(pieces) or (Evidence(standing=Standing.CLAIMED, source=said_by),)
        )
    return found


def claimed_licence(card: ModelCard, said_by: str) -> Licensed | None:
    """The licence that the card's metadata name, as a claim."""
    if card.licence is None:
        return None
    return Licensed(text=card.licence, evidence=Evidence(standing=Standing.CLAIMED, source=said_by))


def under(licence: Licensed | None, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """The findings with `licence`, where they have none of their own: it covers what lies beside it and no more."""
    return {
        name: finding.model_copy(update={"licence": finding.licence or licence}) for name, finding in findings.items()
    }


def _rule(path: str) -> _Rule | None:
    return next((rule for rule in _rules() if _fits(path, rule.patterns)), None)


def _whole(name: str, paths: Iterable[str]) -> bool:
    asked = next(rule.whole for rule in _rules() if rule.component == name)
    return not asked or any(_fits(path, asked) for path in paths)


def _fits(path: str, patterns: Iterable[str]) -> bool:
    last = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in pattern else last, pattern) for pattern in patterns)
