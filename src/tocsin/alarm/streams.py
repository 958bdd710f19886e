"""Streams: what is watched in a run, and of which mode each one speaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tocsin.alarm.modes import Mode
from tocsin.errors import TocsinError

ALL = "all"
"""The group of a stream over all groups, and the cohort of one over the whole roster."""

Moment = Literal["training", "received", "personalised", "global"]
"""Which models are compared.

training      the client's model after against before the local training of the same round
received      the global model as it arrives at clients against the round-0 model
personalised  the client's model after local training against the round-0 model
global        the global model against the round-0 model, asked by the server

On the same items `personalised` is exactly the sum of `received`, what earlier rounds left, and `training`, what this
round did: the outcomes' differences telescope.
"""

Channel = Literal["trips", "counts", "histogram", "server"]
"""Where a stream's values come from, and so their unit: new trips (clients), mean change of outcomes (share of items),
change of the tail's share (share of clients), mean change of outcomes."""

Subject = Literal["bias", "safety", "calibration", "in-domain", "off-domain"]
"""What the items are about. Quality is in-domain on clients' own held-out data, and off-domain elsewhere."""


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """One thing that is watched all through a run, with one e-process and one threshold."""

    mode: Mode
    probe: str
    group: str
    cohort: str
    moment: Moment
    subject: Subject
    channel: Channel

    def __str__(self) -> str:
        parts = [self.probe, *(x for x in (self.group, self.cohort) if x != ALL), self.moment]
        return f"{', '.join(parts)} ({self.channel})"


_SPEAKS: tuple[tuple[Subject, Moment, Mode], ...] = (
    ("safety", "training", Mode.ADAPTATION_MISALIGNMENT),
    ("in-domain", "training", Mode.ADAPTATION_MISALIGNMENT),
    ("off-domain", "training", Mode.ADAPTATION_MISALIGNMENT),
    ("bias", "personalised", Mode.AMPLIFIED_BIAS),
    ("bias", "global", Mode.AMPLIFIED_BIAS),
    ("calibration", "personalised", Mode.CONFIDENCE_MISCALIBRATION),
    ("calibration", "global", Mode.CONFIDENCE_MISCALIBRATION),
    ("in-domain", "received", Mode.FAIRNESS_COLLAPSE),
    ("off-domain", "personalised", Mode.OUT_OF_DOMAIN_DEGRADATION),
    ("off-domain", "global", Mode.OUT_OF_DOMAIN_DEGRADATION),
    ("safety", "received", Mode.ALIGNMENT_EROSION),
    ("safety", "personalised", Mode.ALIGNMENT_EROSION),
    ("safety", "global", Mode.ALIGNMENT_EROSION),
)
"""Within a round before since the start: of streams that trip a sentinel in the same round the first is reported.
At onset nothing has been received yet that was worse, and both see the same loss; that it was lost within the round is
the more exact of two true statements."""


def subject(kind: str, source: str) -> Subject | None:
    """What a probe of this kind and source (behaviour's words) is about; None: of none of the six modes.

    A quality probe that is not held-out data counts as off-domain: a study whose clients train on such items has to
    say so, by giving `streams` "in-domain" itself. Raises TocsinError for an unknown kind.
    """
    match kind:
        case "bias" | "safety" | "calibration":
            return kind
        case "quality":
            return "in-domain" if source == "held-out" else "off-domain"
        case "memorisation":
            return None
    raise TocsinError(f'A probe of kind "{kind}" speaks of no mode; use bias, safety, quality or calibration.')


def streams(
    probe: str,
    about: Subject,
    channel: Channel,
    groups: Sequence[str] = (ALL,),
    cohorts: Sequence[str] = (ALL,),
) -> tuple[Stream, ...]:
    """Every stream that `probe` can give on `channel`, the one to report first at a tie first.

    A study tests fewer when it wants power: each costs all others their share of the level. On the histogram a
    stream is over all groups, as a client has one score. Held-out quality in several groups also speaks of Amplified
    Bias, personalised, group by group.
    """
    if channel == "histogram":
        return tuple(
            Stream(Mode.FAIRNESS_COLLAPSE, probe, ALL, cohort, "personalised", about, channel) for cohort in cohorts
        )
    speaks = [(moment, mode) for of, moment, mode in _SPEAKS if of == about]
    if about == "in-domain" and len(groups) > 1:
        speaks.append(("personalised", Mode.AMPLIFIED_BIAS))
    return tuple(
        Stream(mode, probe, group, cohort, moment, about, channel)
        for moment, mode in speaks
        if (moment == "global") == (channel == "server")
        for group in groups
        for cohort in cohorts
    )
