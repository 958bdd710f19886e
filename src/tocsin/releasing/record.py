"""What lies beside the adapter for programs: its settings, the record, and where it all came from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tocsin
from tocsin.errors import TocsinError
from tocsin.evidence import Run, Verdict
from tocsin.evidence.manifest import Provenance
from tocsin.evidence.release_card import BaseModel, ReleaseFacts
from tocsin.records import RoundRecord


def adapter_settings(file: Path, base: BaseModel) -> str:
    """The adapter's settings with the base model's public name: the run's own may be a path of this machine."""
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise TocsinError(f"The adapter's {file} cannot be read; restore the run's folder from a copy.") from None
    return json.dumps(
        config | {"base_model_name_or_path": base.hub or base.name, "revision": base.revision},
        indent=2,
        sort_keys=True,
    )


def release_record(
    run: Run, facts: ReleaseFacts, study: Mapping[str, Any], rounds: Sequence[RoundRecord], judged: Verdict
) -> dict[str, Any]:
    """What the card says, for programs: the study, the rounds without single clients, and every comparison."""
    return {
        "run": {"id": run.id, "created": run.created, "finished": facts.finished, **asdict(run.made_by)},
        "released_by": tocsin.__version__,
        "round": facts.round,
        "study": dict(study),
        "study_sha256": facts.study_hash,
        "base": asdict(facts.base),
        "data": asdict(facts.data),
        "licences": asdict(facts.licensing),
        "openness": asdict(facts.openness) if facts.openness else None,
        "rounds": [
            {"round": one.round, "asked": len(one.asked), "answered": len(one.answered), "refused": len(one.refused)}
            for one in rounds
        ],
        "verdict": {"headline": judged.headline(), "sentences": judged.sentences(), **asdict(judged)},
    }


def release_provenance(run: Run, facts: ReleaseFacts, study: Mapping[str, Any]) -> Provenance:
    """Where the adapter came from; `study` is the public one."""
    base = facts.base
    model: dict[str, Any] = {"name": base.name, "digest": {"tocsinFingerprint": base.fingerprint}}
    if base.hub:
        model["uri"] = f"pkg:huggingface/{base.hub}" + (f"@{base.revision}" if base.revision else "")
    return Provenance(
        parameters={"study": dict(study), "round": facts.round},
        internal={"studySha256": facts.study_hash},
        materials=(model, *({"name": name, "digest": {"sha256": digest}} for name, digest in base.files)),
        run=run.id,
        versions=dict(facts.versions),
        begun=run.created,
        ended=run.events()[-1].time,
    )
