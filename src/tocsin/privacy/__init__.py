"""What may leave a client. Arrays only: no torch, no flwr."""

from tocsin.privacy.release import ClearSum, Release
from tocsin.privacy.schema import BINS, MOMENTS, SCALE, Schema
from tocsin.privacy.tally import Cell, Decoded, Tally, Vector, add, check, decode

__all__ = [
    "BINS",
    "MOMENTS",
    "SCALE",
    "Cell",
    "ClearSum",
    "Decoded",
    "Release",
    "Schema",
    "Tally",
    "Vector",
    "add",
    "check",
    "decode",
]
