"""The study of an app that is not ours: what may stand in it, and where its files are."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import FrameType

from platformdirs import user_data_path

from tocsin import study as studies
from tocsin.behaviour import find_probe
from tocsin.errors import TocsinError
from tocsin.federation.job import Job
from tocsin.federation.language import schema_of
from tocsin.federation.watching import streams_of
from tocsin.privacy import Schema
from tocsin.records import TRAINING_LOSS
from tocsin.study import Section, Study

# Whole tables, and the keys of others, that say something of the alarm. The rest is the app's own.
_OURS: Mapping[str, frozenset[str] | None] = {
    "name": None,
    "seed": None,
    "alarm": None,
    "probe": None,
    "split": frozenset({"clients"}),
    "training": frozenset({"rounds"}),
    "personalisation": frozenset({"name"}),
    "federation": frozenset({"min_clients", "client_timeout"}),
    "privacy": frozenset(
        {"epsilon", "delta", "adjacency", "channels", "shares", "honest", "floor", "cohorts", "enrolment"}
    ),
}


def load(path: Path) -> tuple[Study, str]:
    """The study of an app, and the SHA-256 of its file (64 hex digits): both sides must have the same one.

    Raises TocsinError for a study that asks for what an app does by itself, or that has nothing to watch.
    """
    study = studies.load(path)
    for name in Study.model_fields:
        if name not in _OURS:
            _refuse_settings(path, name, getattr(study, name), Study.model_fields[name].default)
        elif (keys := _OURS[name]) is not None:
            section: Section = getattr(study, name)
            for key in type(section).model_fields.keys() - keys:
                _refuse_settings(path, f"{name}.{key}", getattr(section, key), _default(section, key))
    if study.personalisation.name not in ("finetune", "none"):
        raise TocsinError(
            f'{path}: personalisation.name = "{study.personalisation.name}" is not what an app of its own does; write '
            '"finetune" where a client keeps what its training made, "none" where it keeps nothing.'
        )
    if study.privacy.epsilon is not None and study.split.clients < study.privacy.floor:
        raise TocsinError(
            f"{path}: no noised sum of fewer than privacy.floor = {study.privacy.floor} clients is shown, and "
            f"split.clients is {study.split.clients}; lower the first, or find more clients."
        )
    _check_probes(path, study)
    return study, hashlib.sha256(path.read_bytes()).hexdigest()


def seen_from(frame: FrameType | None, study: Path | str) -> Path:
    """The file `study` as the caller of the function in `frame` names it: an app's files lie beside its code, and its
    processes start anywhere."""
    assert frame is not None and frame.f_back is not None
    return Path(frame.f_back.f_code.co_filename).resolve().parent / Path(study).expanduser()


def _default(section: Section, key: str) -> object:
    return type(section).model_fields[key].get_default(call_default_factory=True)


def _refuse_settings(path: Path, name: str, value: object, default: object) -> None:
    if value != default:
        raise TocsinError(f"{path}: {name} has no effect on an app that trains by itself; leave it out.")


def _check_probes(path: Path, study: Study) -> None:
    if study.alarm is None:
        raise TocsinError(f"{path} has no [alarm]; add that table.")
    kinds = set()
    for use in study.probe:
        probe = find_probe(use.name)
        if use.at == "server":
            raise TocsinError(f'{path}: probe "{use.name}" asks the server, which has no model here; leave `at` out.')
        if probe.source in ("held-out", "trained"):
            raise TocsinError(
                f'{path}: probe "{use.name}" asks about clients\' own data, which only the app knows; choose another.'
            )
        probe.draw(1, Random(0))  # a benchmark that is not here is better missed now than in round 1
        kinds.add(probe.kind)
    if "bias" in kinds and "quality" not in kinds:
        raise TocsinError(
            f"{path} asks about bias and not about quality, and a model that guesses looks fair; "
            'add [[probe]] name = "utility" or "capability".'
        )
    if not streams_of(study):
        raise TocsinError(f"{path}: the [alarm] has nothing to watch; add a [[probe]] such as refusal or capability.")


def schema(study: Study) -> Schema:
    """The tally schema of an app: that of a study of ours, without the training loss, which we do not see."""
    return Schema({name: groups for name, groups in schema_of(study).groups.items() if name != TRAINING_LOSS})


def job(study: Study, run: str, folder: Path) -> Job:
    """The job of a run of an app; `folder` is the server's, and means nothing to clients.

    Clients keep what they must remember in `TOCSIN_CLIENT_HOME`, else in a folder of this run among the user's data:
    in a simulation both sides are on one machine, and find the same.
    """
    home = os.environ.get("TOCSIN_CLIENT_HOME") or user_data_path("tocsin") / "apps" / run[:16]
    return Job(study, folder, Path(home), serve="", work="", run=run)  # the app serves and works by itself
