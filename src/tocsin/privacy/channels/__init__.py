"""The channels through which a study learns something of clients: what each releases, and what one unit can move."""

from tocsin.privacy.channels.channel import STEP, Channel, Known, Reading, Unknown
from tocsin.privacy.channels.counts import Counts
from tocsin.privacy.channels.histogram import Histogram
from tocsin.privacy.channels.model import ClientDP, Model, SampledGaussian, SampleDP, Unprotected
from tocsin.privacy.channels.trips import Stream, Trips

__all__ = [
    "STEP",
    "Channel",
    "ClientDP",
    "Counts",
    "Histogram",
    "Known",
    "Model",
    "Reading",
    "SampleDP",
    "SampledGaussian",
    "Stream",
    "Trips",
    "Unknown",
    "Unprotected",
]
