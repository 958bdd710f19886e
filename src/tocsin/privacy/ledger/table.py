"""The ledger as a table of plain strings, and what it adds up to in words."""

import math

from tocsin.privacy.ledger.ledger import Ledger, Row
from tocsin.privacy.units import UNITS, Unit

COLUMNS = (
    "round", "attempt", "channel", "release", "clients", "unit", "sensitivity", "noise", "state", "epsilon so far"
)  # fmt: skip


def rounded(epsilon: float) -> str:
    """Two digits after the point, never less than it is (a billionth apart, for floats), without idle zeros."""
    return f"{math.ceil(epsilon * 100 - 1e-7) / 100:.2f}".rstrip("0").rstrip(".")


def table(ledger: Ledger) -> tuple[tuple[str, ...], ...]:
    """The header, the model channel's row, then one row for each attempt."""
    model = (
        "all",
        "",
        "model",
        "",
        "",
        "",
        "",
        str(ledger.plan.model.noise or "none"),
        ledger.plan.model.statement,
        "",
    )
    return (COLUMNS, model, *(_line(row) for row in ledger.rows))


def _line(row: Row) -> tuple[str, ...]:
    spent = row.epsilon[row.unit]
    return (
        str(row.round), str(row.attempt), row.channel, row.release, str(row.clients), row.unit, row.sensitivity,
        row.noise, row.state, "no claim" if spent is None else rounded(spent),
    )  # fmt: skip


def summary(ledger: Ledger) -> tuple[str, ...]:
    """One sentence for each unit: what it has spent in all, of what, and what that does not cover."""
    return tuple(_sentence(ledger, unit) for unit in UNITS)


def _sentence(ledger: Ledger, unit: Unit) -> str:
    plan, spent = ledger.plan, ledger.spent()[unit]
    if spent is None:
        return f"A {unit} has no guarantee."
    delta = f", delta {plan.budget.delta:g}" if plan.budget.delta else ""
    left_out = plan.exceptions(unit)
    beside = f" No guarantee from: {', '.join(left_out)}." if left_out else ""
    lying = plan.horizon.honesty.lying
    of = f" of {plan.budget.epsilon:g}" if unit in plan.units else ", for which no budget was set"
    return (
        f"A {unit} has spent epsilon {rounded(spent)}{of}{delta} ({plan.budget.adjacency}), "
        f"if at most {float(lying):.0%} of each roster lies.{beside}"
    )
