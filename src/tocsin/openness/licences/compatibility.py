"""Whether an adapter may be released under a licence, given those of its base model and its training data.

The table is compatibility.toml, with its sources. It is a reading of licences by people who are no lawyers: it finds
what plainly cannot be, and says "unknown" where the law or the table does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

from license_expression import LicenseWithExceptionSymbol, Licensing, get_spdx_licensing
from pydantic import Field

from tocsin.openness.licences.judge import category, judge
from tocsin.openness.licences.table import restrictions
from tocsin.openness.strict import Strict, check, read

Part = Literal["base", "data"]

OWN = "own"
"""In the place of the data's licence: the clients hold all rights in their data, and nobody else's terms apply."""

_PARTS: dict[Part, str] = {"base": "base model", "data": "training data"}
_FREE = ("Permissive", "Public Domain")


class Answer(StrEnum):
    """The worst first. Unknown is never compatible."""

    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"
    COMPATIBLE = "compatible"


@dataclass(frozen=True)
class Check:
    """One licence against the adapter's: the answer, why (a clause without full stop), and where that stands."""

    part: Part
    licence: str
    answer: Answer
    why: str
    source: str = ""


@dataclass(frozen=True)
class Compatibility:
    """Both checks. `duties` is what the licences of base and data ask of whoever passes the adapter on."""

    adapter: str
    base: Check
    data: Check
    duties: tuple[str, ...]

    @property
    def answer(self) -> Answer:
        """The worse of both."""
        return _worst((self.base, self.data)).answer


def compatibility(base: str | None, data: str | None, adapter: str) -> Compatibility:
    """Whether an adapter of a model under `base`, trained on data under `data`, may be released under `adapter`.

    Licences are SPDX expressions or names as people write them; None is "not known", and `data` may be "own".
    Of `A OR B` the user of a licence chooses the better; an adapter under `A OR B` must be right under both.
    """
    family = frozenset(name for names in _choices(base) for name in names)
    return Compatibility(
        adapter, _check("base", base, adapter, family), _check("data", data, adapter, family), _duties(base, data)
    )


def _check(part: Part, licence: str | None, adapter: str, family: frozenset[str]) -> Check:
    """One licence, as it is written, against the adapter's; `family` are the licences of the base."""
    if licence is None:
        return Check(part, "not known", Answer.UNKNOWN, f"the licence of the {_PARTS[part]} is not known")
    if part == "data" and licence.strip().lower() == OWN:
        why = "the clients are said to hold all rights in their data, so nobody else's terms apply"
        return Check(part, OWN, Answer.COMPATIBLE, why)
    verdict = judge(licence)
    if verdict.expression is None:
        # It may be lawful to train on data without a licence; a model that nobody licensed may not be passed on.
        nothing = verdict.open is False and part == "base"
        return Check(part, licence, Answer.INCOMPATIBLE if nothing else Answer.UNKNOWN, verdict.why)
    if judge(adapter).expression is None:
        return Check(part, licence, Answer.UNKNOWN, f"of the adapter's licence, {judge(adapter).why}")
    return _worst(
        _best(_worst(_one(part, licence, name, given, family) for name in sorted(taken)) for taken in _choices(licence))
        for given in _choices(adapter)
    )


def _one(part: Part, written: str, licence: str, adapter: frozenset[str], family: frozenset[str]) -> Check:
    """One licence of the expression `written` against an adapter under all of the licences `adapter`."""
    asked = judge(licence).restricts
    given = " AND ".join(sorted(adapter))

    def found(answer: Answer, why: str, source: str = "", title: str = "") -> Check:
        return Check(part, written, answer, why.format(licence=licence, adapter=given, title=title), source)

    own_outputs = part == "data" and licence in family
    changing_forbidden = "no-derivatives" in asked
    others_outputs = part == "data" and "output-use" in asked and not own_outputs
    if licence in adapter and not changing_forbidden and not others_outputs:
        return found(Answer.COMPATIBLE, "the adapter stays under {licence}")
    for ruling in _table().ruling:
        if part in ruling.parts and _fits((licence,), ruling.licences) and _fits(adapter, ruling.adapter):
            return found(ruling.answer, ruling.why, ruling.source)
    kept = {name for each in adapter for name in judge(each).restricts}
    dropped = []
    for name in asked:
        term = _table().term.get(name) or _table().term["other"]
        if kept.isdisjoint(term.carried_by) and not (name == "output-use" and own_outputs):
            dropped.append(found(term.of(part).answer, term.of(part).why, term.source, restrictions()[name].title))
    if dropped:
        return _worst(dropped)
    if asked:
        return found(Answer.COMPATIBLE, "{adapter} keeps what {licence} asks")
    if category(licence) in _FREE or (judge(licence).open and not category(licence)):
        return found(Answer.COMPATIBLE, "{licence} asks no more than that its notices are kept")
    return found(Answer.UNKNOWN, "what {licence} asks of changed versions is not in the table")


def _duties(base: str | None, data: str | None) -> tuple[str, ...]:
    """What the licences ask of whoever passes the adapter on: clauses without full stop."""
    found = []
    for what, licence in ((_PARTS["base"], base), (_PARTS["data"], data)):
        verdict = judge(licence)
        if verdict.expression is not None:
            found.append(f"keep the notices of the {what} ({verdict.expression})")
            found += [f"{restrictions()[name].title}: {restrictions()[name].means}" for name in verdict.restricts]
    return tuple(dict.fromkeys(found))


def _choices(text: str | None) -> tuple[frozenset[str], ...]:
    """The choices that a licence leaves, each the licences that bind together; none where it cannot be read.

    Exceptions only add permissions and are left out.
    """
    expression = judge(text).expression
    if expression is None:
        return ()
    algebra = _licensing()
    tree = algebra.dnf(algebra.parse(expression))
    choices = tree.args if isinstance(tree, algebra.OR) else (tree,)
    return tuple(
        frozenset(_name(part) for part in (choice.args if isinstance(choice, algebra.AND) else (choice,)))
        for choice in choices
    )


def _name(symbol: object) -> str:
    if isinstance(symbol, LicenseWithExceptionSymbol):
        symbol = symbol.license_symbol
    return judge(str(symbol)).expression or str(symbol)


def _fits(licences: Iterable[str], patterns: str) -> bool:
    return any(fnmatchcase(licence, pattern) for licence in licences for pattern in patterns.split())


def _worst(checks: Iterable[Check]) -> Check:
    return min(checks, key=lambda one: list(Answer).index(one.answer))


def _best(checks: Iterable[Check]) -> Check:
    return max(checks, key=lambda one: list(Answer).index(one.answer))


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()  # takes a tenth of a second each time


class _Finding(Strict):
    answer: Answer
    why: str


class _Term(Strict):
    carried_by: tuple[str, ...] = ()
    base: _Finding
    data: _Finding
    source: str

    def of(self, part: Part) -> _Finding:
        return self.base if part == "base" else self.data


class _Ruling(Strict):
    parts: tuple[Part, ...] = Field(min_length=1)
    licences: str
    adapter: str = "*"
    answer: Answer
    why: str
    source: str


class _Table(Strict):
    ruling: tuple[_Ruling, ...]
    term: dict[str, _Term]


@cache
def _table() -> _Table:
    return check(_Table, read(files("tocsin.openness.licences") / "compatibility.toml"), "compatibility.toml")
