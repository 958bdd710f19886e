"""The survey of clients' training data, for screens, programs and reports: what there is, and who is missing."""

from typing import Any

from rich.console import Group
from rich.table import Table

from tocsin.evidence import missing
from tocsin.records import RoundRecord


def shown(record: RoundRecord) -> Group:
    """A row for each aspect, who is missing, and the clients that gave no part."""
    cohorts = len({one.cohort for one in record.survey}) > 1
    table = Table("", "", *(["cohort"] if cohorts else []), "examples", "share", "clients", box=None)
    every = {one.cohort: one.examples for one in record.survey if one.aspect == "all"}
    for one in record.survey:
        whole = every.get(one.cohort)
        told = (one.why, "", "")
        if one.examples is not None:
            share = f"{one.examples / whole:.1%}" if whole else ""
            told = (str(one.examples), share, f"{one.clients} of {one.of}")
        table.add_row(one.aspect, one.value, *([one.cohort] if cohorts else []), *told)
    lines = [f"Missing or rare: {sentence}." for sentence in missing(record.survey)]
    lines += [f"Client {one.client}: {one.reason}." for one in record.refused]
    return Group(table, *lines)


def as_json(record: RoundRecord) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "survey": [one.model_dump(mode="json") for one in record.survey],
        "missing": list(missing(record.survey)),
        "refused": [one.model_dump(mode="json") for one in record.refused],
    }
