"""Failures that are put into a real federation, through the data that its clients train on."""

from tocsin.bench.injected.finished import Finished, Monitor, finished, monitor
from tocsin.bench.injected.injection import ONSET, ROUNDS, ROWS, Injection, write_corpus
from tocsin.bench.injected.injections import INJECTIONS
from tocsin.bench.injected.rows import CLIENTS, Maker

__all__ = [
    "CLIENTS",
    "INJECTIONS",
    "ONSET",
    "ROUNDS",
    "ROWS",
    "Finished",
    "Injection",
    "Maker",
    "Monitor",
    "finished",
    "monitor",
    "write_corpus",
]
