"""The modulus of a masked sum: chosen so that the sum over a roster cannot wrap around."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.tally import Vector

Words = NDArray[np.unsignedinteger[Any]]

# Sums leave as int64, so no possible sum may be larger than this in either direction.
_LARGEST = (1 << 63) - 1


@dataclass(frozen=True)
class Modulus:
    """Integers mod 2^k that hold every sum of `clients` entries, each from `low` to `high`.

    `low` and `high` bound what one client may send in one entry, its share of the noise included.
    A sum lies in [clients * low, clients * high], which has
    clients * (high - low) + 1 values, and k is the least multiple of 8 with at least as many residues.
    Different sums therefore have different residues: nothing can overflow, whatever the clients measured.
    Raises SumRefused where that needs more than 63 bits.
    """

    low: int
    high: int
    clients: int

    def __post_init__(self) -> None:
        if not (self.low < self.high and self.clients >= 1):
            raise SumRefused(
                f"A modulus needs low < high and a client; it got {self.low}, {self.high}, {self.clients}."
            )
        if self.clients * max(abs(self.low), abs(self.high), self.high - self.low) > _LARGEST:
            raise SumRefused(
                f"{self.clients} clients with entries from {self.low} to {self.high} do not fit 63 bits; "
                "lower the schema's bound or the noise's."
            )

    @property
    def width(self) -> int:
        """Bytes of an entry as it travels, 1 to 8; the modulus is 2^(8 * width)."""
        return -(-(self.clients * (self.high - self.low)).bit_length() // 8)

    @property
    def bits(self) -> int:
        """k of the modulus 2^k."""
        return 8 * self.width

    @property
    def words(self) -> type[np.uint32] | type[np.uint64]:
        """The machine words that it is computed in; they wrap at a multiple of the modulus."""
        return np.uint32 if self.width <= 4 else np.uint64

    def encode(self, vector: Vector) -> Words:
        """One client's entries as words. Raises SumRefused for an entry outside [low, high]."""
        if vector.size and (int(vector.min()) < self.low or int(vector.max()) > self.high):
            raise SumRefused(f"A vector has an entry outside {self.low} to {self.high}; nothing was sent.")
        words: Words = vector.astype(np.int64).view(np.uint64).astype(self.words)
        return words

    def decode(self, words: Words) -> Vector:
        """The sum again. Raises SumRefused for a residue that no sum has: a client broke its bounds."""
        least = self.clients * self.low
        mask = np.uint64((1 << self.bits) - 1)
        above = (words.astype(np.uint64) - np.uint64(least % (1 << 64))) & mask
        if above.size and int(above.max()) > self.clients * (self.high - self.low):
            raise SumRefused("The sum has an entry that no sum within the bounds can have; it was thrown away.")
        return above.astype(np.int64) + np.int64(least)

    def pack(self, words: Words) -> bytes:
        """`width` bytes an entry, little-endian."""
        native = np.ascontiguousarray(words).astype(words.dtype.newbyteorder("<"), copy=False)
        return native.view(np.uint8).reshape(-1, words.dtype.itemsize)[:, : self.width].tobytes()

    def unpack(self, data: bytes) -> Words:
        """What `pack` made. Raises SumRefused for a length that is no multiple of `width`."""
        if len(data) % self.width:
            raise SumRefused(f"A masked vector of {len(data)} bytes is no whole number of {self.width}-byte entries.")
        item = np.dtype(self.words).itemsize
        wide = np.zeros((len(data) // self.width, item), np.uint8)
        wide[:, : self.width] = np.frombuffer(data, np.uint8).reshape(-1, self.width)
        words: Words = wide.view(np.dtype(self.words).newbyteorder("<")).reshape(-1).astype(self.words, copy=False)
        return words
