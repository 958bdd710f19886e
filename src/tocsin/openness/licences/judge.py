"""What a licence string says: SPDX expressions, the names that people write, and community licences."""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from license_expression import ExpressionError, LicenseWithExceptionSymbol, Licensing, get_spdx_licensing

from tocsin.openness.components import Kind
from tocsin.openness.licences.table import aliases, community, restrictions, spdx
from tocsin.openness.licences.tidy import tidy

_NOTHING = frozenset(("", "none", "unlicensed", "no", "noassertion", "n a", "not specified", "component not included"))
_UNKNOWN = frozenset(("unknown", "other", "custom", "see file", "see", "various", "mixed"))
_CHANGEABLE = ("Permissive", "Copyleft", "Copyleft Limited", "Public Domain")


@dataclass(frozen=True)
class Judgement:
    """What is known about a licence string.

    `open`: approved by the OSI, called free by the FSF, or an open licence of content; `osi`: approved by the OSI;
    `modifiable`: changed versions may be made and shared. None is "not known" in all three. `kinds` are the
    content types that it is made for, `restricts` names what it asks (restrictions.toml), `why` is one clause.
    """

    text: str
    expression: str | None
    open: bool | None
    osi: bool | None
    modifiable: bool | None
    kinds: frozenset[Kind] = frozenset()
    restricts: tuple[str, ...] = ()
    why: str = ""

    def fits(self, kind: Kind) -> bool:
        """Whether it is made for content of this kind (the type rule of the Model Openness Framework)."""
        return kind in self.kinds


@cache
def judge(text: str | None) -> Judgement:
    """Judge one licence string. Never raises: what cannot be read is unknown, and `why` says so.

    `A OR B` is judged by the better of both, `A AND B` (also written with commas) by both together.
    """
    written = (text or "").strip()
    plain = tidy(written)
    if plain in _NOTHING:
        return Judgement(written, None, False, False, False, why="no licence is given, so nothing is permitted")
    if plain in _UNKNOWN:
        return Judgement(written, None, None, None, None, why=f'"{written}" names no licence')
    known = aliases().get(plain) or _by_lower_case().get(plain.replace(" ", "-"))
    if known is not None:
        return replace(_one(known), text=written)
    if written.count("(") != written.count(")"):  # the parser would let it pass
        return Judgement(written, None, None, None, None, why=f'"{written}" is no licence expression')
    try:
        # "MIT/Apache-2.0" is how choices were written before SPDX; a list is a list of duties.
        prepared = re.sub(r"(?<=[\w.+])\s*/\s*(?=\w)", " OR ", written) if "://" not in written else written
        tree = _licensing().parse(re.sub(r"\s*[,;&]\s*", " AND ", prepared))
    except ExpressionError:
        tree = None
    if tree is None:
        return Judgement(written, None, None, None, None, why=f'"{written}" is no licence expression')
    return replace(_tree(tree), text=written)


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()


def _tree(node: Any) -> Judgement:
    """Judge an expression as `license_expression` parses it."""
    if isinstance(node, LicenseWithExceptionSymbol):
        return _with_exception(node)
    if not getattr(node, "args", ()):
        return _one(node.key)
    parts = [_tree(argument) for argument in node.args]
    if isinstance(node, _licensing().OR):
        best = min(parts, key=lambda part: (_order(part.open), _order(part.modifiable), len(part.restricts)))
        return replace(best, expression=_joined(" OR ", parts))
    worst = max(parts, key=lambda part: _order(part.open))
    return Judgement(
        "",
        _joined(" AND ", parts),
        _all([part.open for part in parts]),
        _all([part.osi for part in parts]),
        _all([part.modifiable for part in parts]),
        frozenset().union(*(part.kinds for part in parts)),
        tuple(dict.fromkeys(name for part in parts for name in part.restricts)),
        worst.why,
    )


def _with_exception(node: LicenseWithExceptionSymbol) -> Judgement:
    """An exception only adds permissions; one that SPDX does not know may be anything."""
    base, exception = _one(node.license_symbol.key), node.exception_symbol.key
    known = _licensing().known_symbols.get(exception)
    if known is not None and known.is_exception:
        return replace(base, expression=f"{base.expression} WITH {exception}")
    return Judgement("", None, None, None, None, base.kinds, base.restricts, f'"{exception}" is no exception of SPDX')


def _one(name: str) -> Judgement:
    """Judge one licence by its id or by the name that people give it."""
    name = aliases().get(tidy(name), name)
    if name in community():
        licence = community()[name]
        why = "" if licence.open else f"{licence.name} is not open ({_asks(licence.restricts)})"
        return Judgement(
            "", licence.id, licence.open, False, licence.modifiable, frozenset(licence.kinds), licence.restricts, why
        )
    symbol = _licensing().known_symbols.get(name) or _licensing().known_symbols.get(_canonical(name))
    if symbol is None or symbol.is_exception:
        return Judgement("", None, None, None, None, why=f'"{name}" is no licence that we know')
    return _spdx(symbol.key)


def _asks(names: tuple[str, ...]) -> str:
    return ", ".join(restrictions()[name].title for name in names)


@cache
def _by_lower_case() -> dict[str, str]:
    """SPDX's spelling by the lower-case form of an id or of one of its former ids."""
    found = {key.lower(): key for key in _licensing().known_symbols}
    for key, symbol in _licensing().known_symbols.items():
        for alias in symbol.aliases:
            found.setdefault(alias.lower(), key)
    return found


def _canonical(name: str) -> str:
    """SPDX's spelling, whatever the case; `X+` without its plus, since later versions only add a choice."""
    lower = re.sub(r"\s+", "-", name.strip().lower())
    return _by_lower_case().get(lower) or _by_lower_case().get(lower.rstrip("+"), name)


def _spdx(name: str) -> Judgement:
    table = spdx()
    osi = name in table.osi
    is_open = osi or name in table.fsf or name in table.content
    restricts = table.restricts_of(name)
    modifiable = None if not is_open else True
    if "no-derivatives" in restricts:
        modifiable = False
    elif restricts or category(name) in _CHANGEABLE:
        modifiable = True
    unlisted = "neither the OSI nor the FSF nor the Open Definition lists it"
    why = "" if is_open else f"{name} is not open ({_asks(restricts) or unlisted})"
    return Judgement("", name, is_open, osi, modifiable, table.kinds_of(name), restricts, why)


@cache
def _categories() -> dict[str, str]:
    """ScanCode's category of each licence that `license_expression` knows."""
    from license_expression import get_license_index

    found = {}
    for entry in get_license_index():
        for key in (entry.get("spdx_license_key"), *entry.get("other_spdx_license_keys", ())):
            if key:
                found[key] = entry.get("category", "")
    return found


def category(name: str) -> str:
    """ScanCode's category of a licence by its SPDX id ("Permissive", "Copyleft", ...); empty where it has none."""
    return _categories().get(name, "")


def _order(value: bool | None) -> int:
    """Yes before not known before no."""
    return 0 if value else 1 if value is None else 2


def _all(values: list[bool | None]) -> bool | None:
    """No if one says no; else not known if one is; else yes."""
    if False in values:
        return False
    return None if None in values else True


def _joined(word: str, parts: list[Judgement]) -> str | None:
    names = [part.expression for part in parts]
    return word.join(name for name in names if name) if all(names) else None
