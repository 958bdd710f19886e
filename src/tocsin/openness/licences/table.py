"""The tables behind the judgements, read from spdx.toml, community.toml and restrictions.toml."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from pydantic import field_validator

from tocsin.openness.components import Kind
from tocsin.openness.licences.tidy import tidy
from tocsin.openness.strict import Strict, check, read


class Restriction(Strict):
    """What a licence asks, and what that means for a federation."""

    title: str
    means: str


class Community(Strict):
    """A licence that SPDX lacks. `modifiable`: changed versions may be made and shared."""

    id: str
    name: str
    aliases: tuple[str, ...]
    open: bool = False
    modifiable: bool = True
    kinds: tuple[Kind, ...] = ()
    restricts: tuple[str, ...] = ()
    source: str
    note: str = ""

    @field_validator("restricts")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in restrictions()]
        if unknown:
            raise ValueError(f'there is no restriction called "{unknown[0]}"')
        return names


class Text(Strict):
    """Words by which the text of a licence is known."""

    licence: str
    words: tuple[str, ...]


class _CommunityFile(Strict):
    licence: tuple[Community, ...]
    text: tuple[Text, ...]


class _KindsRule(Strict):
    licences: str
    kinds: tuple[Kind, ...]


class _RestrictsRule(Strict):
    licences: str
    restricts: tuple[str, ...]


class Spdx(Strict):
    """Facts of the SPDX licence list."""

    version: str
    source: str
    osi: frozenset[str]
    fsf: frozenset[str]
    content: frozenset[str]
    kinds: tuple[_KindsRule, ...]
    restricts: tuple[_RestrictsRule, ...]
    aliases: dict[str, tuple[str, ...]]

    @field_validator("osi", "fsf", "content", mode="before")
    @classmethod
    def _words(cls, text: str) -> frozenset[str]:
        return frozenset(text.split())

    def kinds_of(self, licence: str) -> frozenset[Kind]:
        """The content types that `licence` is made for; none where nothing is known."""
        for rule in self.kinds:
            if _fits(licence, rule.licences):
                return frozenset(rule.kinds)
        if licence in self.osi or licence in self.fsf:
            return frozenset(("code",))
        return frozenset(("data", "document")) if licence in self.content else frozenset()

    def restricts_of(self, licence: str) -> tuple[str, ...]:
        """What `licence` asks beyond attribution, by the names of restrictions.toml."""
        found = [name for rule in self.restricts if _fits(licence, rule.licences) for name in rule.restricts]
        return tuple(dict.fromkeys(found))


def _fits(licence: str, patterns: str) -> bool:
    return any(fnmatchcase(licence, pattern) for pattern in patterns.split())


_FOLDER = files("tocsin.openness.licences")


@cache
def spdx() -> Spdx:
    """The facts of spdx.toml."""
    return check(Spdx, read(_FOLDER / "spdx.toml"), "spdx.toml")


@cache
def _community_file() -> _CommunityFile:
    return check(_CommunityFile, read(_FOLDER / "community.toml"), "community.toml")


@cache
def community() -> Mapping[str, Community]:
    """The licences that SPDX lacks, by their ids."""
    return {licence.id: licence for licence in _community_file().licence}


def texts() -> tuple[Text, ...]:
    """Words by which licence texts are known, the narrowest first."""
    return _community_file().text


@cache
def restrictions() -> Mapping[str, Restriction]:
    """What licences may ask, by name."""
    return {
        name: check(Restriction, entry, f"restrictions.toml, {name}")
        for name, entry in read(_FOLDER / "restrictions.toml").items()
    }


@cache
def aliases() -> Mapping[str, str]:
    """From a tidied spelling to the licence's id. Raises ValueError where two licences share a spelling."""
    found: dict[str, str] = {}
    spellings = [(name, alias) for name, many in spdx().aliases.items() for alias in many]
    spellings += [
        (licence.id, alias)
        for licence in community().values()
        for alias in (*licence.aliases, licence.name, licence.id)
    ]
    for name, alias in spellings:
        if found.setdefault(tidy(alias), name) != name:
            raise ValueError(f'"{alias}" names both {found[tidy(alias)]} and {name}')
    return found
