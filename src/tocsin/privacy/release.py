"""How the sum over a roster's tallies comes about: the interface that masks and noise will fill."""

from collections.abc import Mapping
from typing import Protocol

from tocsin.privacy.schema import Schema
from tocsin.privacy.tally import Decoded, Vector, add, decode


class Release(Protocol):
    """From what the clients sent to the numbers that the server may use."""

    protection: str  # one plain sentence for reports: what this protects, and what it does not

    def combine(self, received: Mapping[int, Vector], schema: Schema) -> Decoded:
        """The decoded sum over the clients (by number) whose vectors were received."""


class ClearSum:
    """No protection: the server's process receives plain tallies and adds them up."""

    protection = (
        "In this version tallies are summed in the clear: the server's process receives each client's tally "
        "(counts and sums of outcomes, no texts), keeps only the sum, and adds no noise."
    )

    def combine(self, received: Mapping[int, Vector], schema: Schema) -> Decoded:
        """See `Release.combine`."""
        return decode(add([received[client] for client in sorted(received)], schema), schema)
