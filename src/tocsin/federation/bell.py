"""The server's side of the alarm: what it makes of the trips, round by round, and the diagnosis that follows."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tocsin.alarm import Diagnosis, Reading, Stream, TripPlan, Trips, diagnose
from tocsin.federation.disclosure import epsilon_of_trips
from tocsin.federation.watching import in_words, trip_plan, watched
from tocsin.privacy import Decoded, Known, Release
from tocsin.records import RoundRecord, TripCount
from tocsin.study import Study

_LEAST_SD = 0.5
"""Clients; where there is no noise a count of trips is still no better known as an estimate than to half a client."""


class Bell:
    """E-processes over the trips of a run. What earlier rounds told is gone through again when a run is resumed."""

    def __init__(self, study: Study, plan: TripPlan, records: Sequence[RoundRecord]) -> None:
        self._plan = plan
        self._streams = watched(study)
        self._cohorts = tuple(study.privacy.cohorts) or ("all",)
        self._trips = Trips(plan)
        for record in records:
            if record.trips:
                self._trips.update(np.array([math.nan if one.value is None else one.value for one in record.trips]))

    def hear(self, read: Mapping[str, Decoded], rows: Sequence[int]) -> tuple[TripCount, ...]:
        """What a round told, by cohort; nothing in a round without a release. `rows` are the ledger's, of the trips."""
        told = [(cohort, stream, read[cohort].trips) for cohort in self._cohorts for stream in self._streams]
        if not any(trips for _, _, trips in told):
            return ()
        readings = [trips.get(in_words(stream)) for _, stream, trips in told]
        values = [one.values[0] if isinstance(one, Known) else math.nan for one in readings]
        log_e = self._trips.update(np.array(values))
        return tuple(
            TripCount(
                mode=stream.mode,
                probe=stream.probe,
                group=stream.group,
                cohort=cohort,
                moment=stream.moment,
                value=reading.values[0] if isinstance(reading, Known) else None,
                sd=reading.sd if isinstance(reading, Known) else 0.0,
                log_e=float(log_e[i]) if isinstance(reading, Known) else None,
                threshold=self._plan.threshold,
                ledger_rows=tuple(rows),
                why="" if isinstance(reading, Known) else getattr(reading, "why", "it was not released"),
            )
            for i, ((cohort, stream, _), reading) in enumerate(zip(told, readings, strict=True))
        )


def bell_of(study: Study, release: Release, records: Sequence[RoundRecord]) -> Bell | None:
    """The alarm of a study as these rounds left it; None where it has none."""
    epsilon = epsilon_of_trips(release.plan) if release.plan is not None else None
    plan = trip_plan(study, len(watched(study)), epsilon)
    return Bell(study, plan, records) if plan is not None else None


def diagnosis(study: Study, records: Sequence[RoundRecord]) -> Diagnosis | None:
    """What the trips of these rounds say; None for a study without an [alarm]."""
    if study.alarm is None:
        return None
    known = {in_words(one): one for one in watched(study)}
    readings = [
        Reading(
            stream=Stream(its.mode, its.probe, its.group, trip.cohort, its.moment, its.subject, its.channel),
            round=record.round,
            value=trip.value,
            sd=max(trip.sd, _LEAST_SD),
            clients=len(record.answered),
            log_e=trip.log_e,
            threshold=trip.threshold,
            ledger_rows=trip.ledger_rows,
            why=trip.why,
        )
        for record in records
        for trip in record.trips
        if (its := known.get((trip.mode, trip.probe, trip.group, trip.moment))) is not None
    ]
    return diagnose(readings, study.alarm.level, study.alarm.tolerance)
