"""The model card of a released adapter: what it is, what it was made from, how it behaves, what is not known."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from huggingface_hub import ModelCard, ModelCardData
from jinja2 import Environment, PackageLoader, StrictUndefined

from tocsin.behaviour.statistics import Interval
from tocsin.evidence.verdict import WHOLE, Finding, Verdict, View, percent, points
from tocsin.study import Study, Waiver

CARD = "README.md"
TAGS = ("federated-learning", "flower", "lora", "tocsin")


@dataclass(frozen=True)
class BaseModel:
    """What was adapted: `hub` is its hub id where it has one, `files` its weights as (name, SHA-256), `note` what a
    user must know about the copy."""

    name: str
    hub: str | None
    revision: str | None
    fingerprint: str
    files: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True)
class TrainingData:
    """What the clients trained on; `hub` is a data set's hub id. An empty `statement` or `licence` is "not known"."""

    source: str
    hub: str | None
    statement: str
    licence: str


@dataclass(frozen=True)
class LicenceCheck:
    """One part's licence against the adapter's: the answer is compatible, incompatible or unknown."""

    part: str
    licence: str
    answer: str
    why: str
    source: str


@dataclass(frozen=True)
class Licensing:
    """The adapter's licence as written, as the hub's metadata have it, and how it goes with base and data."""

    written: str
    hub: str
    hub_name: str | None
    hub_link: str | None
    answer: str
    checks: tuple[LicenceCheck, ...]
    duties: tuple[str, ...]


@dataclass(frozen=True)
class BaseOpenness:
    """Where the base model stands by each rule set, (title, level), and what of the study's policy it breaks."""

    levels: tuple[tuple[str, str], ...]
    breaches: tuple[str, ...]


@dataclass(frozen=True)
class PrivacyLedger:
    """What the run's ledger adds up to in sentences, and a table of it; the first row is the heads."""

    sentences: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ReleaseFacts:
    """All that a card says and a record of the run does not know.

    `clients` are those whose updates are in the round's adapter. `not_asked` names the kinds of behaviour that no
    probe of the run was about. `openness` is None where the base model could not be audited.
    """

    run: str
    round: int
    rounds_asked: int
    finished: bool
    study: Study
    study_hash: str
    clients: int
    versions: Mapping[str, str]
    commit: str | None
    base: BaseModel
    data: TrainingData
    licensing: Licensing
    openness: BaseOpenness | None
    ledger: PrivacyLedger | None
    not_asked: tuple[str, ...]

    @property
    def waivers(self) -> Sequence[Waiver]:
        """Those of the study's policy."""
        return self.study.openness.waivers


def release_card(facts: ReleaseFacts, judged: Verdict) -> str:
    """The card as the text of a README.md. The same facts give the same text."""
    licensing = facts.licensing
    metadata = ModelCardData(
        base_model=facts.base.hub,
        base_model_relation="adapter" if facts.base.hub else None,
        datasets=[facts.data.hub] if facts.data.hub else None,
        library_name="peft",
        license=licensing.hub,
        license_name=licensing.hub_name,
        license_link=licensing.hub_link,
        pipeline_tag="text-generation",
        tags=list(TAGS),
    )
    pages = Environment(
        loader=PackageLoader("tocsin.evidence"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"plain": plain, "mean": _mean, "change": _change}
    text = pages.get_template("release_card.md.jinja").render(
        facts=facts,
        study=facts.study,
        verdict=judged,
        whole=sorted((one for one in judged.findings if one.group == WHOLE), key=_adapter_first),
        worse_groups=[one for one in judged.judged("got worse") if one.group != WHOLE],
    )
    card = ModelCard(f"---\n{metadata.to_yaml()}\n---\n\n{text}")
    return f"{card}".rstrip() + "\n"


def _adapter_first(finding: Finding) -> tuple[int, str]:
    """What is about the released adapter itself, then what clients make of it; by probe within."""
    return get_args(View).index(finding.view), finding.probe


def plain(text: object) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(str(text).split()))


def _mean(mean: Interval) -> str:
    return f"{percent(mean.estimate)} ({percent(mean.low)} to {percent(mean.high)})"


def _change(change: Interval) -> str:
    return f"{points(change.estimate)} ({points(change.low)} to {points(change.high)})"
