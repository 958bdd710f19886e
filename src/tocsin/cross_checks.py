"""Do the clients' sums agree with what the server finds when it asks the same model itself?"""

from collections.abc import Iterator, Sequence

import numpy as np

from tocsin.behaviour import find_probe
from tocsin.errors import TocsinError
from tocsin.privacy.liars import disagreement
from tocsin.records import Measure, RoundRecord
from tocsin.study import Study

LEVEL = 0.01
"""The chance that honest clients are suspected anywhere in a run, shared by all comparisons."""

_FEWEST = 30
"""Of the server's own items; `disagreement` refuses fewer."""


def disagreements(study: Study, records: Sequence[RoundRecord]) -> tuple[str, ...]:
    """One sentence for each public probe whose clients' sums cannot be of the model and the items that the server has.

    What clients find before training in a round is compared with what the server found of the same global model at
    the end of the round before, over all groups of the probe. Comparisons are few enough for Bonferroni's correction.
    """
    public = set()
    for use in study.probe:
        try:
            probe = find_probe(use.name)
        except TocsinError:
            continue  # a file that is gone since
        if use.at == "both" and probe.source not in ("held-out", "trained"):
            public.add(probe.name)
    compared = list(_compared(public, records))
    said = []
    for round_, probe_name, theirs, own in compared:
        mean = sum(one.total for one in own) / (n := sum(one.n for one in own))
        number, total = sum(one.n for one in theirs), sum(one.total for one in theirs)
        sd = float(np.sqrt(sum(one.sd**2 for one in theirs)))
        p = disagreement(total, number, sd, np.full(n, mean).tolist())
        if p < LEVEL / len(compared):
            said.append(
                f"The clients' answers to \"{probe_name}\" in round {round_} do not agree with the server's own of the "
                f"same model (p {p:.1g}): some clients run another model or other code, or lie."
            )
    return tuple(said)


def _compared(
    public: set[str], records: Sequence[RoundRecord]
) -> Iterator[tuple[int, str, list[Measure], list[Measure]]]:
    by_round = {record.round: record for record in records}
    for record in records:
        if (before := by_round.get(record.round - 1)) is None:
            continue
        for name in sorted(public):
            theirs = [
                one
                for one in record.measures
                if (one.probe, one.by, one.moment, one.cohort) == (name, "clients", "before", "all")
            ]
            own = [one for one in before.measures if (one.probe, one.by, one.moment) == (name, "server", "after")]
            if sum(one.n for one in theirs) > 0 and sum(one.n for one in own) >= _FEWEST:
                # Cells under the floor are unknown on one side alone: only groups that both have are compared.
                groups = {one.group for one in theirs} & {one.group for one in own}
                theirs, own = ([one for one in side if one.group in groups] for side in (theirs, own))
                if sum(one.n for one in own) >= _FEWEST:
                    yield record.round, name, theirs, own
