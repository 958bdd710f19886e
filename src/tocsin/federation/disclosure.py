"""The release of a study: how its tallies are summed, exactly or with the noise that its one epsilon asks for."""

from fractions import Fraction
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.federation.summing import EVERYONE, fewest_summed
from tocsin.federation.training_privacy import model_channel
from tocsin.privacy import (
    Budget,
    Channel,
    Counts,
    ExactSum,
    Histogram,
    Honesty,
    Horizon,
    NoisySum,
    Release,
    Schema,
    Stream,
    Trips,
    planned,
)
from tocsin.privacy.release import MOMENTS
from tocsin.study import Study


def release_of(study: Study, schema: Schema, folder: Path | None) -> Release:
    """The release of `study` for tallies on `schema`, the same wherever it is made.

    Planning takes seconds where there is noise; `folder`, where given, is the caller's own and keeps the plan. Raises
    TocsinError where the budget cannot carry the study.
    """
    privacy, fewest = study.privacy, fewest_summed(study)
    training = model_channel(study, privacy.records)
    if privacy.epsilon is None:
        return ExactSum(schema, fewest, privacy.floor)
    if not schema.groups:
        raise TocsinError('With privacy.epsilon the clients need a probe; add a [[probe]] with at = "clients".')
    horizon = Horizon(
        rounds=study.training.rounds,
        fewest=fewest,
        most=study.split.clients,
        exposures=1,  # clients see to it: `masking.SumClient`
        honesty=Honesty(1 - Fraction(str(privacy.honest))),
    )
    budget = Budget(privacy.epsilon, privacy.delta, privacy.adjacency)
    personal = study.personalisation.name != "none"  # else nothing is measured after training
    channels = [_channel(name, schema, personal) for name in privacy.channels]
    kept = folder / "plan.json" if folder is not None else None
    return NoisySum(schema, planned(kept, budget, horizon, channels, privacy.shares, training), privacy.floor)


def _channel(name: str, schema: Schema, personal: bool) -> Channel:
    match name:
        case "counts":
            return Counts(schema, MOMENTS if personal else MOMENTS[:1])
        case "histogram":
            return Histogram(schema, tuple(one for one in schema.spreads if personal or one[1] == "before"))
        case _:
            return Trips(streams_of(schema))


def streams_of(schema: Schema) -> tuple[Stream, ...]:
    """The streams of trips: cohorts are summed apart, so that a client's is nobody else's."""
    return tuple(dict.fromkeys((probe, group, EVERYONE) for probe, group, _ in schema.cells))
