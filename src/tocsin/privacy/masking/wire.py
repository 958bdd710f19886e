"""Strict encoding: one value has one encoding, and bytes that are no encoding are refused with one sentence."""

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tocsin.privacy.masking.errors import SumRefused

T = TypeVar("T")
S = TypeVar("S")


class Reader:
    """Bytes that are read from the front. `take` raises SumRefused where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, n: int) -> bytes:
        """The next `n` bytes."""
        if n > len(self._data) - self._at:
            raise SumRefused("The message ends too early; it was ignored.")
        self._at += n
        return self._data[self._at - n : self._at]

    def end(self) -> None:
        """Raises SumRefused unless everything was read."""
        if self._at != len(self._data):
            raise SumRefused("The message has bytes after its end; it was ignored.")


class Field(Protocol[T]):
    """How one value travels."""

    def write(self, value: T) -> bytes:
        """The value's only encoding."""

    def read(self, reader: Reader) -> T:
        """The value. Raises SumRefused where there is none."""


@dataclass(frozen=True)
class Number:
    """An integer in [low, high], as 4 bytes (8 where `wide`), big-endian and signed."""

    low: int = 0
    high: int = (1 << 31) - 1
    wide: bool = False

    def write(self, value: int) -> bytes:
        """See `Field.write`."""
        return struct.pack(">q" if self.wide else ">i", self._checked(value))

    def read(self, reader: Reader) -> int:
        """See `Field.read`."""
        (value,) = struct.unpack(">q" if self.wide else ">i", reader.take(8 if self.wide else 4))
        return self._checked(value)

    def _checked(self, value: int) -> int:
        if not self.low <= value <= self.high:
            raise SumRefused(f"A message holds the number {value} where {self.low} to {self.high} may be.")
        return value


class Flag:
    """Yes or no."""

    def write(self, value: bool) -> bytes:
        """See `Field.write`."""
        return bytes([value])

    def read(self, reader: Reader) -> bool:
        """See `Field.read`."""
        (value,) = reader.take(1)
        if value > 1:
            raise SumRefused(f"A message holds {value} where 0 or 1 must be.")
        return bool(value)


class Real:
    """A finite float."""

    def write(self, value: float) -> bytes:
        """See `Field.write`."""
        return struct.pack(">d", self._checked(value))

    def read(self, reader: Reader) -> float:
        """See `Field.read`."""
        return self._checked(struct.unpack(">d", reader.take(8))[0])

    def _checked(self, value: float) -> float:
        if not math.isfinite(value):
            raise SumRefused("A message holds a number that is not finite.")
        return value


@dataclass(frozen=True)
class Fixed:
    """Exactly `size` bytes."""

    size: int

    def write(self, value: bytes) -> bytes:
        """See `Field.write`."""
        if len(value) != self.size:
            raise SumRefused(f"A message holds {len(value)} bytes where {self.size} must be.")
        return value

    def read(self, reader: Reader) -> bytes:
        """See `Field.read`."""
        return reader.take(self.size)


@dataclass(frozen=True)
class Blob:
    """At most `most` bytes, after their number."""

    most: int = 1 << 30

    def write(self, value: bytes) -> bytes:
        """See `Field.write`."""
        return Number(high=self.most).write(len(value)) + value

    def read(self, reader: Reader) -> bytes:
        """See `Field.read`."""
        return reader.take(Number(high=self.most).read(reader))


class Text:
    """At most 200 bytes of UTF-8."""

    _blob = Blob(200)

    def write(self, value: str) -> bytes:
        """See `Field.write`."""
        return self._blob.write(value.encode())

    def read(self, reader: Reader) -> str:
        """See `Field.read`."""
        try:
            return self._blob.read(reader).decode()
        except UnicodeDecodeError:
            raise SumRefused("A message holds text that is not UTF-8; it was ignored.") from None


@dataclass(frozen=True)
class Many(Generic[S]):
    """Any number of values of one kind, after their number."""

    of: Field[S]

    def write(self, value: tuple[S, ...]) -> bytes:
        """See `Field.write`."""
        return b"".join([Number().write(len(value)), *(self.of.write(one) for one in value)])

    def read(self, reader: Reader) -> tuple[S, ...]:
        """See `Field.read`."""
        # One at a time: a number that is a lie ends where the bytes end, before it costs memory.
        return tuple(self.of.read(reader) for _ in range(Number().read(reader)))


@dataclass(frozen=True)
class Record(Generic[S]):
    """A dataclass: its fields in order."""

    make: Callable[..., S]
    fields: Mapping[str, Field[Any]]

    def write(self, value: S) -> bytes:
        """See `Field.write`."""
        return b"".join(field.write(getattr(value, name)) for name, field in self.fields.items())

    def read(self, reader: Reader) -> S:
        """See `Field.read`."""
        return self.make(**{name: field.read(reader) for name, field in self.fields.items()})

    def parse(self, data: bytes) -> S:
        """The one record that `data` is, to its last byte."""
        reader = Reader(data)
        value = self.read(reader)
        reader.end()
        return value
