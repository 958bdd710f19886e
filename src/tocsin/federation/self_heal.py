"""Self-heal: a client whose own sentinel trips goes back to its last good personal adapter, by itself."""

import json
from pathlib import Path

from tocsin.alarm import Stream
from tocsin.federation.watching import in_words
from tocsin.privacy import keep_secret

FILE = "self-heal.json"


class SelfHeal:
    """What one client did about its first trip, in its own folder; nobody is told of it.

    The good adapter is that of the last round before the trip, or, in the first round, the one received. The client
    keeps it to the end of the run and personalises no more, however it did: a sentinel trips once, so that a second
    fall would be silent. It goes on training for the global model, which a rollback does not touch.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def went_back_before(self, round_: int) -> bool:
        """Whether the client keeps its good adapter in this round. A round that is repeated goes as it went before."""
        return self._file.exists() and int(json.loads(self._file.read_text(encoding="ascii"))["round"]) < round_

    def note(self, round_: int, stream: Stream) -> None:
        """Write down that the client went back in this round, and which stream tripped."""
        keep_secret(self._file, json.dumps({"round": round_, "stream": in_words(stream)}).encode())
