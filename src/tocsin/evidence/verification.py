"""Whether a folder is still what was signed."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from tocsin.errors import TocsinError
from tocsin.evidence.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE, Statement, all_files, plain_files, sha256
from tocsin.evidence.signing import is_signed, key_fingerprint, read_public_key


@dataclass(frozen=True)
class Verification:
    """What checking a folder gave. `faults` are sentences that name the file; none: all is as it was signed.

    `run` is the id of the run, `key` the fingerprint of the signing key ("" where either could not be read);
    `expected` says whether the key was compared with one that the reader named.
    """

    run: str
    key: str
    expected: bool
    files: int
    faults: tuple[str, ...]


def verify(folder: Path, expected: Ed25519PublicKey | None = None) -> Verification:
    """Check every file of `folder` against its manifest, and the manifest against its signature.

    `expected` is the signer's key as the reader knows it; without it the key in the folder is taken, which whoever
    changed the files could have replaced as well. Raises TocsinError when the folder holds no manifest.
    """
    if not (folder / MANIFEST).is_file():
        raise TocsinError(f"{folder} holds no {MANIFEST}; name the folder of an adapter that `tocsin release` wrote.")
    text = (folder / MANIFEST).read_bytes()
    key, faults = _signer(folder, text, expected)
    try:
        statement = Statement.model_validate_json(text)
    except ValidationError:
        faults.append(f"{MANIFEST} is no manifest that we can read.")
        return Verification("", key, expected is not None, 0, tuple(faults))
    faults += _differences(folder, statement)
    return Verification(_run(statement), key, expected is not None, len(statement.subject), tuple(faults))


def _run(statement: Statement) -> str:
    """The run's id; empty in a manifest that somebody else wrote."""
    at: Any = statement.predicate
    for name in ("runDetails", "metadata", "invocationId"):
        at = at.get(name) if isinstance(at, dict) else None
    return at if isinstance(at, str) else ""


def _signer(folder: Path, text: bytes, expected: Ed25519PublicKey | None) -> tuple[str, list[str]]:
    """The fingerprint of the key that is in the folder, and what is wrong with it and the signature."""
    faults = [f"{name} is missing." for name in (SIGNATURE, PUBLIC_KEY) if not (folder / name).is_file()]
    if faults:
        return "", faults
    try:
        key = read_public_key(folder / PUBLIC_KEY)
    except TocsinError:
        return "", [f"{PUBLIC_KEY} holds no Ed25519 public key."]
    found = key_fingerprint(key)
    if expected is not None and key_fingerprint(expected) != found:
        faults.append(f"{PUBLIC_KEY} is not the key that you named.")
    if not is_signed(text, (folder / SIGNATURE).read_bytes(), key):
        faults.append(f"{SIGNATURE} is not that key's signature of {MANIFEST}.")
    return found, faults


def _differences(folder: Path, statement: Statement) -> Iterator[str]:
    signed: Mapping[str, str] = {one.name: one.digest["sha256"] for one in statement.subject}
    if len(signed) < len(statement.subject):
        yield f"{MANIFEST} names a file twice."
    there = set(plain_files(folder))
    for name in sorted(signed):
        if (folder / name).is_symlink():
            yield f"{name} is a link and not the file itself."
        elif name not in there:
            yield f"{name} is missing."
        elif sha256(folder / name) != signed[name]:
            yield f"{name} was changed."
    for name in sorted(all_files(folder)):
        if name not in signed:
            yield f"{name} was added."


def as_json(found: Verification) -> dict[str, Any]:
    """The same as plain data."""
    return asdict(found)


def words(found: Verification) -> RenderableType:
    """What was found, in words."""
    if found.faults:
        return Panel(Text("\n".join(found.faults)), border_style="red")
    whose = (
        "which is the key that you named."
        if found.expected
        else "which the folder itself brings: compare it with what you know of the signer, or name the key with --key."
    )
    return Text(
        f"All {found.files} files are as they were signed, for run {found.run}.\nSigned by the key {found.key}, {whose}"
    )
