"""Which of several models fits a consortium: candidates ranked by what it needs and what it would like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator

from tocsin.errors import did_you_mean
from tocsin.openness.audit import Audit
from tocsin.openness.components import component
from tocsin.openness.levels import Openness, openness
from tocsin.openness.licences.table import restrictions
from tocsin.openness.policy import Conditions, Policy, breaches
from tocsin.openness.post_training import (
    WEIGHTS,
    Method,
    Right,
    Route,
    autonomy,
    given,
    heard,
    method,
    post_training,
    terms_known,
)
from tocsin.openness.rules import evaluate, rule_set
from tocsin.openness.strict import Strict, check, read


class Wants(Conditions):
    """What a consortium asks of a model and of the way in which it is trained.

    `prompts_stay`: no service ever sees a private prompt. `modes` the alarm must hear in full. `autonomy`: rights
    that a client must keep in full.
    """

    prompts_stay: bool = False
    modes: tuple[str, ...] = ()
    autonomy: tuple[Right, ...] = ()

    @field_validator("modes")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [mode.name for mode in post_training().mode]
        for name in names:
            if name not in known:
                raise ValueError(f'there is no mode called "{name}"{did_you_mean(name, known)}')
        return names


class Needs(Strict):
    """A needs file: the methods that would do (the best first), what must hold, and what would be welcome."""

    methods: tuple[str, ...] = Field(min_length=1)
    must: Wants = Wants()
    wish: Wants = Wants()

    @field_validator("methods")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [one.id for one in post_training().method]
        for name in names:
            if name not in known:
                raise ValueError(f'there is no method called "{name}"{did_you_mean(name, known)}')
        return names


def read_needs(file: Path) -> Needs:
    """The needs in a TOML or YAML file. Raises TocsinError with the first thing that is wrong."""
    return check(Needs, read(file), file.name)


@dataclass(frozen=True)
class Fit:
    """How a model fits: by which method and route (none where it does not fit), and which wants it lacks.

    `lacks` are the musts that keep it out, by its best method; empty where it fits. `met` and `unmet` are wishes.
    """

    audit: Audit
    level: Openness
    method: Method | None
    route: Route | None
    lacks: tuple[str, ...]
    met: tuple[str, ...]
    unmet: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether every must holds."""
        return not self.lacks


def rank(audits: Sequence[Audit], needs: Needs) -> list[Fit]:
    """The fitting models first, then the others with what they lack.

    Among those that fit: by the method (as the consortium orders them), the wishes met, the level, and the
    components of the Model Openness Framework that stand with an open licence; what is equal keeps its order.
    Those that do not fit come by how few musts they lack. No weights: an order that can be read aloud.
    """
    fits = [_fit(audit, needs) for audit in audits]
    levels = list(Openness)

    def key(fit: Fit) -> tuple[int, ...]:
        place = needs.methods.index(fit.method.id) if fit.method else len(needs.methods)
        return len(fit.lacks), place, -len(fit.met), -levels.index(fit.level), -_components(fit.audit)

    return sorted(fits, key=key)


def _components(audit: Audit) -> int:
    (verdict,) = evaluate(audit, rule_set("mof"))
    return verdict.steps[-1].met


def _fit(audit: Audit, needs: Needs) -> Fit:
    ways = given(audit)
    tried = [(one, one.through(ways)) for one in map(method, needs.methods)]
    open_to_it = [_by(audit, one, route, needs) for one, route in tried if route is not None]
    # `min` keeps the first of equals: the consortium's own order decides.
    if open_to_it:
        return min(open_to_it, key=lambda fit: len(fit.lacks))
    wanted = " or ".join(one.title for one, _ in tried)
    lacks = [wanted, *(want for want, holds in _of_model(audit, needs.must) if not holds)]
    return Fit(audit, openness(audit), None, None, tuple(lacks), (), ())


def _by(audit: Audit, one: Method, route: Route, needs: Needs) -> Fit:
    must = [*_of_model(audit, needs.must), *_of_route(audit, route, needs.must)]
    wish = [*_of_model(audit, needs.wish), *_of_route(audit, route, needs.wish)]
    return Fit(
        audit,
        openness(audit),
        one,
        route,
        tuple(want for want, holds in must if not holds),
        tuple(want for want, holds in wish if holds),
        tuple(want for want, holds in wish if not holds),
    )


def _of_model(audit: Audit, wants: Wants) -> Iterator[tuple[str, bool]]:
    """Each want that concerns the model alone, in words, and whether it holds."""

    def holds(**asked: object) -> bool:
        return not breaches(audit, Policy.model_validate(asked))

    if wants.minimum_level is not Openness.NO_ACCESS:
        yield f"{wants.minimum_level} at least", holds(minimum_level=wants.minimum_level)
    known = terms_known(audit, by_service=WEIGHTS not in given(audit))  # of terms that nobody knows nothing is promised
    for name in wants.forbidden_licences:
        yield f"terms other than {name}", known and holds(forbidden_licences=(name,))
    for name in wants.forbidden_restrictions:
        yield f"terms without: {restrictions()[name].title}", known and holds(forbidden_restrictions=(name,))
    for name in wants.required_evidence:
        yield f"evidence of {component(name).title}", holds(required_evidence=(name,))


def _of_route(audit: Audit, route: Route, wants: Wants) -> Iterator[tuple[str, bool]]:
    """Each want that depends on how the model is trained, in words, and whether it holds."""
    if wants.prompts_stay:
        yield "private prompts stay", route.prompts_seen == "never"
    ears = heard(route.measures(given(audit)))
    for name in wants.modes:
        yield f"{name} is heard", ears[name] == "yes"
    keeps = autonomy(openness(audit), route)
    for right in wants.autonomy:
        yield f"{right} is kept", keeps[right].state == "kept"
