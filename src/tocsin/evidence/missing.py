"""Who is missing in clients' training data, as far as their survey tells."""

from collections.abc import Sequence

from tocsin.records import Surveyed

_FEW = 0.1
"""A share of the examples that is called small: a model learns little of a group of which one in ten or fewer are."""


def missing(survey: Sequence[Surveyed]) -> tuple[str, ...]:
    """Sentences on who is missing: groups, topics and languages of no, few or unknown examples, or of few clients."""
    found = []
    every = {one.cohort: one.examples for one in survey if one.aspect == "all"}
    for one in survey:
        if one.aspect not in ("group", "topic", "language") or one.value == "other":
            continue
        name = f"{one.aspect} {one.value}" + (f" in cohort {one.cohort}" if one.cohort != "all" else "")
        whole = every.get(one.cohort)
        if one.examples is None:
            found.append(f"{name}: {one.why}")
        elif whole and one.examples < _FEW * whole:
            found.append(f"{name}: {one.examples / whole:.1%} of the examples, at {one.clients} of {one.of} clients")
        elif one.clients is not None and 2 * one.clients < one.of:
            found.append(f"{name}: at {one.clients} of {one.of} clients only")
    return tuple(found)
