"""Description files: a model's components with their sources, written by people from public facts."""

import datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tocsin.errors import TocsinError, did_you_mean
from tocsin.openness.audit import Access, Audit, Extent, Finding, Licensed, Scope
from tocsin.openness.components import component, components
from tocsin.openness.evidence import Evidence, Standing
from tocsin.openness.strict import Strict, check, read


def _address(text: str) -> str:
    if not text.startswith("https://") or len(text.split()) != 1:
        raise ValueError(f'"{text}" is no address; it begins with https:// and has no blanks')
    return text


Address = Annotated[str, AfterValidator(_address)]


class DescribedLicence(Strict):
    """A licence and the address where it is said that it applies."""

    name: str = Field(min_length=1)
    source: Address


class DescribedComponent(Strict):
    """One component: where it lies, where that is said (default: there), its licence.

    Without an address it is a claim, and `source` says whose. `licence = "unlicensed"` is a statement as well:
    nothing was said of a licence at `source`.
    """

    address: Address | None = None
    source: Address | None = None
    licence: str | None = None
    licence_source: Address | None = None
    extent: Extent = Extent.WHOLE
    access: Access = Access.PUBLIC
    note: str = ""

    @model_validator(mode="after")
    def _founded(self) -> Self:
        if self.address is None and self.source is None:
            raise ValueError("it has neither an address nor a source; leave it out if nothing is known")
        if self.extent is Extent.PARTIAL and not self.note:
            raise ValueError("it is only partial; say in `note` what is missing")
        return self

    def finding(self, name: str) -> Finding:
        """As a finding of an audit."""
        standing = Standing.ADDRESS if self.address else Standing.CLAIMED
        licence = None
        if self.licence is not None:
            proof = self.licence_source or self.source or self.address
            licence = Licensed(text=self.licence, evidence=Evidence(standing=Standing.ADDRESS, address=proof))
        return Finding(
            component=name,
            evidence=(Evidence(standing=standing, address=self.address, source=self.source),),
            licence=licence,
            extent=self.extent,
            access=self.access,
            note=self.note,
        )


class Description(Strict):
    """A description file. Components that are not in it are missing, as far as is known."""

    name: str = Field(min_length=1)
    producer: str = ""
    stage: Literal["base", "tuned"]
    read: datetime.date
    note: str = ""
    licences: dict[Scope, DescribedLicence] = Field(default_factory=dict)
    components: dict[str, DescribedComponent]

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.components:
            if name not in components():
                raise ValueError(f'there is no component called "{name}"{did_you_mean(name, components())}')
        return self

    def audit(self, source: str) -> Audit:
        """As an audit."""
        return Audit(
            name=self.name,
            source=f"{source}, read {self.read}",
            stage=self.stage,
            findings={name: entry.finding(component(name).id) for name, entry in self.components.items()},
            licences={
                scope: Licensed(text=licence.name, evidence=Evidence(standing=Standing.ADDRESS, address=licence.source))
                for scope, licence in self.licences.items()
            },
            release={"producer": self.producer} if self.producer else {},
        )


def read_description(file: Path | Traversable) -> Audit:
    """The audit that a description file (TOML or YAML) states. Raises TocsinError with the first fault in it."""
    return check(Description, read(file), file.name).audit(file.name)


@cache
def _described() -> dict[str, Traversable]:
    folder = files("tocsin.openness") / "descriptions"
    return {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}


def described() -> tuple[str, ...]:
    """The models that come described with Tocsin, by name."""
    return tuple(sorted(_described()))


def description(name: str) -> Audit:
    """The audit of a model that comes described with Tocsin. Raises TocsinError when there is none of that name."""
    if name not in _described():
        raise TocsinError(f'There is no description called "{name}"{did_you_mean(name, _described())}.')
    return read_description(_described()[name])
