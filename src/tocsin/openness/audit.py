"""An audit: for each component of one model, what was found, what stands behind it, and its licence."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator

from tocsin.openness.components import component, components
from tocsin.openness.evidence import Evidence, Standing, strongest
from tocsin.openness.strict import Strict

Scope = Literal["any", "code", "data", "document"]
"""What a release's licence covers: one kind of component, or any."""

UNLICENSED = "unlicensed"
"""The component is there and no licence is given; apart from None, which inherits the release's licence."""


class Extent(StrEnum):
    """How much of a component there is."""

    PARTIAL = "partial"
    WHOLE = "whole"


class Access(StrEnum):
    """Who may have it: those that the maker lets in, or anybody."""

    GATED = "gated"
    PUBLIC = "public"


class Licensed(Strict):
    """A licence as it is written, and what stands behind the statement that it applies."""

    text: str
    evidence: Evidence


class Finding(Strict):
    """One component of one model."""

    component: str
    evidence: tuple[Evidence, ...] = ()
    licence: Licensed | None = None
    extent: Extent = Extent.WHOLE
    access: Access = Access.PUBLIC
    note: str = ""

    @field_validator("component")
    @classmethod
    def _known(cls, name: str) -> str:
        return component(name).id

    @property
    def best(self) -> Evidence:
        """The best founded evidence."""
        return strongest(self.evidence)

    @property
    def standing(self) -> Standing:
        """file, address, claimed or missing."""
        return self.best.standing


class Audit(Strict):
    """What is known about one model.

    `stage` says whether the model is pretrained only (`base`) or also tuned. `licences` holds what components
    without a licence of their own inherit: by kind (`code`, `data`, `document`), else from `any`. `release`
    keeps the fields of a Model Openness Tool file that are no component (version, producer, date, ...).
    """

    name: str
    source: str
    stage: Literal["base", "tuned"] = "tuned"
    findings: dict[str, Finding] = Field(default_factory=dict)
    licences: dict[Scope, Licensed] = Field(default_factory=dict)
    release: dict[str, str] = Field(default_factory=dict)

    def finding(self, name: str) -> Finding:
        """What was found for the component `name`; for a base model, what stands for it."""
        stand_in = component(name).at_base
        if name not in self.findings and self.stage == "base" and stand_in is not None:
            return self.finding(stand_in)
        return self.findings.get(name) or Finding(component=name)

    def licence(self, name: str) -> Licensed | None:
        """The licence of the component `name`, its own or inherited; None where none is stated."""
        own = self.finding(name)
        kind = component(own.component).kind
        if own.licence is not None or kind == "access":
            return own.licence
        return self.licences.get(kind) or self.licences.get("any")

    def listing(self) -> Iterator[Finding]:
        """What was found for every component, in the order of components.toml; a stand-in is listed once."""
        for name in components():
            found = self.finding(name)
            if found.component == name:
                yield found


def combined(first: Audit, second: Audit) -> Audit:
    """`first`, completed with what only `second` knows: evidence of both, licences of the better founded."""
    return first.model_copy(
        update={
            "source": f"{first.source}; {second.source}",
            "findings": united(first.findings, second.findings),
            "licences": _better(first.licences, second.licences),
            "release": {**second.release, **first.release},
        }
    )


def united(first: Mapping[str, Finding], second: Mapping[str, Finding]) -> dict[str, Finding]:
    """The findings of both; where both have one component, its evidence from both and the better founded licence.

    Extent, access and note are those of the better founded finding, of the first where both are equal.
    """
    return {
        name: _both(first[name], second[name]) if name in first and name in second else {**second, **first}[name]
        for name in components()
        if name in first or name in second
    }


def _both(first: Finding, second: Finding) -> Finding:
    leading = first if first.standing.rank <= second.standing.rank else second
    licences = [one.licence for one in (first, second) if one.licence is not None]
    return leading.model_copy(
        update={
            "evidence": tuple(sorted((*first.evidence, *second.evidence), key=lambda piece: piece.standing.rank)),
            "licence": min(licences, key=lambda licence: licence.evidence.standing.rank, default=None),
        }
    )


def _better(first: Mapping[Scope, Licensed], second: Mapping[Scope, Licensed]) -> dict[Scope, Licensed]:
    found = dict(second)
    for kind, licence in first.items():
        other = found.get(kind)
        if other is None or licence.evidence.standing.rank <= other.evidence.standing.rank:
            found[kind] = licence
    return found
