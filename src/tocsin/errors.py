"""Errors that a user can mend, each one sentence: what is wrong, where, what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class TocsinError(Exception):
    """Bad input or configuration. The command line prints the message alone and exits with `exit_code`."""

    exit_code = 2


class FederationError(TocsinError):
    """The federation could not go on (no quorum, every client failed): nothing can be concluded."""

    exit_code = 3


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)`, or the known words where none is close; empty where nothing is known."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f' (did you mean "{close[0]}"?)'
    return f" (known: {', '.join(names)})" if names else ""
