"""What a server in another process tells: one JSON line for each event, in a file that the caller follows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tocsin import errors
from tocsin.errors import FederationError, TocsinError
from tocsin.records import RoundRecord

_ENDED, _FAILED = "ended", "failed"


class ProgressWriter:
    """The server's end. It appends, and each line is in the file when the call returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def tell(self, kind: str, detail: dict[str, Any]) -> None:
        """A `Listener`."""
        self._append(kind, detail)

    def ended(self) -> None:
        """The run came to its end."""
        self._append(_ENDED, {})

    def failed(self, error: Exception) -> None:
        """The run failed; our own sentences are passed on word for word."""
        if isinstance(error, TocsinError):
            self._append(_FAILED, {"error": type(error).__name__, "sentence": str(error)})
        else:
            self._append(_FAILED, {"error": None, "sentence": f"it raised {type(error).__name__}: {error}"})

    def _append(self, kind: str, detail: dict[str, Any]) -> None:
        line = json.dumps({"kind": kind, "detail": detail}, default=_plain)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")


class ProgressReader:
    """The caller's end, which starts with an empty file: what an earlier attempt told is no longer true."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self.ended = False
        path.unlink(missing_ok=True)

    def news(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What was told since the last call. Raises what the server raised."""
        if not self._path.exists():
            return
        with self._path.open("rb") as stream:
            stream.seek(self._read)
            for line in stream:
                if not line.endswith(b"\n"):
                    return  # still being written
                self._read += len(line)
                told = json.loads(line)
                kind, detail = told["kind"], told["detail"]
                if kind == _FAILED:
                    raise _error(detail["error"], detail["sentence"])
                if kind == _ENDED:
                    self.ended = True
                else:
                    yield kind, _parsed(detail)


def _plain(value: Any) -> Any:
    if isinstance(value, RoundRecord):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be told to another process")


def _parsed(detail: dict[str, Any]) -> dict[str, Any]:
    """JSON knows neither records nor numbers as keys."""
    if "record" in detail:
        detail["record"] = RoundRecord.model_validate(detail["record"])
    if isinstance(detail.get("refused"), dict):
        detail["refused"] = {int(client): reason for client, reason in detail["refused"].items()}
    return detail


def _error(name: str | None, sentence: str) -> TocsinError:
    kind = getattr(errors, name, TocsinError) if name else None
    if kind is None:
        return FederationError(f"The server failed: {sentence}; its log is in the run's folder, under deployment/logs.")
    error: TocsinError = kind(sentence)
    return error
