"""How to repair it: filters and mixtures of clients' data, and what is done to the adapter after a round."""

from tocsin.remedy.composing import Remedies, remedies_of
from tocsin.remedy.find import find_remedy
from tocsin.remedy.remedy import (
    REMEDIES,
    ClientSide,
    DataRemedy,
    Mended,
    ModelRemedy,
    Options,
    Remedy,
    ServerSide,
    Weighed,
    options,
)

__all__ = [
    "REMEDIES",
    "ClientSide",
    "DataRemedy",
    "Mended",
    "ModelRemedy",
    "Options",
    "Remedies",
    "Remedy",
    "ServerSide",
    "Weighed",
    "find_remedy",
    "options",
    "remedies_of",
]
