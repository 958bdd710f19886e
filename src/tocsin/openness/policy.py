"""A consortium's policy: what a model must be to be federated, what breaks it, and who waived that."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, field_validator

from tocsin.openness.audit import Audit
from tocsin.openness.components import component
from tocsin.openness.evidence import Standing
from tocsin.openness.levels import Openness, federation_verdict
from tocsin.openness.licences import judge
from tocsin.openness.licences.table import restrictions
from tocsin.openness.strict import Strict, check

Rule = Literal["minimum_level", "forbidden_licences", "forbidden_restrictions", "required_evidence"]


class Waiver(Strict):
    """A breach that somebody answers for.

    `concerns` narrows it to one component (required_evidence) or one licence (the forbidden ones); empty, it covers
    all that the rule forbids.
    """

    rule: Rule
    concerns: str = ""
    by: str = Field(min_length=1)
    date: datetime.date
    reason: str = Field(min_length=1)

    def __str__(self) -> str:
        return f"waived by {self.by} on {self.date}: {self.reason}"


class Conditions(Strict):
    """What is asked of a model. Licences are compared as judged, so "Apache 2" forbids "apache-2.0"."""

    minimum_level: Openness = Openness.NO_ACCESS
    forbidden_licences: tuple[str, ...] = ()
    forbidden_restrictions: tuple[str, ...] = ()
    required_evidence: tuple[str, ...] = ()

    @field_validator("forbidden_restrictions")
    @classmethod
    def _known_restrictions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in restrictions()]
        if unknown:
            raise ValueError(
                f'there is no restriction called "{unknown[0]}" (known: {", ".join(sorted(restrictions()))})'
            )
        return names

    @field_validator("required_evidence")
    @classmethod
    def _known_components(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(component(name).id for name in names)


class Policy(Conditions):
    """What is asked, and the breaches that somebody answers for."""

    waivers: tuple[Waiver, ...] = ()


def read_policy(data: Mapping[str, Any], where: str) -> Policy:
    """A policy from the table of a study. Raises TocsinError with the first fault and `where` it is."""
    return check(Policy, dict(data), where)


@dataclass(frozen=True)
class Breach:
    """One breach of a policy: its rule, what it concerns (a component, a licence or ""), one sentence, its waiver."""

    rule: Rule
    concerns: str
    sentence: str
    waiver: Waiver | None


def breaches(audit: Audit, policy: Policy) -> tuple[Breach, ...]:
    """Every breach of `policy` by the model of `audit`, waived ones with their waiver."""
    return tuple(
        Breach(rule, concerns, f"{fault}; {_advice(rule, concerns)}.", _waiver(policy, rule, concerns))
        for rule, concerns, fault in (*_level(audit, policy), *_licences(audit, policy), *_evidence(audit, policy))
    )


def _waiver(policy: Policy, rule: Rule, concerns: str) -> Waiver | None:
    fitting = (waiver for waiver in policy.waivers if waiver.rule == rule and waiver.concerns in ("", concerns))
    return next(fitting, None)


def _advice(rule: Rule, concerns: str) -> str:
    narrowed = f', concerns = "{concerns}"' if concerns else ""
    return (
        f'take another model, or waive it by [[openness.waivers]] with rule = "{rule}"{narrowed}, by, date and reason'
    )


_Fault = tuple[Rule, str, str]
"""A rule, what it concerns, and what is wrong."""


def _level(audit: Audit, policy: Policy) -> Iterator[_Fault]:
    verdict = federation_verdict(audit)
    if Openness(verdict.level).at_least(policy.minimum_level):
        return
    claimed = ""
    if Openness(verdict.if_claims_hold).at_least(policy.minimum_level):
        claimed = f", though it would be {verdict.if_claims_hold} if all that is claimed were so"
    why = f" ({'; '.join(verdict.missing_for(policy.minimum_level))})"
    asked = f"and the policy asks for {policy.minimum_level} at least"
    yield "minimum_level", "", f"{audit.name} is {verdict.level}{why}{claimed}, {asked}"


def _licences(audit: Audit, policy: Policy) -> Iterator[_Fault]:
    forbidden = {judge(text).expression or text for text in policy.forbidden_licences}
    for text, titles in _by_licence(audit).items():
        verdict = judge(text)
        name = verdict.expression or text
        stated = f"the licence {text} of {audit.name} ({', '.join(titles)})"
        if forbidden & {name, *_members(verdict.expression)}:
            yield "forbidden_licences", name, f"{stated} is one that the policy forbids"
        asked = [each for each in verdict.restricts if each in policy.forbidden_restrictions]
        if asked:
            reasons = ", ".join(restrictions()[each].title for each in asked)
            yield "forbidden_restrictions", name, f"{stated} asks what the policy forbids: {reasons}"


def _by_licence(audit: Audit) -> dict[str, list[str]]:
    """The titles of the components under each licence, as written first for one licence."""
    found: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for finding in audit.listing():
        licence = audit.licence(finding.component)
        if finding.standing is not Standing.MISSING and licence is not None:
            text = spelling.setdefault(judge(licence.text).expression or licence.text, licence.text)
            found.setdefault(text, []).append(component(finding.component).title)
    return found


def _members(expression: str | None) -> list[str]:
    """The licences that an expression binds to all of; a choice binds to none."""
    if expression is None or " OR " in expression:
        return []
    return [part.strip("() ") for part in expression.split(" AND ")]


def _evidence(audit: Audit, policy: Policy) -> Iterator[_Fault]:
    for name in policy.required_evidence:
        standing, title = audit.finding(name).standing, component(name).title
        if standing in (Standing.CLAIMED, Standing.MISSING):
            fault = f"only claims its {title}" if standing is Standing.CLAIMED else f"comes without {title}"
            yield "required_evidence", name, f"{audit.name} {fault}, and the policy asks for a file or an address"
