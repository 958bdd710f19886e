"""How many clients of a roster are trusted to add their share of the noise."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Honesty:
    """At most the share `lying` of a roster, in [0, 1), leaves its noise out or tells the server what it was.

    The shares are made so large that those of the other clients alone sum to the noise that the ledger charges. When
    more clients than this collude with the server the guarantee weakens; when all others do there is none.
    """

    lying: Fraction = Fraction(1, 10)

    def __post_init__(self) -> None:
        if not 0 <= self.lying < 1:
            raise ValueError(f"a lying share of {self.lying} is not in [0, 1)")

    def honest(self, roster: int) -> int:
        """Clients of a roster of this size who are assumed honest: at least 1."""
        return roster - int(self.lying * roster)
