"""The table of post_training.toml as Markdown: what `tocsin levels` prints and docs/openness.md holds."""

from collections.abc import Iterable, Sequence
from typing import get_args

from tocsin.openness.post_training import (
    Cell,
    Leaving,
    Measure,
    Method,
    Right,
    Route,
    cells,
    listed,
    post_training,
)

_GENERATION: tuple[Measure, ...] = ("generation",)
_SCORES: tuple[Measure, ...] = ("generation", "log-likelihoods")
_SERVER, _SERVICE = "the server", "the service"


def guide() -> str:
    """The whole table as Markdown, in five parts."""
    return "\n\n".join([_possible(), _routes(), _why_not(), _modes(), _autonomy()]) + "\n"


def _possible() -> str:
    levels = [level.id for level in post_training().level]
    found = {(cell.level, cell.method.id): cell for cell in cells()}
    rows = [[one.title, *(_cell(found[level, one.id]) for level in levels)] for one in post_training().method]
    return f"### Which method at which level\n\n{_table(['method', *levels], rows)}"


def _cell(cell: Cell) -> str:
    if cell.possible == "with":
        return "with " + ", or ".join(listed(extra) for _, extra in cell.routes)
    return cell.possible


def _routes() -> str:
    head = [
        "method",
        "by way of",
        "leaves in training",
        "leaves in use",
        "a service sees private prompts",
        "a service is needed",
        "probes can ask",
    ]
    rows = [_route(one, route) for one in post_training().method for route in one.route]
    return f"### What leaves a client, to whom, and what probes can ask\n\n{_table(head, rows)}\n\n{_notes()}"


def _route(one: Method, route: Route) -> list[str]:
    asked = route.measures({*route.needs, "api-generation"} if route.by_service else route.needs)
    return [
        one.title,
        listed(route.needs) + ("; a small open model of its own" if route.own_model else ""),
        leaves(route.training),
        leaves(route.use),
        route.prompts_seen,
        route.service_needed,
        _in_order(asked),
    ]


def leaves(what: Leaving) -> str:
    """What leaves, in words: "adapter to the server; prompts, answers to the service"."""
    parts = [(what.server, _SERVER), (what.service, _SERVICE)]
    return "; ".join(f"{', '.join(payloads)} to {whom}" for payloads, whom in parts if payloads) or "nothing"


def _in_order(asked: Iterable[Measure]) -> str:
    found = set(asked)
    return ", ".join(measure for measure in get_args(Measure) if measure in found)


def _notes() -> str:
    notes = [
        f"- **{one.title}**, by {listed(route.needs)}: {route.note}."
        for one in post_training().method
        for route in one.route
        if route.note
    ]
    return "\n".join(notes)


def _why_not() -> str:
    lines = []
    for one in post_training().method:
        closed = [cell.level for cell in cells() if cell.method is one and cell.possible == "no"]
        if closed:
            lines.append(f"- **{one.title}** ({', '.join(closed)}): {one.why_not}.")
    return "### Why not\n\n" + "\n".join(lines)


def _modes() -> str:
    rows = []
    for mode in post_training().mode:
        probes = "; ".join(f"{way}: {', '.join(names)}" for way, names in mode.by.items())
        rows.append([mode.name, mode.heard(_SCORES), mode.heard(_GENERATION), mode.why, probes])
    head = ["mode", "log-likelihoods and generation", "generation only", "why", "probes that hear it"]
    return f"### Which of the six modes can be heard\n\n{_table(head, rows)}"


def _autonomy() -> str:
    rights: Sequence[Right] = get_args(Right)
    rows = [
        [level.id, *(f"{level.autonomy[right].state}: {level.autonomy[right].why}" for right in rights)]
        for level in post_training().level
    ]
    return f"### What autonomy a client keeps\n\n{_table(['level', *rights], rows)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
