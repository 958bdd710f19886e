"""What a model's openness means for its federated post-training: the table in post_training.toml, and who obeys it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from tocsin.errors import TocsinError, did_you_mean
from tocsin.openness.audit import Audit, Extent
from tocsin.openness.components import component, components
from tocsin.openness.evidence import Standing
from tocsin.openness.levels import Openness, openness
from tocsin.openness.licences import judge
from tocsin.openness.strict import Strict, check, read

Measure = Literal["hidden states", "log-likelihoods", "generation"]
"""What can be asked of a model; probes need the last two, explanations by layer the first."""

Payload = Literal[
    "changes of all weights",
    "adapter",
    "prompt vectors",
    "scores of candidate prompts",
    "seeds and slopes",
    "predictions on public prompts",
    "prompts",
    "answers",
    "answers so far",
]
"""What leaves a client. `prompts` and `answers` are private ones; the other names hold no text."""

Right = Literal["versioning", "shutdown", "price", "audit"]
Kept = Literal["kept", "in part", "lost"]
Heard = Literal["yes", "in part", "no"]

CHANGES, OUTPUTS = "changes", "outputs"
WEIGHTS = "weights"


class Permission(Strict):
    """What a licence or a service's terms must let one do."""

    id: str
    title: str


class Autonomy(Strict):
    """How much of one right a client keeps, and why."""

    state: Kept
    why: str


class LevelMeaning(Strict):
    """What every model of a level gives (`grants`), what some give besides (`may`), and a client's autonomy."""

    id: Openness
    grants: tuple[str, ...]
    may: tuple[str, ...] = ()
    autonomy: Mapping[Right, Autonomy]


class Leaving(Strict):
    """What leaves a client: to the federation's server, and to the service that runs the model."""

    server: tuple[Payload, ...] = ()
    service: tuple[Payload, ...] = ()


class Route(Strict):
    """One way to do a method, for a model that gives all of `needs` (components of kind access, weights, permissions).

    `probes` is what can be asked of the result; None where that is what the ways to the model give.
    """

    needs: tuple[str, ...] = Field(min_length=1)
    training: Leaving
    use: Leaving = Leaving()
    probes: tuple[Measure, ...] | None = None
    own_model: bool = False
    note: str = ""

    @property
    def by_service(self) -> bool:
        """Whether somebody else runs the model."""
        return WEIGHTS not in self.needs

    @property
    def prompts_seen(self) -> str:
        """When a service sees private prompts: "never", "in training", "in use" or "in training and use"."""
        stages = {"training": self.training, "use": self.use}
        seen = [stage for stage, leaving in stages.items() if "prompts" in leaving.service]
        return f"in {' and '.join(seen)}" if seen else "never"

    @property
    def service_needed(self) -> str:
        """When the service must be there: "never", "in training" or "always"."""
        if not self.by_service:
            return "never"
        return "always" if self.use.service else "in training"

    def measures(self, given: Collection[str]) -> frozenset[Measure]:
        """What can be asked of the result, for a model that gives `given`."""
        if self.probes is not None:
            return frozenset(self.probes)
        by_way = post_training().measures
        return frozenset(measure for way in given for measure in by_way.get(way, ()))


class Method(Strict):
    """One method of post-training and its routes, the best first. `why_not` is for levels that have none."""

    id: str
    title: str
    what: str
    sources: tuple[str, ...] = Field(min_length=1)
    why_not: str = ""
    route: tuple[Route, ...] = Field(min_length=1)

    def through(self, given: Collection[str]) -> Route | None:
        """The first route for a model that gives `given`; None where there is none."""
        return next((route for route in self.route if set(route.needs) <= set(given)), None)


class Mode(Strict):
    """One of the six modes of silent failure, and probes of ours that hear it, by what they ask of a model."""

    name: str
    asks: Literal["all", "any"]
    why: str
    by: Mapping[Measure, tuple[str, ...]] = Field(min_length=1)

    def heard(self, measures: Collection[Measure]) -> Heard:
        """Whether the alarm can hear this mode of a model that can be asked `measures`."""
        ways = [way in measures for way in self.by]
        if all(ways) or (self.asks == "any" and any(ways)):
            return "yes"
        return "in part" if any(ways) else "no"


class PostTraining(Strict):
    """The table."""

    version: str
    source: str
    note: str
    permission: tuple[Permission, ...]
    measures: Mapping[str, tuple[Measure, ...]]
    level: tuple[LevelMeaning, ...]
    method: tuple[Method, ...]
    mode: tuple[Mode, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        known = {*self.measures, *(permission.id for permission in self.permission)}
        named = [*(way for level in self.level for way in (*level.grants, *level.may))]
        named += [way for method in self.method for route in method.route for way in route.needs]
        for way in named:
            if way not in known:
                raise ValueError(f'there is no way to a model called "{way}"{did_you_mean(way, known)}')
        for way in self.measures:
            if way not in components():
                raise ValueError(f'measures: there is no component called "{way}"{did_you_mean(way, components())}')
        for level in self.level:
            if missing := sorted(set(get_args(Right)) - set(level.autonomy)):
                raise ValueError(f"level {level.id}: nothing is said of {missing[0]}")
        return self

    def title(self, way: str) -> str:
        """The words for a component or a permission."""
        found = {permission.id: permission.title for permission in self.permission}
        return found.get(way) or component(way).title

    def meaning(self, level: Openness) -> LevelMeaning:
        """What `level` means; KeyError for "no-access", which means nothing."""
        return {meaning.id: meaning for meaning in self.level}[level]


@cache
def post_training() -> PostTraining:
    """The table that comes with Tocsin."""
    return check(PostTraining, read(files("tocsin.openness") / "post_training.toml"), "post_training.toml")


def method(name: str) -> Method:
    """The method of that id. Raises TocsinError, with the nearest one, when there is none."""
    known = {one.id: one for one in post_training().method}
    if name not in known:
        raise TocsinError(f'There is no method of post-training called "{name}"{did_you_mean(name, known)}.')
    return known[name]


@dataclass(frozen=True)
class Cell:
    """One method at one level: the routes that are open to every model of the level (`extra` is empty), else those
    that some have, with what these give besides. Without a route it is not possible."""

    level: Openness
    method: Method
    routes: tuple[tuple[Route, tuple[str, ...]], ...]

    @property
    def possible(self) -> Literal["yes", "with", "no"]:
        """Always, for a model that gives more than its level promises, or never."""
        if not self.routes:
            return "no"
        return "with" if self.routes[0][1] else "yes"


def cells() -> list[Cell]:
    """All levels by all methods, level by level."""
    return [_cell(level, one) for level in post_training().level for one in post_training().method]


def _cell(level: LevelMeaning, one: Method) -> Cell:
    open_to_all = one.through(level.grants)
    if open_to_all is not None:
        return Cell(level.id, one, ((open_to_all, ()),))
    most = {*level.grants, *level.may}
    routes = [route for route in one.route if set(route.needs) <= most]
    extra = [tuple(way for way in route.needs if way not in level.grants) for route in routes]
    return Cell(level.id, one, tuple(zip(routes, extra, strict=True)))


def given(audit: Audit, waived: bool = False) -> frozenset[str]:
    """The ways to the model of `audit` that files or addresses stand for, and what its licences permit.

    What is not known of a licence counts as permitted here: what can be done is one question, and what a consortium
    wants to see proved is its policy's. `waived` sets aside a licence that forbids to share changed versions. A model
    of level no-access gives nothing.
    """
    if openness(audit) is Openness.NO_ACCESS:
        return frozenset()
    ways = {way for way in post_training().measures if way != WEIGHTS and _founded(audit, way)}
    if all(_founded(audit, name) for name in (WEIGHTS, "tokenizer", "architecture")):
        ways.add(WEIGHTS)
        licence = audit.licence(WEIGHTS)
        if waived or licence is None or judge(licence.text).modifiable is not False:
            ways.add(CHANGES)
    terms = [licence for name in (WEIGHTS, "api-generation") if (licence := audit.licence(name)) is not None]
    if not any("output-use" in judge(each.text).restricts for each in terms):
        ways.add(OUTPUTS)
    return frozenset(ways)


def assumed(audit: Audit, route: Route) -> tuple[str, ...]:
    """The permissions that `route` needs and that nobody has stated: no terms of the model are known."""
    if terms_known(audit, route.by_service):
        return ()
    return tuple(way for way in route.needs if way in (CHANGES, OUTPUTS))


def terms_known(audit: Audit, by_service: bool) -> bool:
    """Whether it is known what the licence of the weights, or the terms of the service, permit."""
    licence = audit.licence("api-generation" if by_service else WEIGHTS)
    return licence is not None and judge(licence.text).modifiable is not None


def _founded(audit: Audit, name: str) -> bool:
    finding = audit.finding(name)
    whole = finding.extent is Extent.WHOLE or name == "architecture"
    return whole and finding.standing in (Standing.FILE, Standing.ADDRESS)


def possible(ways: Collection[str]) -> list[tuple[Method, Route]]:
    """The methods that a model which gives `ways` can be post-trained with, and how."""
    found = ((one, one.through(ways)) for one in post_training().method)
    return [(one, route) for one, route in found if route is not None]


def require(audit: Audit, name: str, waived: bool = False) -> Route:
    """The route of the method `name` for the model of `audit`.

    Raises TocsinError, with what would be possible, where there is none.
    """
    wanted, ways = method(name), given(audit, waived)
    route = wanted.through(ways)
    if route is not None:
        return route
    others = ", ".join(one.title for one, _ in possible(ways)) or "nothing"
    raise TocsinError(
        f"{audit.name} is {openness(audit)}, and {wanted.title} needs {needs(wanted)}"
        f"{_why(audit, wanted, ways)}; possible with it: {others}."
    )


def _why(audit: Audit, wanted: Method, ways: Collection[str]) -> str:
    """What stands in the way where it is the licence alone, and how to go on."""
    licence = audit.licence(WEIGHTS)
    if licence is None or wanted.through({*ways, CHANGES}) is None:
        return ""
    return (
        f', which its licence, "{licence.text}", does not give (the maker\'s leave is stated by [[openness.waivers]] '
        'with rule = "minimum_level", by, date and reason)'
    )


def needs(wanted: Method) -> str:
    """What the method needs, in words: "final weights and leave to share changed versions"."""
    return ", or ".join(listed(route.needs) for route in wanted.route)


def listed(ways: Iterable[str]) -> str:
    """Ways to a model in words, joined by "and"."""
    return " and ".join(post_training().title(way) for way in ways)


def heard(measures: Collection[Measure]) -> dict[str, Heard]:
    """Which of the six modes the alarm can hear of a model that can be asked `measures`, by name."""
    return {mode.name: mode.heard(measures) for mode in post_training().mode}


def autonomy(level: Openness, route: Route) -> dict[Right, Autonomy]:
    """What a client keeps that goes this way with a model of `level`.

    A client with the weights is not worse off than at open-weight. One that needs a service for training alone owns
    what it has trained: it depends on the provider in part.
    """
    if not route.by_service:
        best = level if level.at_least(Openness.OPEN_WEIGHT) else Openness.OPEN_WEIGHT
        return dict(post_training().meaning(best).autonomy)
    found = dict(post_training().meaning(level).autonomy)
    if route.service_needed == "always":
        return found
    own = Autonomy(state="in part", why="while training alone: the small model that comes of it is the client's own")
    return {right: own if keeps.state == "lost" and right != "audit" else keeps for right, keeps in found.items()}
