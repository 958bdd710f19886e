"""Licences: what a string says, whether that is open, for what it is made, what it restricts, what it goes with."""

from tocsin.openness.licences.compatibility import OWN, Answer, Check, Compatibility, compatibility
from tocsin.openness.licences.hub_name import HubLicence, hub_licence
from tocsin.openness.licences.judge import Judgement, judge
from tocsin.openness.licences.text import recognise

__all__ = [
    "OWN",
    "Answer",
    "Check",
    "Compatibility",
    "HubLicence",
    "Judgement",
    "compatibility",
    "hub_licence",
    "judge",
    "recognise",
]
