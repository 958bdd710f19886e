"""One run of a study; the only place that knows every room."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin import corpora, models
from tocsin.aligning import aligned_adapter
from tocsin.auditing import admit
from tocsin.behaviour import find_probe
from tocsin.errors import TocsinError
from tocsin.evidence import Run, Store
from tocsin.federation import (
    AGGREGATIONS,
    ENGINES,
    PERSONALISATIONS,
    Checkpoints,
    GlobalProbes,
    Grid,
    Job,
    Judging,
    Listener,
    Mend,
    Plan,
    ServerJudge,
    bell_of,
    check_survey,
    check_weights,
    client_data,
    enrol_all,
    private,
    release_of,
    run_key,
    run_rounds,
    run_survey,
    schema_of,
    server_enrolment,
    server_sums,
    shared_model,
    streams_of,
    summed,
)
from tocsin.models import Arrays, Model
from tocsin.records import TRAINING_LOSS, VALIDATION_LOSS, RoundRecord
from tocsin.remedy import remedies_of
from tocsin.study import ProbeUse, Study, Survey


def start(study: Study, root: Path | None, tell: Listener) -> Run:
    """Check the study, then run it to its end. Nothing is written before all checks have passed.

    Raises TocsinError for what is wrong with the study, its data or its model; FederationError where the
    federation could not go on. What was finished is kept, and `resume` goes on from there.
    """
    study = checked(study)
    return _go_on(Store.open(root).new_run(study), tell)


def resume(name: str, study: Study | None, root: Path | None, tell: Listener) -> Run:
    """Go on with a run that was stopped; `study`, where given, must be the one that it was started with."""
    run = Store.open(root, create=False).run(name)
    if study is not None and checked(study) != run.study:
        raise TocsinError(
            f"The study is not the one that run {run.id} was started with; leave it out to resume, or start a new run."
        )
    checked(run.study)
    run.event("resumed")
    return _go_on(run, tell)


def _go_on(run: Run, tell: Listener) -> Run:
    folder = run.folder.resolve()
    job = Job(run.study, folder, folder / "clients", f"{__name__}:serve", WORK, run_key(folder))
    try:
        enrol_all(job)
        ENGINES.get(run.study.federation.engine)().run(job, tell)
    except KeyboardInterrupt:
        run.event("interrupted")
        raise
    except BaseException as error:
        run.event("failed", {"reason": str(error) if isinstance(error, TocsinError) else type(error).__name__})
        raise
    run.event("finished")
    return run


WORK = "tocsin.federation.language:work"


def serve(grid: Grid, job: Job, tell: Listener, patience: Callable[[int], float]) -> None:
    """The server's side of a job, called by the engine where the server lives."""
    run = Store.open(job.folder.parent, create=False).run(job.folder.name)
    study = run.study
    tell("loading", {"model": study.model.source})
    model = shared_model(study.model, study.lora)
    checkpoints = Checkpoints(job.folder / "checkpoints", model.save)
    for number in checkpoints.rounds():  # a kill between a checkpoint and the store leaves the store behind
        run.add_round(checkpoints.read(number).record)
    aggregation = AGGREGATIONS.get(study.aggregation.name)(study.aggregation.options)
    if isinstance(aggregation, Judging):
        aggregation.judge_by(ServerJudge(study, model))
    release = release_of(study, schema_of(study), job.folder, streams_of(study))
    plan = Plan(
        study=study,
        start=checkpoints.read(0).arrays if checkpoints.rounds() else start_adapter(study, model, tell),
        fingerprint=model.fingerprint,
        aggregation=private(aggregation, study),
        release=release,
        sums=server_sums(job, release),
        bell=lambda records: bell_of(study, release, records),
        measure=GlobalProbes(study, model, job.folder),
        patience=patience,
        mend=_mending(job, model, checkpoints, tell),
    )

    def keep_and_tell(kind: str, detail: dict[str, Any]) -> None:
        if kind == "finished":
            run.add_round(detail["record"])
        tell(kind, detail)

    run_rounds(grid, plan, checkpoints, keep_and_tell)


def _mending(job: Job, model: Model, checkpoints: Checkpoints, tell: Listener) -> Mend | None:
    chosen = remedies_of(job.study)
    if not chosen.of_model:
        return None

    def mend(
        round_: int, before: Mapping[str, NDArray[np.float32]], arrays: Mapping[str, NDArray[np.float32]]
    ) -> tuple[Arrays, tuple[str, ...]]:
        adapters = (checkpoints.read(0).arrays, dict(before), dict(arrays))
        folder = job.folder / "remedies"
        return chosen.mend(round_, model, adapters, folder, lambda text: tell("mending", {"text": text}))

    return mend


def survey(study: Study, tell: Listener) -> RoundRecord:
    """What the clients' training data are made of: a record with the survey, and with the clients that gave no part.

    Nothing is trained and nothing kept. Raises what `start` raises.
    """
    if study.survey is None:
        study = study.model_copy(update={"survey": Survey()})
    study = checked(study)
    records: list[RoundRecord] = []

    def listen(kind: str, detail: dict[str, Any]) -> None:
        if kind == "surveyed":
            records.append(detail["record"])
        tell(kind, detail)

    with TemporaryDirectory(prefix="tocsin-survey-") as name:
        folder = Path(name).resolve()
        job = Job(study, folder, folder / "clients", f"{__name__}:serve_survey", WORK, run_key(folder))
        enrol_all(job)
        ENGINES.get(study.federation.engine)().run(job, listen)
    return records[0]


def serve_survey(grid: Grid, job: Job, tell: Listener, patience: Callable[[int], float]) -> None:
    """The server's side of `survey`, called by the engine where the server lives."""
    study = job.study
    tell("loading", {"model": study.model.source})
    model = shared_model(study.model, study.lora)
    release = release_of(study, schema_of(study), job.folder, streams_of(study))
    plan = Plan(
        study=study,
        start={},
        fingerprint=model.fingerprint,
        aggregation=AGGREGATIONS.get(study.aggregation.name)(study.aggregation.options),
        release=release,
        sums=server_sums(job, release),
        measure=lambda round_, arrays: (),
        patience=patience,
    )
    run_survey(grid, plan, tell)


def start_adapter(study: Study, model: Model, tell: Listener) -> Arrays:
    """The adapter of round 0: a fresh one, the aligned one, or one that the user names."""
    wanted = study.model.start
    if wanted == "base":
        return model.fresh()
    if wanted == "aligned":
        return aligned_adapter(model, lambda step, of: tell("aligning", {"step": step, "of": of}))
    return model.read(Path(wanted).expanduser())


def checked(study: Study) -> Study:
    """The study with the groups of its private probes filled in. Raises TocsinError for what cannot work."""
    ENGINES.get(study.federation.engine)
    settings = study.aggregation
    aggregation = private(AGGREGATIONS.get(settings.name)(settings.options), study)
    if aggregation.fewest > study.split.clients:
        raise TocsinError(
            f'aggregation.name = "{settings.name}" needs at least {aggregation.fewest} updates with these options, '
            f"and split.clients is {study.split.clients}; raise that or choose another aggregation."
        )
    check_weights(aggregation, study)
    if study.privacy.secure_updates:
        summed(aggregation, study)
    PERSONALISATIONS.get(study.personalisation.name)(study.personalisation.options)
    remedies_of(study)
    admit(study.model, study.openness)
    if study.model.start not in ("base", "aligned"):
        models.load_adapter(Path(study.model.start).expanduser())
    if study.corpus.validation is not None:
        corpora.read(study.corpus.model_copy(update={"source": study.corpus.validation, "limit": 1}), study.seed)
    groups: tuple[str, ...] = ()
    if study.federation.superlink is None:  # else the clients' data are on their own machines
        groups = corpora.groups(client_data(study, client) for client in range(study.split.clients))
    probes = [find_probe(use.name) for use in study.probe]
    named = [probe.name for probe in probes]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise TocsinError(f'Two probes of the study are called "{twice[0]}"; give the one in your file another name.')
    biased = next((probe.name for probe in probes if probe.kind == "bias"), None)
    if biased and all(probe.kind != "quality" for probe in probes):
        raise TocsinError(
            f'The study asks about bias ("{biased}") and not about quality, and a model that guesses looks fair; '
            'add [[probe]] name = "utility" or "capability".'
        )
    study = study.model_copy(update={"probe": tuple(_checked_probe(use, groups) for use in study.probe)})
    if study.survey is not None and not study.survey.groups:
        study = study.model_copy(update={"survey": study.survey.model_copy(update={"groups": groups})})
    _check_privacy(study)
    return study


def _check_privacy(study: Study) -> None:
    """What a budget cannot carry does not start."""
    check_survey(study)
    if study.privacy.epsilon is not None:
        for use in study.probe:
            if use.at != "server" and find_probe(use.name).source == "trained":
                raise TocsinError(
                    f'probe "{use.name}" asks about training records, which noise for held-out ones does not hide; '
                    "leave the probe or the epsilon out."
                )
    release_of(study, schema_of(study), None, streams_of(study))
    if study.alarm is not None and not streams_of(study):
        raise TocsinError(
            "The [alarm] has nothing to watch; give the clients a [[probe]] that asks about bias, safety, quality or "
            "calibration."
        )
    if study.privacy.enrolment is None and study.federation.superlink is not None:
        raise TocsinError(
            "With federation.superlink the clients are on machines of their own and have identities of their own; "
            'set privacy.enrolment = "FILE", a list of the lines that `tocsin enrol` prints.'
        )
    if study.privacy.enrolment is not None:
        server_enrolment(study, Path(study.privacy.enrolment))


def _checked_probe(use: ProbeUse, groups: tuple[str, ...]) -> ProbeUse:
    probe = find_probe(use.name)
    if probe.source in ("held-out", "trained"):
        if use.at == "server":
            raise TocsinError(
                f'probe "{use.name}" asks about clients\' own data, which the server does not have; set at = "clients".'
            )
        if probe.groups:
            return use
        if not use.groups and not groups:
            raise TocsinError(
                f'probe "{use.name}" needs groups = [...]: the clients\' data are on their own machines, and a tally '
                "has the same cells for all of them."
            )
        return use if use.groups else use.model_copy(update={"groups": groups})
    probe.draw(1, Random(0))  # a benchmark that is not here is better missed now than in round 1
    return use


def titles(study: Study) -> dict[str, str]:
    """What an outcome of 1 means, for each probe of the study that can still be found: a file may be gone."""
    found = {TRAINING_LOSS: "mean training loss"}
    if study.corpus.validation is not None:
        found[VALIDATION_LOSS] = "mean validation loss"
    for use in study.probe:
        with suppress(TocsinError):
            probe = find_probe(use.name)
            found[probe.name] = probe.title
    return found
