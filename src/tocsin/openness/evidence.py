"""What stands behind a statement about a model: a file, an address, a claim, or nothing."""

from enum import StrEnum

from tocsin.openness.strict import Strict


class Standing(StrEnum):
    """How well a statement is founded, the best first."""

    FILE = "file"
    ADDRESS = "address"
    CLAIMED = "claimed"
    MISSING = "missing"

    @property
    def rank(self) -> int:
        """0 for a file, 3 for nothing."""
        return list(Standing).index(self)


class Evidence(Strict):
    """One piece of evidence.

    `file`: `path` and its `sha256` (64 hex digits). `address`: where the thing lies; `source`: where that is
    said, if not there; a `sha256` that the server gives may come along. `claimed`: who says so (`source`).
    """

    standing: Standing
    path: str | None = None
    sha256: str | None = None
    address: str | None = None
    source: str | None = None

    def __str__(self) -> str:
        where = self.path or self.address or self.source
        return f"{self.standing}: {where}" if where else str(self.standing)


MISSING = Evidence(standing=Standing.MISSING)


def strongest(evidence: tuple[Evidence, ...]) -> Evidence:
    """The best founded piece; `MISSING` where there is none."""
    return min(evidence, key=lambda piece: piece.standing.rank, default=MISSING)
