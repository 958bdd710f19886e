"""Identities and the list of enrolled clients, as files."""

import os
import tempfile
import tomllib
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.privacy.masking import Enrolment, Identity, SumRefused

IDENTITY = "identity"
ENROLMENT = "enrolment.toml"

_HEAD = """\
# Who takes part: each client's number and the public half of its identity (`tocsin enrol` prints the line).
# Every client keeps a copy that it did not get from the server: who writes this list decides who is summed with whom.
[clients]
"""


def identity_in(folder: Path) -> Identity:
    """The identity that a client keeps in `folder`; a new one where there is none. Raises TocsinError where the file
    cannot be read or made."""
    file = folder / IDENTITY
    try:
        if file.exists():
            return Identity(file.read_bytes())
        identity = Identity.new()
        keep_secret(file, identity.secret)
    except (OSError, ValueError) as error:
        raise TocsinError(
            f"The identity {file} cannot be used ({error}); restore it from a copy, or enrol anew."
        ) from None
    return identity


def keep_secret(file: Path, data: bytes) -> None:
    """Put `data` on the disk, whole or not at all, for its owner alone, before returning."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def enrolment_line(client: int, identity: Identity) -> str:
    """The line of a client in the list."""
    return f'{client} = "{identity.public.hex()}"'


def read_enrolment(path: Path) -> Enrolment:
    """The list in the file at `path`. Raises TocsinError where it is missing, or is no such list."""
    try:
        clients = tomllib.loads(path.read_text(encoding="utf-8"))["clients"]
        return Enrolment({int(number): bytes.fromhex(key) for number, key in clients.items()})
    except OSError as error:
        raise TocsinError(
            f"The list of enrolled clients {path} cannot be read ({error.strerror}); `tocsin enrol` prints its lines."
        ) from None
    except SumRefused as error:
        raise TocsinError(f"{path}: {error}") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise TocsinError(
            f"{path} is no list of enrolled clients; it needs a table [clients] with lines that `tocsin enrol` prints."
        ) from None


def enrol_here(home: Path, folders: dict[int, Path]) -> Path:
    """Enrol clients whose folders are all on this machine, as in a simulation; the list's file in `home`.

    What is there already is kept: the list of a run does not change.
    """
    file = home / ENROLMENT
    if not file.exists():
        lines = [enrolment_line(client, identity_in(folder)) for client, folder in sorted(folders.items())]
        keep_secret(file, (_HEAD + "\n".join(lines) + "\n").encode())
    return file
