"""Which outcomes belong together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def cluster_index(clusters: Sequence[str]) -> NDArray[np.int64]:
    """The number of each item's cluster, shape (items,), counted from 0 in order of appearance; "" is a new one
    each time."""
    numbers: dict[str, int] = {}
    index = np.empty(len(clusters), np.int64)
    count = 0
    for place, name in enumerate(clusters):
        number = numbers.setdefault(name, count) if name else count
        index[place] = number
        count += number == count
    return index
