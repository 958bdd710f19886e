"""The signed manifest of a folder: what is in it, hash by hash, and where it came from.

It is an in-toto Statement (in-toto.io/Statement/v1) whose subjects are the folder's files and whose predicate is SLSA
provenance (slsa.dev/provenance/v1): from which base model, by which study, with which versions. The signature is a
plain Ed25519 signature of the manifest's bytes, so that openssl alone can check it.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, field_validator

from tocsin.errors import TocsinError
from tocsin.evidence.signing import public_pem
from tocsin.records import Record

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
PUBLIC_KEY = "manifest.pub"
_OWN = frozenset((MANIFEST, SIGNATURE, PUBLIC_KEY))

# What git and the hub's client add to a copy, and no loader of models reads; model-signing leaves them out as well.
_TOOLS = (".git", ".gitattributes", ".gitignore", ".github", ".cache/huggingface")


class Subject(Record):
    """One file: its path in the folder with forward slashes, and its SHA-256 (64 hex digits)."""

    name: str
    digest: dict[str, str]

    @field_validator("name")
    @classmethod
    def _inside(cls, name: str) -> str:
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or ".." in path.parts or path.as_posix() != name or name in _OWN:
            raise ValueError("a subject is a plain path inside the folder")
        return name

    @field_validator("digest")
    @classmethod
    def _hashed(cls, digest: dict[str, str]) -> dict[str, str]:
        if "sha256" not in digest:
            raise ValueError("a subject needs its sha256")
        return digest


class Statement(Record):
    """An in-toto Statement (github.com/in-toto/attestation, spec/v1/statement.md)."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Subject, ...]
    predicateType: str
    predicate: dict[str, Any]


class Provenance(Record):
    """The part of SLSA provenance that is filled in (slsa.dev/spec/v1.0/provenance). No SLSA level is claimed.

    `parameters` is what was asked, `internal` what stands for the whole of it, `materials` are ResourceDescriptors of
    what went in, `run` its id, `versions` those of the software, `begun` and `ended` ISO 8601 in UTC.
    """

    parameters: dict[str, Any]
    internal: dict[str, Any]
    materials: tuple[dict[str, Any], ...]
    run: str
    versions: dict[str, str]
    begun: str
    ended: str

    def predicate(self) -> dict[str, Any]:
        """As SLSA writes it."""
        return {
            "buildDefinition": {
                "buildType": "urn:tocsin:federated-run:1",
                "externalParameters": self.parameters,
                "internalParameters": self.internal,
                "resolvedDependencies": list(self.materials),
            },
            "runDetails": {
                "builder": {"id": "urn:tocsin", "version": self.versions},
                "metadata": {"invocationId": self.run, "startedOn": self.begun, "finishedOn": self.ended},
            },
        }


def seal(folder: Path, provenance: Provenance, key: Ed25519PrivateKey) -> None:
    """Write the manifest of all files in `folder`, its signature and the public key. Same files, same bytes."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": sha256(folder / name)}} for name in sorted(plain_files(folder))
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": provenance.predicate(),
    }
    text = (json.dumps(statement, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_bytes(key.sign(text))
    (folder / PUBLIC_KEY).write_bytes(public_pem(key))


def plain_files(folder: Path) -> Iterator[str]:
    """The plain files: neither links nor devices, which could show one thing now and another later."""
    return (name for name in all_files(folder) if (folder / name).is_file() and not (folder / name).is_symlink())


def all_files(folder: Path) -> Iterator[str]:
    """The path of everything in `folder` that is no folder itself, without the manifest's own files."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*names, *links):
            path = (here / name).relative_to(folder).as_posix()
            if path not in _OWN and not any(path == tool or path.startswith(f"{tool}/") for tool in _TOOLS):
                yield path


def sha256(file: Path) -> str:
    """Of a file's bytes, in 64 hex digits. Raises TocsinError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise TocsinError(f"{file} cannot be read ({error.strerror}); make it readable.") from None
