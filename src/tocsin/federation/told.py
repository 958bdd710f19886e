"""What the sums of a round tell, as a round's record has it."""

from collections.abc import Mapping

from tocsin.federation.summing import EVERYONE, Sums
from tocsin.privacy import Decoded, Release, together
from tocsin.records import Measure, Spread, Untold


def read_sums(release: Release, sums: Sums) -> dict[str, Decoded]:
    """What can be read of each cohort, and of all together."""
    read = {cohort: release.decode(by_channel) for cohort, by_channel in sums.items()}
    return read if EVERYONE in read else {EVERYONE: together(list(read.values())), **read}


def measures_of(read: Mapping[str, Decoded]) -> list[Measure]:
    """The cells that are known."""
    return [
        Measure.model_validate(
            {"probe": p, "group": g, "moment": m, "by": "clients", "cohort": cohort} | cell._asdict()
        )
        for cohort, decoded in read.items()
        for (p, g, m), cell in sorted(decoded.cells.items())
    ]


def spreads_of(read: Mapping[str, Decoded]) -> tuple[Spread, ...]:
    """The histograms that have a vote."""
    return tuple(
        Spread.model_validate(
            {"probe": probe, "moment": moment, "votes": votes.votes, "sd": votes.sd, "cohort": cohort}
        )
        for cohort, decoded in read.items()
        for (probe, moment), votes in sorted(decoded.spreads.items())
        if any(votes.votes)
    )


def unknown_of(read: Mapping[str, Decoded]) -> tuple[Untold, ...]:
    """The cells that are not known, and why."""
    return tuple(
        Untold(probe=probe, group=group, cohort=cohort, why=why)
        for cohort, decoded in read.items()
        for (probe, group), why in sorted(decoded.unknown.items())
    )
