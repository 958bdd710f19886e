"""What may leave a client. Arrays and crypto only: no torch, no flwr."""

from tocsin.privacy.channels import Channel, Counts, Histogram, Known, Reading, Stream, Trips, Unknown
from tocsin.privacy.decoded import Cell, Decoded, Votes, decode
from tocsin.privacy.egress import Departure, Egress, Kind, totals
from tocsin.privacy.enrolling import ENROLMENT, enrol_here, enrolment_line, identity_in, keep_secret, read_enrolment
from tocsin.privacy.ledger import MODEL, Budget, BudgetSpent, Horizon, Ledger, Plan, Row, planned, summary, table
from tocsin.privacy.masking import (
    Enrolment,
    Identity,
    SumClient,
    SumRefused,
    SumServer,
    Terms,
    asks_for_seed,
    is_vector,
)
from tocsin.privacy.noise import DiscreteLaplace, Honesty
from tocsin.privacy.release import ExactSum, NoisySum, Release, Sum, together
from tocsin.privacy.schema import BINS, MOMENTS, SCALE, Schema
from tocsin.privacy.tally import Tally, Vector

__all__ = [
    "BINS",
    "ENROLMENT",
    "MODEL",
    "MOMENTS",
    "SCALE",
    "Budget",
    "BudgetSpent",
    "Cell",
    "Channel",
    "Counts",
    "Decoded",
    "Departure",
    "DiscreteLaplace",
    "Egress",
    "Enrolment",
    "ExactSum",
    "Histogram",
    "Honesty",
    "Horizon",
    "Identity",
    "Kind",
    "Known",
    "Ledger",
    "NoisySum",
    "Plan",
    "Reading",
    "Release",
    "Row",
    "Schema",
    "Stream",
    "Sum",
    "SumClient",
    "SumRefused",
    "SumServer",
    "Tally",
    "Terms",
    "Trips",
    "Unknown",
    "Vector",
    "Votes",
    "asks_for_seed",
    "decode",
    "enrol_here",
    "enrolment_line",
    "identity_in",
    "is_vector",
    "keep_secret",
    "planned",
    "read_enrolment",
    "summary",
    "table",
    "together",
    "totals",
]
