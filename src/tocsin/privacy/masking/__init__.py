"""Masked sums: a server learns the sum over a roster of clients and nothing else of any of them."""

from tocsin.privacy.masking.client import SumClient
from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.masking.graph import Graph, degree_for, exposure
from tocsin.privacy.masking.identity import Enrolment, Identity
from tocsin.privacy.masking.messages import asks_for_seed, is_vector
from tocsin.privacy.masking.modulus import Modulus
from tocsin.privacy.masking.server import Attempt, SumServer
from tocsin.privacy.masking.terms import MOST_ATTEMPTS, Terms

__all__ = [
    "MOST_ATTEMPTS",
    "Attempt",
    "Enrolment",
    "Graph",
    "Identity",
    "Modulus",
    "SumClient",
    "SumRefused",
    "SumServer",
    "Terms",
    "asks_for_seed",
    "degree_for",
    "exposure",
    "is_vector",
]
