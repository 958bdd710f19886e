"""Licences: what a string says, whether that is open, for what it is made, what it restricts."""

from tocsin.openness.licences.judge import Judgement, judge
from tocsin.openness.licences.text import recognise

__all__ = ["Judgement", "judge", "recognise"]
