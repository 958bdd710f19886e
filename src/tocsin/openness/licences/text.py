"""Which licence a LICENSE file holds."""

import re

from tocsin.openness.licences.table import texts

_BEGINNING = 3000
_TAG = re.compile(r"SPDX-License-Identifier:\s*([^\n*/]+)")


def recognise(text: str) -> str | None:
    """The licence whose text this is, by its heading and its best-known words; None where none is known."""
    tag = _TAG.search(text[:_BEGINNING])
    if tag:
        return tag.group(1).strip()
    beginning = " ".join(text[:_BEGINNING].lower().split())
    return next((known.licence for known in texts() if all(word in beginning for word in known.words)), None)
