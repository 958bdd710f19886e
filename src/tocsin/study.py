"""The study file: everything that a run needs, as frozen models read from TOML."""

import datetime
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tocsin.errors import TocsinError, did_you_mean

Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
OptionValue = bool | int | float | str


PROBE_FILES = (".py", ".toml", ".yaml", ".yml")
HARNESS = "lm-eval:"
"""What may stand before the file of a task of lm-evaluation-harness."""


def names_file(probe: str) -> bool:
    """Whether a probe is named by its file."""
    return probe.startswith(HARNESS) or probe.endswith(PROBE_FILES)


class Section(BaseModel):
    """A table of the study file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Model(Section):
    """Which language model, and where its adapter starts."""

    source: str = Field("embedded", description="embedded, a local Hugging Face folder, or a hub id")
    revision: str | None = Field(None, description="the commit of a hub id; required for one")
    start: str = Field("base", description="base (a fresh adapter), aligned, or an adapter's folder")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: Annotated[int, Field(ge=0)] = Field(0, description="CPU threads of torch; 0 leaves them alone")


class Lora(Section):
    """Low-rank adapters (Hu et al., 2021, arXiv 2106.09685)."""

    rank: Positive = 8
    alpha: Positive = 16
    targets: tuple[str, ...] = ("q_proj", "v_proj")


class Corpus(Section):
    """What the clients train on."""

    source: str = Field("service-desk", description="a built-in source, a file (JSONL, Parquet), or hub:ID")
    revision: str | None = None
    prompt: str = Field("prompt", description="column of the question; not used where `messages` is present")
    response: str = Field("response", description="column of the answer")
    group: str = Field("group", description="column of the group; records without it are in group `all`")
    since: str | None = Field(None, description="column of the first round that a record is there in; data that grow")
    until: str | None = Field(None, description="column of the last such round; data that are kept for a time")
    limit: Annotated[int, Field(ge=0)] = Field(0, description="at most this many records; 0 takes all")
    held_out: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(0.2, description="share kept from training")
    validation: str | None = Field(None, description="public examples for the server's loss: a source, as above")


class Split(Section):
    """How the corpus becomes clients (flwr-datasets partitioners)."""

    by: Literal["iid", "dirichlet", "column"] = "iid"
    clients: Positive = 8
    column: str | None = Field(None, description="for dirichlet and column")
    alpha: Annotated[float, Field(gt=0.0)] = Field(0.5, description="Dirichlet concentration")

    @model_validator(mode="after")
    def _column_is_named(self) -> "Split":
        if self.by != "iid" and self.column is None:
            raise ValueError(f'by = "{self.by}" needs `column`: the column to split by')
        return self


class Training(Section):
    """Local training of one client in one round."""

    rounds: Positive = 5
    steps: Positive = 8
    batch_size: Positive = 8
    learning_rate: Annotated[float, Field(gt=0.0)] = 2e-4
    max_tokens: Positive = Field(512, description="longer examples are cut at the end")


class Aggregation(Section):
    """How the server makes one adapter of many."""

    name: str = "fedavg"
    weights: Literal["equal", "examples"] = "equal"
    weight_cap: Positive = Field(10_000, description="a client counts for at most this many examples")
    options: Mapping[str, OptionValue] = Field(default_factory=dict)


class Personalisation(Section):
    """Which adapter a client keeps for itself."""

    name: str = "finetune"
    options: Mapping[str, float | int] = Field(default_factory=dict)


class Federation(Section):
    """The engine, and how patient the server is."""

    engine: str = "local"
    min_clients: Positive = Field(2, description="a round with fewer good updates is repeated, then failed")
    round_attempts: Positive = 2
    join_timeout: Annotated[float, Field(gt=0.0)] = Field(120.0, description="seconds to wait for the roster")
    client_timeout: Annotated[float, Field(gt=0.0)] = Field(1800.0, description="seconds for one client's work")
    superlink: str | None = Field(None, description="deployment: a SuperLink of Flower's config; none starts one")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(0, description="deployment: loopback port; 0 picks one")


class Privacy(Section):
    """What may leave a client besides its update: sums under masks, with noise where an epsilon is given.

    `training` says what hides a client's data in the updates: nothing; DP-SGD in the clients ("sample", about one
    training record); or noise that the server adds to clipped updates ("client").
    """

    epsilon: Annotated[float, Field(gt=0.0)] | None = Field(
        None, description="the one epsilon of the whole run; without it sums are masked and not noised"
    )
    delta: Annotated[float, Field(ge=0.0, lt=1.0)] = 1e-6
    adjacency: Literal["add-or-remove", "replace-one"] = "add-or-remove"
    channels: tuple[Literal["trips", "counts", "histogram"], ...] | None = Field(
        None, description="with epsilon; by default the trips with an [alarm], else counts and histogram"
    )
    shares: Mapping[str, float] = Field(default_factory=dict, description="of the budget by channel; equal by default")
    honest: Annotated[float, Field(gt=0.0, le=1.0)] = Field(0.9, description="share of clients trusted to add noise")
    floor: Positive = Field(5, description="cells of fewer items, and noised sums of fewer clients, are not shown")
    cohorts: Mapping[str, tuple[int, ...]] = Field(default_factory=dict, description="clients that are summed apart")
    enrolment: str | None = Field(None, description="the file of the clients' identities, by `tocsin enrol`")
    secure_updates: bool = Field(False, description="sum the updates under masks, too")
    update_range: Annotated[float, Field(gt=0.0, lt=1e6)] = Field(
        1.0, description="secure_updates: no entry of an adapter may move further than this in a round"
    )
    training: Literal["unprotected", "sample", "client"] = "unprotected"
    clip: Annotated[float, Field(gt=0.0)] = Field(1.0, description="training: norm that a gradient or update is cut to")
    multiplier: Annotated[float, Field(gt=0.0)] = Field(1.0, description="training: noise in multiples of `clip`")
    records: Positive = Field(100, description="training = sample: training records of a small client, which is public")


class Alarm(Section):
    """When to ring. Each client tests its own outcomes, and tells its first trip once, in a sum over all clients."""

    level: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(0.05, description="chance of any false alarm in the run")
    tolerance: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.03, description="a rise of the mean outcome that is called healthy, as a share"
    )
    self_heal: bool = Field(False, description="a client that trips goes back to its last good personal adapter")


class ProbeUse(Section):
    """One probe, how many items it asks, and of whom."""

    name: str = Field(description="a probe's name, or its file: .py, .toml, .yaml or lm-eval:FILE")
    items: Positive = Field(32, description="items in one measurement")
    at: Literal["server", "clients", "both"] = "both"
    groups: tuple[str, ...] = Field((), description="for private data: its groups, the same for all clients")


class Survey(Section):
    """What clients tell of their training data before round 1: numbers of examples, in a sum over all of them."""

    groups: tuple[str, ...] = Field((), description="the data's groups; by default all that there are")
    topics: Mapping[str, tuple[str, ...]] = Field(default_factory=dict, description="words that tell each topic")
    languages: tuple[str, ...] = Field(("en",), description="ISO 639-1 codes of those told apart")
    words: tuple[Positive, ...] = Field((16, 64, 256), description="longest of each class of lengths, rising")

    @model_validator(mode="after")
    def _lengths_rise(self) -> "Survey":
        if sorted(set(self.words)) != list(self.words):
            raise ValueError(f"survey.words = {list(self.words)} must rise from number to number; sort them")
        return self


class Remedy(Section):
    """Something that is done about a failure. Several act in the order in which they stand: those of clients' data
    before training, those of the adapter after each round."""

    name: str = Field(description="a remedy's name, or a Python file")
    options: Mapping[str, OptionValue] = Field(default_factory=dict)


class Waiver(Section):
    """A breach of the openness policy that somebody answers for; printed in every report."""

    rule: Literal["minimum_level", "forbidden_licences", "forbidden_restrictions", "required_evidence"]
    concerns: str = Field("", description="one component or licence; empty covers all that the rule forbids")
    by: Annotated[str, Field(min_length=1)]
    date: datetime.date
    reason: Annotated[str, Field(min_length=1)]


class Openness(Section):
    """What the model must be to be federated: see `tocsin audit`."""

    minimum_level: Literal["no-access", "black-box", "gray-box", "open-weight", "open-source"] = "no-access"
    forbidden_licences: tuple[str, ...] = ()
    forbidden_restrictions: tuple[str, ...] = Field((), description="such as non-commercial")
    required_evidence: tuple[str, ...] = Field((), description="components that need a file or an address")
    waivers: tuple[Waiver, ...] = ()


class Release(Section):
    """What is said of the adapter when it is passed on: see `tocsin release`."""

    licence: str = Field("", description="of the adapter: an SPDX expression, or a name such as llama3.2")
    data_licence: str = Field("", description="of the training data; own, where the clients hold all rights in them")
    data: str = Field("", description="what the training data are, in a sentence or two")
    base: str = Field("", description="the hub id of the model in a local folder")
    contact: str = Field("", description="who answers questions about the adapter")


class Study(Section):
    """One study. The same study with the same seed on the same machine gives the same run."""

    name: str
    seed: Annotated[int, Field(ge=0)] = 0
    model: Model = Model()
    openness: Openness = Openness()
    lora: Lora = Lora()
    corpus: Corpus = Corpus()
    split: Split = Split()
    training: Training = Training()
    aggregation: Aggregation = Aggregation()
    personalisation: Personalisation = Personalisation()
    federation: Federation = Federation()
    privacy: Privacy = Privacy()
    alarm: Alarm | None = None
    release: Release = Release()
    survey: Survey | None = None
    remedy: tuple[Remedy, ...] = ()
    probe: tuple[ProbeUse, ...] = ()

    @property
    def noised_channels(self) -> tuple[str, ...]:
        """What is released with noise, where there is an epsilon."""
        if self.privacy.channels is not None:
            return self.privacy.channels
        return ("counts", "histogram") if self.alarm is None else ("trips",)

    @model_validator(mode="after")
    def _trips_have_an_alarm(self) -> "Study":
        if self.privacy.epsilon is not None and (self.alarm is not None) != ("trips" in self.noised_channels):
            raise ValueError('privacy.channels holds "trips" where there is an [alarm], and only there; mend either')
        return self

    @model_validator(mode="after")
    def _can_self_heal(self) -> "Study":
        if self.alarm is None or not self.alarm.self_heal:
            return self
        if self.personalisation.name == "none":
            raise ValueError(
                "alarm.self_heal has no personal adapter to go back to; set personalisation.name = "
                '"finetune" or "ditto"'
            )
        if self.privacy.epsilon is not None and "counts" in self.noised_channels:
            raise ValueError(
                "alarm.self_heal lets one held-out record change which adapter a client has in all later rounds, which "
                'the noise of "counts" does not hide; leave either out'
            )
        return self

    @model_validator(mode="after")
    def _names_agree(self) -> "Study":
        if self.federation.min_clients > self.split.clients:
            raise ValueError(
                f"federation.min_clients = {self.federation.min_clients} is more than "
                f"split.clients = {self.split.clients}; lower the first or raise the second"
            )
        _check_cohorts(self.privacy.cohorts, self.split.clients)
        names = [use.name for use in self.probe]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'probe "{twice[0]}" is named twice; name each probe once')
        return self


def _check_cohorts(cohorts: Mapping[str, tuple[int, ...]], clients: int) -> None:
    """Sums over cohorts can be added up, and no two subtracted to find a client."""
    if not cohorts:
        return
    members = sorted(client for of in cohorts.values() for client in of)
    if "all" in cohorts:
        raise ValueError('privacy.cohorts has a cohort "all", which is the name of all together; give it another')
    if members != list(range(clients)):
        raise ValueError(f"privacy.cohorts must hold each of the clients 0 to {clients - 1} once; mend the lists")
    if small := next((name for name, of in cohorts.items() if len(of) < 2), None):
        raise ValueError(f'privacy.cohorts: "{small}" has one client, which a sum cannot hide; give it two or more')


def load(path: Path, overrides: Iterable[str] = ()) -> Study:
    """Read a study from TOML; `overrides` are `key.key=value` with TOML values.

    A probe's or remedy's file is seen from the study's folder, and its path made absolute: a run may be resumed, and
    its clients work, elsewhere.

    Raises TocsinError with one sentence for a missing or broken file, an unknown key or a wrong type.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TocsinError(f"There is no study file at {path}; write one with `tocsin init`.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TocsinError(f"{path} cannot be read ({error}); name a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise TocsinError(f"{path} is not valid TOML: {error}; mend that line.") from None
    for override in overrides:
        _override(data, override)
    study = parse(data, str(path))
    privacy = study.privacy
    if privacy.enrolment is not None:
        enrolment = str((path.parent / Path(privacy.enrolment).expanduser()).resolve())
        privacy = privacy.model_copy(update={"enrolment": enrolment})
    probes = tuple(_seen_from(path.parent, use) for use in study.probe)
    remedies = tuple(_files_from(path.parent, use) for use in study.remedy)
    return study.model_copy(update={"probe": probes, "remedy": remedies, "privacy": privacy})


def _seen_from(folder: Path, use: ProbeUse) -> ProbeUse:
    if not names_file(use.name):
        return use
    prefix = HARNESS if use.name.startswith(HARNESS) else ""
    file = (folder / Path(use.name.removeprefix(HARNESS)).expanduser()).resolve()
    return use.model_copy(update={"name": f"{prefix}{file}"})


def _files_from(folder: Path, use: Remedy) -> Remedy:
    """A remedy's own file, and the files that its options name: texts that are a file there, seen from `folder`."""

    def seen(value: OptionValue) -> OptionValue:
        file = (folder / Path(value).expanduser()).resolve() if isinstance(value, str) and value else None
        return str(file) if file is not None and file.exists() else value

    name = use.name
    if name.endswith(".py"):
        name = str((folder / Path(name).expanduser()).resolve())
    return Remedy(name=name, options={key: seen(value) for key, value in use.options.items()})


def parse(data: Mapping[str, Any], where: str) -> Study:
    """Check `data` as a study; `where` is named in the error."""
    try:
        # TOML has no tuples and no strict floats: "lax" at the edges, through JSON mode, is what we want.
        return Study.model_validate_json(_json(data))
    except ValidationError as error:
        raise TocsinError(f"{where}: {what_is_wrong(error, Study)}") from None


def _json(data: Mapping[str, Any]) -> str:
    import json

    return json.dumps(data, default=str)


def _override(data: dict[str, Any], override: str) -> None:
    key, sign, text = override.partition("=")
    if not sign or not key.strip():
        raise TocsinError(f'--set "{override}" is not KEY=VALUE; write for instance training.rounds=3.')
    try:
        value = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is a string, as on any command line
    *path, last = key.strip().split(".")
    table = data
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise TocsinError(f'--set "{override}": {part} is no table of the study.')
    table[last] = value


def what_is_wrong(error: ValidationError, root: type[BaseModel]) -> str:
    """One sentence for the first thing that is wrong with what should be a `root`."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *parents, word = first["loc"]
        return f"unknown key {where}{did_you_mean(str(word), _keys(root, parents))}."
    if first["type"] == "missing":
        return f"the key {where} is missing; add it."
    if first["type"] == "value_error":
        return f"{first['ctx']['error']}."
    got = first.get("input")
    return f"{where} = {got!r} is wrong: {first['msg'][0].lower()}{first['msg'][1:]}."


def _keys(root: type[BaseModel], parents: list[Any]) -> list[str]:
    model: Any = root
    for part in parents:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        if field is None:
            return []
        model = field.annotation
        if not hasattr(model, "model_fields"):
            model = next((a for a in get_args(model) if hasattr(a, "model_fields")), None)
        if model is None:
            return []
    return sorted(model.model_fields)
