"""When to ring: sentinels on the clients, e-processes on the server, and how a study's level is shared between them."""

from tocsin.alarm.baseline import EstimatedRate
from tocsin.alarm.counts import EXACT, CountNoise, KnownRate, PairedCounts
from tocsin.alarm.diagnosis import Diagnosis, Failing, diagnose
from tocsin.alarm.e_bh import e_bh
from tocsin.alarm.histogram import Histograms
from tocsin.alarm.laws import NO_NOISE, DiscreteLaplace, Gaussian
from tocsin.alarm.levels import split, threshold
from tocsin.alarm.modes import Mode
from tocsin.alarm.paired import TOLERANCE, Paired
from tocsin.alarm.reading import Reading
from tocsin.alarm.sentinel import Sentinel
from tocsin.alarm.streams import Stream, streams, subject
from tocsin.alarm.trips import TripPlan, Trips, ceiling

__all__ = [
    "EXACT",
    "NO_NOISE",
    "TOLERANCE",
    "CountNoise",
    "Diagnosis",
    "DiscreteLaplace",
    "EstimatedRate",
    "Failing",
    "Gaussian",
    "Histograms",
    "KnownRate",
    "Mode",
    "Paired",
    "PairedCounts",
    "Reading",
    "Sentinel",
    "Stream",
    "TripPlan",
    "Trips",
    "ceiling",
    "diagnose",
    "e_bh",
    "split",
    "streams",
    "subject",
    "threshold",
]
