"""The audit of a local Hugging Face folder: its files with their hashes, its card's claims, its licence."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.openness.audit import Audit, Extent, Finding, Licensed, united
from tocsin.openness.evidence import Evidence, Standing
from tocsin.openness.licences import recognise
from tocsin.openness.listing import (
    MODEL_CARD,
    card_claims,
    card_itself,
    claimed_licence,
    from_files,
    is_licence,
    under,
    wanted,
)
from tocsin.openness.model_card import ModelCard, parse_card

_LIBRARY = "transformers"


def audit_folder(folder: Path, name: str | None = None, beside: Sequence[Path] = (), hashed: bool = True) -> Audit:
    """Audit the model in `folder`; without `hashed`, quickly: its files count and are not read through.

    `beside` are the folders of the package that the model came in, if any. A licence file covers the files of its
    folder (of its package); without one, what the card's metadata name is a claim. Code that `config.json` names
    and the installed transformers holds is there as the library's file, under the library's licence.
    Raises TocsinError when `folder` holds no file of a model.
    """
    evidence = _evidence(folder, hashed)
    own = from_files(evidence)
    if not own:
        raise TocsinError(f"{folder} holds no file of a model; name a folder with weights, config.json and tokenizer.")
    card = _card(folder)
    if MODEL_CARD in evidence:
        own |= card_itself(card, evidence[MODEL_CARD])
    own = under(_licence([(folder, evidence)]) or claimed_licence(card, MODEL_CARD), own)
    packages = [(other, _evidence(other, hashed)) for other in beside]
    licence = _licence(packages)
    for _, found in packages:
        own = united(own, under(licence, from_files(found)))
    return Audit(
        name=name or str(card.metadata.get("model_name") or folder.name),
        source="the folder's files",
        stage="tuned" if card.tuned or _chats(folder) else "base",
        findings=united(_with_library(own, _library_code(folder)), card_claims(card, MODEL_CARD)),
    )


def _evidence(folder: Path, hashed: bool) -> dict[str, Evidence]:
    """Evidence by path for each file of `folder` that is evidence of anything; hidden folders are left out."""
    found = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_file() and wanted(path) and not any(part.startswith(".") for part in path.split("/")[:-1]):
            sha256 = _sha256(file) if hashed else None
            found[path] = Evidence(standing=Standing.FILE, path=path, sha256=sha256)
    return found


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise TocsinError(f"{file} cannot be read ({error.strerror}); make it readable.") from None


def _card(folder: Path) -> ModelCard:
    file = folder / MODEL_CARD
    return parse_card(_text(file)) if file.is_file() else ModelCard()


def _licence(packages: Sequence[tuple[Path, dict[str, Evidence]]]) -> Licensed | None:
    """The first licence file that is known, in folders that belong together."""
    for folder, evidence in packages:
        for path in filter(is_licence, evidence):
            known = recognise(_text(folder / path))
            if known is not None:
                return Licensed(text=known, evidence=evidence[path])
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise TocsinError(f"{file} cannot be read ({error.strerror}); make it readable.") from None


def _config(folder: Path, name: str) -> dict[str, object]:
    try:
        data = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _chats(folder: Path) -> bool:
    """Whether there is a chat template: a sign that the model was tuned."""
    return (folder / "chat_template.jinja").is_file() or "chat_template" in _config(folder, "tokenizer_config.json")


def _library_code(folder: Path) -> dict[str, Finding]:
    """The network's code and the code that runs it, where the installed transformers holds them.

    The package is found and its file hashed; it is not imported.
    """
    kind = _config(folder, "config.json").get("model_type")
    spec = find_spec(_LIBRARY)
    if not isinstance(kind, str) or spec is None or not spec.submodule_search_locations:
        return {}
    package = Path(next(iter(spec.submodule_search_locations)))
    sources = {
        "architecture": package / "models" / kind / f"modeling_{kind}.py",
        "inference-code": package / "generation" / "utils.py",
    }
    licence = _library_licence()
    return {
        name: Finding(
            component=name,
            evidence=(
                Evidence(
                    standing=Standing.FILE, path=file.relative_to(package.parent).as_posix(), sha256=_sha256(file)
                ),
            ),
            licence=licence,
        )
        for name, file in sources.items()
        if file.is_file()
    }


def _library_licence() -> Licensed | None:
    try:
        metadata = distribution(_LIBRARY)
    except PackageNotFoundError:
        return None
    for file in metadata.files or ():
        path = Path(str(metadata.locate_file(file)))
        if is_licence(file.name) and ".dist-info" in str(file) and path.is_file():
            known = recognise(_text(path))
            if known is not None:
                proof = Evidence(standing=Standing.FILE, path=str(file), sha256=_sha256(path))
                return Licensed(text=known, evidence=proof)
    return None


def _with_library(findings: dict[str, Finding], library: dict[str, Finding]) -> dict[str, Finding]:
    """The library's code where the folder has none of its own, or a config.json alone."""
    needed = {
        name: code for name, code in library.items() if name not in findings or findings[name].extent is Extent.PARTIAL
    }
    return findings | needed
