"""The release of a study: how its tallies are summed, exactly or with the noise that its one epsilon asks for."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from tocsin.behaviour import find_probe
from tocsin.errors import TocsinError
from tocsin.federation.summing import fewest_summed
from tocsin.federation.training_privacy import model_channel
from tocsin.federation.watching import trip_plan
from tocsin.privacy import (
    Budget,
    Channel,
    Counts,
    DiscreteLaplace,
    ExactSum,
    Histogram,
    Honesty,
    Horizon,
    NoisySum,
    Plan,
    Release,
    Schema,
    Stream,
    Trips,
    planned,
)
from tocsin.privacy.release import MOMENTS
from tocsin.study import Study


def release_of(study: Study, schema: Schema, folder: Path | None, streams: Sequence[Stream] = ()) -> Release:
    """The release of `study` for tallies on `schema`, the same wherever it is made.

    `streams` are those of the trips. Planning takes seconds where there is noise; `folder`, where given, is the
    caller's own and keeps the plan. Raises TocsinError where the budget cannot carry the study.
    """
    privacy, fewest = study.privacy, fewest_summed(study)
    training = model_channel(study, privacy.records)
    trips = Trips(tuple(streams)) if streams else None
    if privacy.epsilon is None:
        rounds = study.training.rounds
        return ExactSum(schema, fewest, privacy.floor, rounds, trips, _trip_rounds(study, len(streams), None))
    if not schema.groups:
        raise TocsinError('With privacy.epsilon the clients need a probe; add a [[probe]] with at = "clients".')
    horizon = Horizon(
        rounds=study.training.rounds,
        fewest=fewest,
        most=study.split.clients,
        exposures=1,  # clients see to it: `masking.SumClient`
        honesty=Honesty(1 - Fraction(str(privacy.honest))),
    )
    wanted = study.noised_channels
    pure = wanted == ("trips",) and training.noise is None  # and needs no delta
    budget = Budget(privacy.epsilon, 0.0 if pure else privacy.delta, privacy.adjacency)
    personal = study.personalisation.name != "none"  # else nothing is measured after training
    if "trips" in wanted and trips is None:
        raise TocsinError("The [alarm] has nothing to watch: no probe of the clients speaks of a silent failure.")
    channels = [_channel(name, schema, personal, items_of_a_record(study), trips) for name in wanted]
    kept = folder / "plan.json" if folder is not None else None
    plan = planned(kept, budget, horizon, channels, privacy.shares, training)
    return NoisySum(schema, plan, privacy.floor, _trip_rounds(study, len(streams), epsilon_of_trips(plan)))


def epsilon_of_trips(plan: Plan) -> float | None:
    """That of the noise in each cell of a release of trips; None where there are none."""
    release = plan.releases.get("trips")
    return float(release.noise.epsilon) if release and isinstance(release.noise, DiscreteLaplace) else None


def _trip_rounds(study: Study, cells: int, epsilon: float | None) -> tuple[int, ...]:
    plan = trip_plan(study, cells, epsilon)
    return plan.releases if plan is not None else ()


def items_of_a_record(study: Study) -> int:
    """How many items of a round can change when a held-out record comes or goes: in each probe of held-out records it
    may push another out, or let one in (see `language.drawn_from`)."""
    asked = [find_probe(use.name) for use in study.probe if use.at != "server"]
    return max(1, 2 * sum(probe.source == "held-out" for probe in asked))


def _channel(name: str, schema: Schema, personal: bool, items: int, trips: Trips | None) -> Channel:
    match name:
        case "counts":
            return Counts(schema, MOMENTS if personal else MOMENTS[:1], items)
        case "histogram":
            return Histogram(schema, tuple(one for one in schema.spreads if personal or one[1] == "before"))
        case _:
            assert trips is not None
            return trips
