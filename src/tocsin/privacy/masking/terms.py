"""What all parties of one masked sum agree on before any key is made."""

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property

from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.masking.graph import degree_for
from tocsin.privacy.masking.modulus import Modulus
from tocsin.privacy.masking.wire import Fixed, Number, Real, Record, Text

MOST_ATTEMPTS = 2


@dataclass(frozen=True)
class Terms:
    """One sum: of one channel, over one cohort, in one round of one run.

    `run` are 16 random bytes, new for each run. `schema` is the hash of the tally's schema (32 bytes),
    `enrolment` that of the list of identities which the roster is drawn from: a cohort's own list where
    subtotals are asked for. `size` is the number of entries, each from `low` to `high`, noise included.
    Fewer than `minimum` clients are never summed. Up to `clique` clients, each masks with every other;
    beyond, with as many as keep the chance that a share `colluding` of the roster cuts it up below
    `failure` (see `graph`). Each client makes its own copy from its own study and answers to no other.
    """

    run: bytes
    channel: str
    cohort: str
    round: int
    schema: bytes
    enrolment: bytes
    size: int
    low: int
    high: int
    minimum: int
    clique: int = 256
    colluding: float = 1 / 3
    failure: float = 2.0**-40

    def __post_init__(self) -> None:
        if self.minimum < 2:
            raise SumRefused(f"A minimum of {self.minimum} is no sum; it has to be 2 at least.")
        if not (0.0 < self.colluding < 1.0 and 0.0 < self.failure < 1.0):
            raise SumRefused("The colluding share and the chance of failure have to lie between 0 and 1.")
        if self.low >= self.high:
            raise SumRefused(f"Entries from {self.low} to {self.high} are no range.")

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of all of it (32 bytes)."""
        return hashlib.sha256(b"tocsin terms 1\0" + TERMS.write(self)).digest()

    def modulus(self, clients: int) -> Modulus:
        """The modulus for a roster of so many."""
        return Modulus(self.low, self.high, clients)

    def degree(self, clients: int) -> int:
        """How many others each of `clients` masks with."""
        if clients <= self.clique:
            return clients - 1
        return degree_for(clients, self.colluding, self.failure)

    def must_equal(self, other: "Terms") -> None:
        """Raises SumRefused, with the first difference, unless `other` (a server's) is the same."""
        for field in fields(self):
            if getattr(self, field.name) != getattr(other, field.name):
                raise SumRefused(f"The server asks for a sum with another {field.name} than this client's study has.")


TERMS = Record(
    Terms,
    {
        "run": Fixed(16),
        "channel": Text(),
        "cohort": Text(),
        "round": Number(),
        "schema": Fixed(32),
        "enrolment": Fixed(32),
        "size": Number(low=1),
        "low": Number(-(1 << 62), 1 << 62, wide=True),
        "high": Number(-(1 << 62), 1 << 62, wide=True),
        "minimum": Number(),
        "clique": Number(),
        "colluding": Real(),
        "failure": Real(),
    },
)
