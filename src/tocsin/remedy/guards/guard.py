"""What a guard is: it judges exchanges, a request with its response. One file a backend, found through the registry."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.corpora import Example
from tocsin.errors import TocsinError, did_you_mean
from tocsin.models import Model
from tocsin.registry import Registry

WORDS = 256
"""How much of a request, and of a response, is judged."""


class Guard(Protocol):
    """Tells exchanges that do harm from others. A harmful request that is refused does none."""

    @property
    def threshold(self) -> float:
        """The score, in (0, 1), from which on it calls an exchange unsafe, unless a study says otherwise."""

    def scores(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """How harmful each exchange is, in [0, 1], shape (examples,).

        Raises TocsinError where it cannot judge; what it says of an example is in no message, since those may leave
        the client.
        """


GUARDS: Registry[Callable[[str, Model], Guard]] = Registry("guard", "tocsin.remedy.guards")
"""By name, what makes a guard from its `source`, as `find_guard` was given it, and the model that is trained."""

FOLDER = "huggingface"
"""The guard that a folder is read by."""


def check_guard(source: str) -> None:
    """Raises TocsinError where `source` is neither a guard's name nor the path of a folder that is there."""
    if source != FOLDER and source in [*GUARDS]:
        return
    if not Path(source).expanduser().is_dir():
        names = [name for name in GUARDS if name != FOLDER]
        raise TocsinError(
            f'There is no guard "{source}"{did_you_mean(source, names)}; name one, or the folder of a guard model in '
            "Hugging Face's format."
        )


def find_guard(source: str, model: Model) -> Guard:
    """The guard of a name, or of a folder. Raises TocsinError as `check_guard` does, and where it cannot be loaded."""
    check_guard(source)
    return GUARDS.get(source if source in [*GUARDS] else FOLDER)(source, model)


def beginning(text: str) -> str:
    """`text` as far as it is judged."""
    words = text.split()
    return text if len(words) <= WORDS else " ".join(words[:WORDS])
