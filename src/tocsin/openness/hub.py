"""The audit of a model on the Hugging Face hub, by the hub's interface: nothing but the card is fetched."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tocsin.errors import TocsinError
from tocsin.openness.audit import Access, Audit, Licensed, united
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
)
from tocsin.openness.model_card import ModelCard, parse_card

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_HUB = "https://huggingface.co"


class Hub(Protocol):
    """What is asked of the hub (huggingface_hub.HfApi)."""

    def model_info(self, repo_id: str, *, revision: str | None = None, files_metadata: bool = False) -> "ModelInfo":
        """A repository's files and settings."""
        ...

    def hf_hub_download(self, repo_id: str, filename: str, *, revision: str | None = None) -> str:
        """A file of it, as a local path."""
        ...


def audit_hub(repo: str, revision: str | None = None, hub: Hub | None = None) -> Audit:
    """Audit the model `repo` ("owner/name") at `revision`, by default its newest commit.

    Files count as addresses at that commit; large ones carry the SHA-256 that the hub gives. Raises TocsinError
    when the hub cannot be reached or has no such model.
    """
    from httpx import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    hub = hub or HfApi()
    try:
        info = hub.model_info(repo, revision=revision, files_metadata=True)
        commit = info.sha or revision or "main"
        evidence = _evidence(info, repo, commit)
        card = _card(hub, repo, commit, evidence)
        licence = _licence(hub, repo, commit, evidence)
    except (HfHubHTTPError, HFValidationError, HTTPError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TocsinError(
            f'The model "{repo}" cannot be audited on the hub ({reason}); download it and name its folder, '
            "or write a description file."
        ) from None
    licence = licence or claimed_licence(card, MODEL_CARD)
    own = from_files(evidence) | (card_itself(card, evidence[MODEL_CARD]) if MODEL_CARD in evidence else {})
    access = Access.GATED if info.gated else Access.PUBLIC
    own = {name: finding.model_copy(update={"access": access}) for name, finding in under(licence, own).items()}
    return Audit(
        name=repo,
        source=f"{_HUB}/{repo}/tree/{commit}",
        stage="tuned" if card.tuned else "base",
        findings=united(own, card_claims(card, MODEL_CARD)),
    )


def _evidence(info: "ModelInfo", repo: str, commit: str) -> dict[str, Evidence]:
    found = {}
    for sibling in info.siblings or ():
        lfs = sibling.lfs
        found[sibling.rfilename] = Evidence(
            standing=Standing.ADDRESS,
            address=f"{_HUB}/{repo}/blob/{commit}/{sibling.rfilename}",
            sha256=lfs.sha256 if lfs else None,
        )
    return found


def _card(hub: Hub, repo: str, commit: str, evidence: dict[str, Evidence]) -> ModelCard:
    if MODEL_CARD not in evidence:
        return ModelCard()
    return parse_card(_text(hub, repo, commit, MODEL_CARD))


def _licence(hub: Hub, repo: str, commit: str, evidence: dict[str, Evidence]) -> Licensed | None:
    for path in filter(is_licence, evidence):
        known = recognise(_text(hub, repo, commit, path))
        if known is not None:
            return Licensed(text=known, evidence=evidence[path])
    return None


def _text(hub: Hub, repo: str, commit: str, path: str) -> str:
    return Path(hub.hf_hub_download(repo, path, revision=commit)).read_text(encoding="utf-8", errors="replace")
