"""What a client must not forget between two messages, also when its process dies."""

from dataclasses import dataclass

from tocsin.privacy.masking.wire import Blob, Fixed, Flag, Many, Number, Reader, Record, Text


@dataclass(frozen=True)
class Turn:
    """Where a client stands in the newest sum of one channel of one run.

    `private` is erased (zeros) once the vector is masked. `masked` is the reply of that step, kept to be sent again
    as it was. `peers` are the places and numbers of those whose receipts the client wants to see before it
    gives its `seed` away; `revealed` says that it has.
    """

    run: bytes
    channel: str
    round: int
    attempt: int
    terms: bytes
    private: bytes
    public: bytes
    seed: bytes
    roster: bytes = b""
    peers: tuple[tuple[int, int], ...] = ()
    masked: bytes = b""
    revealed: bool = False


class _Pair:
    """Two numbers."""

    def write(self, value: tuple[int, int]) -> bytes:
        return Number().write(value[0]) + Number().write(value[1])

    def read(self, reader: Reader) -> tuple[int, int]:
        return Number().read(reader), Number().read(reader)


@dataclass(frozen=True)
class Journal:
    """All turns, one for each run and channel."""

    turns: tuple[Turn, ...] = ()

    def find(self, run: bytes, channel: str) -> Turn | None:
        """The turn of a run's channel."""
        return next((turn for turn in self.turns if (turn.run, turn.channel) == (run, channel)), None)

    def put(self, turn: Turn) -> "Journal":
        """With `turn` in the place of the one that its run and channel had."""
        others = tuple(t for t in self.turns if (t.run, t.channel) != (turn.run, turn.channel))
        return Journal((*others, turn))


JOURNAL = Record(
    Journal,
    {
        "turns": Many(
            Record(
                Turn,
                {
                    "run": Fixed(16),
                    "channel": Text(),
                    "round": Number(),
                    "attempt": Number(),
                    "terms": Fixed(32),
                    "private": Fixed(32),
                    "public": Fixed(32),
                    "seed": Fixed(32),
                    "roster": Blob(32),
                    "peers": Many(_Pair()),
                    "masked": Blob(),
                    "revealed": Flag(),
                },
            )
        )
    },
)
