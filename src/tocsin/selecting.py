"""`tocsin select`: models ranked by a consortium's needs. `tocsin levels`: what each level of openness allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.auditing import audit_of
from tocsin.openness import Fit, cells, described, post_training, rank, read_needs


@dataclass(frozen=True)
class Selection:
    """The candidates, the best first, and whether any fits."""

    fits: tuple[Fit, ...]

    @property
    def found(self) -> bool:
        """Whether a candidate meets every must."""
        return any(fit.fits for fit in self.fits)


def select(sources: Sequence[str], needs: Path) -> Selection:
    """Rank the models `sources` (named as for `tocsin audit`; none: all that come described) by the needs file.

    Raises TocsinError when there is no such model, or the needs cannot be read.
    """
    wanted = read_needs(needs)
    return Selection(tuple(rank([audit_of(source, hashed=False) for source in sources or described()], wanted)))


def as_json(selection: Selection) -> list[dict[str, Any]]:
    """The candidates in order, as plain data."""
    return [
        {
            "model": fit.audit.name,
            "level": fit.level,
            "fits": fit.fits,
            "method": fit.method.id if fit.method else None,
            "by": list(fit.route.needs) if fit.route else [],
            "lacks": list(fit.lacks),
            "wishes_met": list(fit.met),
            "wishes_unmet": list(fit.unmet),
        }
        for fit in selection.fits
    ]


def table(selection: Selection) -> RenderableType:
    """Those that fit, in order, with the wishes that they leave; then the others, with what they lack."""
    found = Table("", "model", "level", "method", "wishes met", "wishes left", box=None)
    out = Table("does not fit", "level", "lacks", box=None)
    for place, fit in enumerate(selection.fits, start=1):
        if fit.fits and fit.method is not None:
            met = f"{len(fit.met)} of {len(fit.met) + len(fit.unmet)}"
            found.add_row(str(place), fit.audit.name, fit.level, fit.method.title, met, "; ".join(fit.unmet))
        else:
            out.add_row(fit.audit.name, fit.level, Text("; ".join(fit.lacks), style="red"))
    return Group(*(part for part in (found, out) if part.row_count))


def levels_json() -> list[dict[str, Any]]:
    """Every cell of the table: one method at one level, with each route that is open and what that asks for besides
    what the level always gives."""
    return [
        {
            "level": cell.level,
            "method": cell.method.id,
            "possible": cell.possible,
            "routes": [
                route.model_dump(mode="json")
                | {"besides": list(extra), "prompts_seen": route.prompts_seen, "service_needed": route.service_needed}
                for route, extra in cell.routes
            ],
            "autonomy": {right: keeps.state for right, keeps in post_training().meaning(cell.level).autonomy.items()},
        }
        for cell in cells()
    ]
