"""One spelling for the many ways in which people write a licence's name."""

import re

_LONG = (
    (r"creative commons(?! zero)", "cc"),
    (r"cc attribution", "cc by"),
    (r"attribution", "by"),
    (r"non[- ]?commercial", "nc"),
    (r"share[- ]?alike", "sa"),
    (r"no[- ]?deriv(ative)?s?(works)?", "nd"),
    (r"creative commons zero", "cc0"),
)
_FILLING = frozenset(
    "the a gnu license licence licensed under agreement version international universal unported generic".split()  # noqa: SIM905
)


def tidy(text: str) -> str:
    """Lower-case words and numbers joined by blanks, without what says nothing: "MIT License" becomes "mit".

    Plus signs stay, since "openrail" and "openrail++" are two licences, and so do dots within numbers.
    """
    words = text.lower().strip()
    for long, short in _LONG:
        words = re.sub(long, short, words)
    words = re.sub(r"\bv(?=\d)", "", words)
    words = re.sub(r"[^a-z0-9.+]+", " ", words)
    kept = [word.strip(".") for word in words.split() if word.strip(".") not in _FILLING]
    return " ".join(word for word in kept if word)
