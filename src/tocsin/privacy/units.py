"""Whom a guarantee is about, and what it compares."""

from typing import Literal

Unit = Literal["client", "record", "training record"]
"""All of a client's data; one held-out record, which no training has seen; one record that a client trains on."""

Adjacency = Literal["add-or-remove", "replace-one"]
"""Add or remove: the run with a unit's data against the run where its contribution is nothing (a client of the roster
that sends zeros: rosters are public). Replace one: against the run where other data stand in its place; an epsilon
that costs up to twice as much, and says more."""

UNITS: tuple[Unit, ...] = ("client", "record", "training record")
ADJACENCIES: tuple[Adjacency, ...] = ("add-or-remove", "replace-one")
