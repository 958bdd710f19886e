"""What a client trains on, or keeps for testing: one question and its answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A chat up to where the answer begins, as (role, text) turns, and the answer that should follow.

    A client has it in the rounds `since` to `until`, both included and counted from 1; None: to the end.
    """

    turns: tuple[tuple[str, str], ...]
    response: str
    group: str = "all"
    since: int = 1
    until: int | None = None

    def there(self, round_: int) -> bool:
        """Whether a client has it in a round."""
        return self.since <= round_ and (self.until is None or round_ <= self.until)
