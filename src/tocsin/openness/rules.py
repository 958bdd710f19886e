"""Rule sets: ladders of levels, each a list of requirements on components; data files, and one engine for all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.errors import TocsinError, did_you_mean
from tocsin.openness.audit import Access, Audit, Extent, Finding
from tocsin.openness.components import component
from tocsin.openness.evidence import Standing
from tocsin.openness.licences import Judgement, judge
from tocsin.openness.strict import Strict, check, read

LicenceDemand = Literal["any", "modifiable", "open", "osi"]
_WORDS = {"modifiable": "one that lets changed versions be shared", "open": "open", "osi": "approved by the OSI"}


class Requirement(Strict):
    """At least `at_least` of the components `of` (default: all) are there, to the extent and on the terms stated."""

    of: tuple[str, ...] = Field(min_length=1)
    at_least: int | None = None
    extent: Extent = Extent.WHOLE
    access: Access = Access.GATED
    licence: LicenceDemand = "any"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name in self.of:
            try:
                component(name)
            except TocsinError as error:
                raise ValueError(str(error).rstrip(".")) from None
        if self.at_least is not None and not 1 <= self.at_least <= len(self.of):
            raise ValueError(f"at_least = {self.at_least} of {len(self.of)} components cannot be; change it")
        return self

    @property
    def title(self) -> str:
        """The components in words: "training code", "one of technical report, research paper"."""
        titles = ", ".join(component(name).title for name in self.of)
        needed = self.at_least or len(self.of)
        if needed == len(self.of):
            return titles
        return f"{'one' if needed == 1 else needed} of {titles}"


class Level(Strict):
    """A level of a ladder: what it asks beyond the levels below it."""

    id: str
    title: str
    requires: tuple[Requirement, ...] = Field(min_length=1)


class Ladder(Strict):
    """Levels from the lowest up. `below` is the word for a model that does not reach the lowest."""

    id: str
    title: str
    below: str
    level: tuple[Level, ...] = Field(min_length=1)


class RuleSet(Strict):
    """A published way to judge openness, pinned to a version and a source."""

    id: str
    title: str
    version: str
    source: str
    note: str = ""
    ladder: tuple[Ladder, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Step:
    """One level for one model: how many of its own requirements and of those below it hold, and what fails."""

    level: str
    title: str
    met: int
    required: int
    failures: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """Where a model stands on one ladder.

    `level` is reached with evidence (files and addresses); `if_claims_hold` would be reached if everything that is
    only claimed were true. Both are ids of levels or the ladder's `below`.
    """

    rule_set: str
    version: str
    ladder: str
    title: str
    level: str
    if_claims_hold: str
    steps: tuple[Step, ...]

    def reaches(self, level: str) -> bool:
        """Whether the model stands on `level` or above. Raises TocsinError when the ladder has no such level."""
        order = [step.level for step in self.steps]
        if level not in order:
            raise TocsinError(f'{self.title} has no level "{level}"{did_you_mean(level, order)}.')
        return self.level in order and order.index(self.level) >= order.index(level)

    @property
    def why(self) -> tuple[str, ...]:
        """What keeps the model from the next level; empty at the top."""
        order = [step.level for step in self.steps]
        above = order.index(self.level) + 1 if self.level in order else 0
        return self.steps[above].failures if above < len(order) else ()

    def missing_for(self, level: str) -> tuple[str, ...]:
        """What keeps the model from `level`; empty where it is reached."""
        return next((step.failures for step in self.steps if step.level == level), ())


@cache
def rule_sets() -> Mapping[str, RuleSet]:
    """The rule sets that come with Tocsin, by id."""
    found = {}
    for file in sorted((files("tocsin.openness") / "rule_sets").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            rules = load_rules(file)
            found[rules.id] = rules
    return found


def rule_set(name: str) -> RuleSet:
    """The rule set called `name`. Raises TocsinError when there is none."""
    if name not in rule_sets():
        raise TocsinError(f'There is no rule set called "{name}"{did_you_mean(name, rule_sets())}.')
    return rule_sets()[name]


def load_rules(file: Path | Traversable) -> RuleSet:
    """A rule set from a TOML or YAML file. Raises TocsinError with the first thing that is wrong."""
    return check(RuleSet, read(file), file.name)


def evaluate(audit: Audit, rules: RuleSet) -> tuple[Verdict, ...]:
    """Judge `audit` by `rules`: one verdict a ladder."""
    return tuple(_climb(audit, rules, ladder) for ladder in rules.ladder)


def _climb(audit: Audit, rules: RuleSet, ladder: Ladder) -> Verdict:
    steps = _steps(audit, ladder, claims=False)
    return Verdict(
        rules.id,
        rules.version,
        ladder.id,
        ladder.title,
        _highest(steps, ladder.below),
        _highest(_steps(audit, ladder, claims=True), ladder.below),
        steps,
    )


def _steps(audit: Audit, ladder: Ladder, claims: bool) -> tuple[Step, ...]:
    found = []
    asked: tuple[Requirement, ...] = ()
    for level in ladder.level:
        asked += level.requires
        results = [_hold(audit, requirement, claims) for requirement in asked]
        failures = tuple(result.failure for result in results if result.failure)
        cautions = tuple(dict.fromkeys(caution for result in results for caution in result.cautions))
        found.append(Step(level.id, level.title, len(asked) - len(failures), len(asked), failures, cautions))
    return tuple(found)


def _highest(steps: Iterable[Step], below: str) -> str:
    reached = below
    for step in steps:
        if step.failures:
            break
        reached = step.level
    return reached


@dataclass(frozen=True)
class _Result:
    failure: str | None
    cautions: tuple[str, ...]


def _hold(audit: Audit, requirement: Requirement, claims: bool) -> _Result:
    # In a base model one component can stand for two: it is judged, and counted, once.
    names = tuple(dict.fromkeys(audit.finding(name).component for name in requirement.of))
    faults = {name: _fault(audit, name, requirement, claims) for name in names}
    good = [name for name, fault in faults.items() if fault is None]
    needed = min(requirement.at_least or len(names), len(names))
    if len(good) >= needed:
        cautions = [_misfit(audit, name) for name in good] if requirement.licence in ("open", "osi") else []
        return _Result(None, tuple(caution for caution in cautions if caution))
    reasons = "; ".join(f"{component(name).title}: {fault}" for name, fault in faults.items() if fault is not None)
    if needed == len(names):
        return _Result(reasons, ())
    return _Result(f"{requirement.title} is needed, and {len(good) or 'none'} will do ({reasons})", ())


def _fault(audit: Audit, name: str, asked: Requirement, claims: bool) -> str | None:
    """Why the component `name` does not do, or None where it does."""
    found = audit.finding(name)
    if found.standing is Standing.MISSING:
        return "missing"
    if found.standing is Standing.CLAIMED and not claims:
        return f"only claimed{_by(found)}"
    if asked.extent is Extent.WHOLE and found.extent is Extent.PARTIAL:
        return f"only in part ({found.note})" if found.note else "only in part"
    if asked.access is Access.PUBLIC and found.access is Access.GATED:
        return "only for those whom the maker lets in"
    return None if asked.licence == "any" else _licence_fault(audit, name, asked.licence, claims)


def _licence_fault(audit: Audit, name: str, demand: LicenceDemand, claims: bool) -> str | None:
    licence = audit.licence(name)
    if licence is None:
        return "no licence of it is known"
    verdict = judge(licence.text)
    answer = _answer(verdict, demand)
    if answer is not True:
        word = _WORDS[demand]
        return f'its licence, "{licence.text}", {"is not" if answer is False else "is not known to be"} {word}'
    if licence.evidence.standing is Standing.CLAIMED and not claims:
        source = licence.evidence.source
        return f"its licence, {licence.text}, is only claimed{f' by {source}' if source else ''}"
    return None


def _answer(verdict: Judgement, demand: LicenceDemand) -> bool | None:
    if demand == "osi":
        return verdict.osi
    return verdict.open if demand == "open" else verdict.modifiable


def _by(found: Finding) -> str:
    return f" by {found.best.source}" if found.best.source else ""


def _misfit(audit: Audit, name: str) -> str | None:
    """The type rule: an open licence that is made for another kind of content will do, with a caution."""
    licence, wanted = audit.licence(name), component(name)
    if licence is None or judge(licence.text).fits(wanted.kind):
        return None
    kinds = sorted(judge(licence.text).kinds)
    made_for = f"made for {' and '.join(kinds)}" if kinds else "not known to be made for it"
    return f"{wanted.title}: {licence.text} is open, but {made_for}; a {wanted.kind} licence would fit"
