"""Who masks with whom: everyone with everyone, or a ring with chords in random order for large rosters.

The graph is the one of SecAgg+ (Bell, Bonawitz, Gascon, Lepoint, Raykova: "Secure Single-Server Aggregation with
(Poly)Logarithmic Overhead", CCS 2020, section 3): a Harary graph whose vertices are put on its ring in random order,
here from a public seed. Whoever knows all masks of the colluding clients sees one sum for each connected component
of the honest ones; so the question is how likely the honest clients are to fall into more than one.
"""

import math
from functools import cached_property

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from numpy.typing import NDArray


def exposure(clients: int, colluding: float, degree: int) -> float:
    """Upper bound on the chance that the honest clients do not all hang together (one cut off alone among it).

    Of `clients` on the ring, c = floor(colluding * clients) collude, chosen without knowledge of the seed; each is tied
    to the degree/2 next on either side. Two honest clients that follow each other on the ring are tied unless
    degree/2 or more colluding ones lie between them. Cutting the ring in one place leaves a line, which still hangs
    together, so that the honest clients fall apart if and only if there are two such gaps. There are fewer
    than n(n-1)/2 pairs of places where these could begin, and one pair of gaps is degree given places that all
    collude: prod_{i<degree} (c-i)/(n-i) <= (c/n)^degree. By the union bound

        P <= n(n-1)/2 * prod_{i<degree} (c-i)/(n-i).

    It is 0 where everyone masks with everyone. Not covered: colluding clients chosen *after* the seed is known. The
    seed hangs on the roster, so whoever may try g rosters multiplies the bound by g at most.
    """
    if degree >= clients - 1:
        return 0.0
    bad = math.floor(colluding * clients)
    even = degree - degree % 2
    if even > bad:
        return 0.0
    log = math.log(clients) + math.log(clients - 1) - math.log(2)
    log += sum(math.log(bad - i) - math.log(clients - i) for i in range(even))
    return min(1.0, math.exp(log))


def degree_for(clients: int, colluding: float, failure: float) -> int:
    """The least even degree with `exposure` at most `failure`; clients - 1 where that is no saving."""
    for degree in range(2, clients - 1, 2):
        if exposure(clients, colluding, degree) <= failure:
            return degree
    return clients - 1


class Graph:
    """`degree` neighbours for each of `count` places (0 to count - 1) of a roster, from a seed of 32 bytes."""

    def __init__(self, count: int, degree: int, seed: bytes) -> None:
        self._count, self._degree, self._seed = count, degree, seed

    @property
    def complete(self) -> bool:
        """Whether everyone is everyone's neighbour."""
        return self._degree >= self._count - 1

    def of(self, index: int) -> tuple[int, ...]:
        """The neighbours of a place, in order."""
        if self.complete:
            return tuple(i for i in range(self._count) if i != index)
        ring, place = self._ring
        half = self._degree // 2
        steps = np.concatenate([np.arange(-half, 0), np.arange(1, half + 1)])
        return tuple(sorted(int(i) for i in ring[(place[index] + steps) % self._count]))

    @cached_property
    def _ring(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The place at each position of the ring, and the position of each place."""
        stream = Cipher(algorithms.ChaCha20(self._seed, bytes(16)), None).encryptor().update(bytes(8 * self._count))
        ring = np.argsort(np.frombuffer(stream, "<u8"), kind="stable").astype(np.int64)
        place = np.empty_like(ring)
        place[ring] = np.arange(self._count)
        return ring, place
