"""One release: everything is checked, then it is written, whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.evidence import Run, Store, verdict
from tocsin.evidence.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE, seal
from tocsin.evidence.public_study import public_study, study_hash
from tocsin.evidence.release_card import (
    CARD,
    BaseModel,
    BaseOpenness,
    Licensing,
    ReleaseFacts,
    TrainingData,
    release_card,
)
from tocsin.evidence.signing import default_key, key_fingerprint, make_key, read_private_key
from tocsin.federation.summing import LEDGER
from tocsin.models.adapter import CONFIG, WEIGHTS, load_adapter
from tocsin.openness.licences import Compatibility, compatibility
from tocsin.records import RoundRecord
from tocsin.releasing.facts import (
    audited,
    base_licence,
    base_model,
    base_openness,
    licensing,
    not_asked,
    privacy_ledger,
    probes_of,
    training_data,
)
from tocsin.releasing.record import adapter_settings, release_provenance, release_record

RECORD = "record.json"


@dataclass(frozen=True)
class Wanted:
    """What to release. `out`, `round` and `key` have defaults: the run's folder, its last round, the user's own key.

    `licence` and `data_licence` stand before the study's; `beside` are files to lie in the folder as well, such as the
    text of a licence that must go along.
    """

    run: str = "latest"
    out: Path | None = None
    round: int | None = None
    licence: str | None = None
    data_licence: str | None = None
    key: Path | None = None
    beside: Sequence[Path] = ()


@dataclass(frozen=True)
class Released:
    """What was written. `new_key` is where a key was made for it, `not_audited` why the base model was not."""

    folder: Path
    run: str
    round: int
    licences: Compatibility
    key: str
    new_key: Path | None
    not_audited: str


def release(wanted: Wanted, root: Path | None) -> Released:
    """Write the adapter of a run with all that is known of it to a folder, which appears whole or not at all.

    Raises TocsinError for a run or round that is not there, a licence that nobody named, a folder that is taken, a key
    that cannot be used, and what the disk does not let us do.
    """
    run = Store.open(root, create=False).run(wanted.run)
    rounds = _rounds(run, wanted.round)
    last = rounds[-1].round
    adapter = run.folder / "checkpoints" / f"round-{last:04d}" / "adapter"
    _, base = load_adapter(adapter)
    if base is None:
        raise TocsinError(f"The adapter in {adapter} does not say which base model it is for; it cannot be released.")
    folder = wanted.out or run.folder / "release"
    if folder.exists():
        raise TocsinError(f"{folder} is there already; name another folder with --out, or remove it.")
    _check_beside(wanted.beside)
    written = wanted.licence or run.study.release.licence
    if not written:
        raise TocsinError(
            "No licence is named for the adapter, and without one nobody may use it; "
            "name one with --licence (such as apache-2.0) or as release.licence in the study."
        )
    report, not_audited = audited(run.study, base)
    data = training_data(run.study, wanted.data_licence)
    licences = compatibility(base_licence(report), data.licence or None, written)
    model = base_model(run.study, base, report)
    facts = _facts(run, rounds, model, data, licensing(licences), base_openness(report))
    judged = verdict(rounds, {probe.name: probe.title for probe in probes_of(run.study)})
    study = public_study(run.study, model.hub or model.name)
    new_key = None
    if wanted.key is None and not default_key().exists():
        new_key = default_key()
        make_key(new_key)
    key = read_private_key(wanted.key or default_key())
    files: dict[str, Path | str] = {
        WEIGHTS: adapter / WEIGHTS,
        CONFIG: adapter_settings(adapter / CONFIG, model),
        CARD: release_card(facts, judged),
        RECORD: json.dumps(release_record(run, facts, study, rounds, judged), indent=2, ensure_ascii=False) + "\n",
        **({LEDGER: run.folder / LEDGER} if facts.ledger is not None else {}),
        **{file.name: file for file in wanted.beside},
    }
    origin = release_provenance(run, facts, study)
    _write(folder, files, lambda draft: seal(draft, origin, key))
    return Released(folder, run.id, last, licences, key_fingerprint(key.public_key()), new_key, not_audited)


def _rounds(run: Run, last: int | None) -> tuple[RoundRecord, ...]:
    """The run's rounds up to `last`, or all. Raises TocsinError when there is nothing to release."""
    rounds = run.rounds()
    trained = [record.round for record in rounds if record.round > 0]
    if not trained:
        raise TocsinError(f"Run {run.id} has not finished a round; go on with `tocsin run --resume {run.id}`.")
    if last is not None and last not in trained:
        raise TocsinError(f"Run {run.id} has the rounds {trained[0]} to {trained[-1]} and no round {last}.")
    return tuple(record for record in rounds if last is None or record.round <= last)


def _facts(
    run: Run,
    rounds: Sequence[RoundRecord],
    model: BaseModel,
    data: TrainingData,
    licences: Licensing,
    openness: BaseOpenness | None,
) -> ReleaseFacts:
    return ReleaseFacts(
        run=run.id,
        round=rounds[-1].round,
        rounds_asked=run.study.training.rounds,
        finished=run.events()[-1].kind == "finished",
        study=run.study,
        study_hash=study_hash(run.study_data),
        clients=len(rounds[-1].answered),
        versions={"tocsin": run.made_by.tocsin, **run.made_by.packages},
        commit=run.made_by.commit,
        base=model,
        data=data,
        licensing=licences,
        openness=openness,
        ledger=privacy_ledger(run, rounds[-1].ledger),
        not_asked=not_asked(run.study, rounds),
    )


def _check_beside(files: Sequence[Path]) -> None:
    """Raises TocsinError for a file that is not there, or whose name is taken."""
    taken = {WEIGHTS, CONFIG, CARD, RECORD, LEDGER, MANIFEST, SIGNATURE, PUBLIC_KEY}
    for file in files:
        if not file.is_file():
            raise TocsinError(f"There is no file {file} to add; name one, such as the text of a licence.")
        if file.name in taken:
            raise TocsinError(f"The release has a {file.name} already; rename {file} or leave it out.")
        taken.add(file.name)


def _write(folder: Path, files: Mapping[str, Path | str], finish: Callable[[Path], None]) -> None:
    """Put the files, copied or as text, into a folder, `finish` it, and only then give it its name."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".release-", dir=folder.parent))
        try:
            for name, content in files.items():
                if isinstance(content, Path):
                    shutil.copyfile(content, draft / name)
                else:
                    (draft / name).write_text(content, encoding="utf-8")
            finish(draft)
            for file in draft.iterdir():
                with file.open("rb") as stream:
                    os.fsync(stream.fileno())
            draft.chmod(0o755)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise TocsinError(
            f"The release cannot be written to {folder} ({error.strerror or error}); free disk space or name another "
            "folder with --out."
        ) from None
