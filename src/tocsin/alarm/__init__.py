"""When to ring: sentinels on the clients, e-processes on the server, and how a study's level is shared between them."""

from tocsin.alarm.baseline import EstimatedRate
from tocsin.alarm.counts import EXACT, CountNoise, KnownRate, PairedCounts
from tocsin.alarm.e_bh import e_bh
from tocsin.alarm.histogram import Histograms
from tocsin.alarm.laws import NO_NOISE, DiscreteLaplace, Gaussian
from tocsin.alarm.levels import split, threshold
from tocsin.alarm.paired import TOLERANCE, Paired
from tocsin.alarm.sentinel import Sentinel
from tocsin.alarm.trips import TripPlan, Trips, ceiling

__all__ = [
    "EXACT",
    "NO_NOISE",
    "TOLERANCE",
    "CountNoise",
    "DiscreteLaplace",
    "EstimatedRate",
    "Gaussian",
    "Histograms",
    "KnownRate",
    "Paired",
    "PairedCounts",
    "Sentinel",
    "TripPlan",
    "Trips",
    "ceiling",
    "e_bh",
    "split",
    "threshold",
]
