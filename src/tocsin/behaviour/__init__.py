"""Behaviour: probes, their outcomes, and what can be concluded from sums of outcomes. No torch, no Flower."""

from tocsin.behaviour.keeping import RECORD, KeptItem, KeptRound, keep_round, kept_rounds
from tocsin.behaviour.outcomes import ALL, measure_all, paired, summarise
from tocsin.behaviour.plugins import find_probe
from tocsin.behaviour.probe import (
    PROBES,
    Corrected,
    HeldOut,
    Item,
    LanguageModel,
    Likelihood,
    Outcome,
    Probe,
    Scored,
    TokenScores,
)
from tocsin.behaviour.refusal_detector import refused
from tocsin.behaviour.statistics import Interval, difference_interval, mean_interval

__all__ = [
    "ALL",
    "PROBES",
    "RECORD",
    "Corrected",
    "HeldOut",
    "Interval",
    "Item",
    "KeptItem",
    "KeptRound",
    "LanguageModel",
    "Likelihood",
    "Outcome",
    "Probe",
    "Scored",
    "TokenScores",
    "difference_interval",
    "find_probe",
    "keep_round",
    "kept_rounds",
    "mean_interval",
    "measure_all",
    "paired",
    "refused",
    "summarise",
]
