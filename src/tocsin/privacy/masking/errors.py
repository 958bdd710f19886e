"""What the masked sum refuses."""

from tocsin.errors import TocsinError


class SumRefused(TocsinError):
    """A message or a request of a masked sum that cannot be accepted: one sentence that says what and why."""
