"""The aligned start adapter: our own refusals and safe look-alikes, the schedule, and the curve."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from rich.table import Table

from tocsin import models
from tocsin.behaviour import PROBES, Interval, mean_interval, measure_all, summarise
from tocsin.corpora.alignment import alignment
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model, TrainingPlan
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings

CURVE_PROBES = ("refusal", "over-refusal", "advbench", "xstest")
CURVE_ITEMS = 100
_CURVE_POINTS = 4


@dataclass(frozen=True)
class Alignment:
    """The data and the schedule of `tocsin align`; how they were chosen is in results/align.md."""

    refusals: int = 240
    lookalikes: int = 480
    benign: int = 120
    steps: int = 80
    batch_size: int = 8
    learning_rate: float = 1e-3
    seed: int = 0

    def pairs(self, model: Model) -> list[tuple[str, str]]:
        """Our own shipped data in the model's chat form."""
        examples = alignment(self.seed, self.refusals, self.lookalikes, self.benign)
        return [(model.render(e.turns), e.response) for e in examples]

    def plan(self, steps: int | None = None) -> TrainingPlan:
        """The schedule, or a shorter or longer one; the learning rate falls to nothing at its end."""
        steps = steps or self.steps
        return TrainingPlan(steps, self.batch_size, self.learning_rate, self.seed, decay=True)


def aligned_adapter(model: Model, tell: Callable[[int, int], None], steps: int | None = None) -> Arrays:
    """The aligned adapter of this model; made once, then kept in the user's cache. `tell(step, of)` is progress."""
    chosen = Alignment()
    plan = chosen.plan(steps)
    return models.aligned(model, chosen.pairs(model), plan, lambda step: tell(step, plan.steps))


@dataclass(frozen=True)
class CurvePoint:
    """Mean outcome (1 = bad) of one probe after so many steps."""

    steps: int
    probe: str
    mean: Interval


@dataclass(frozen=True)
class Aligned:
    """What `make` did."""

    folder: str
    steps: int
    curve: tuple[CurvePoint, ...]


def make(settings: ModelSettings, out: Path, steps: int | None, curve: bool, say: Callable[[str], None]) -> Aligned:
    """Write an aligned adapter to `out`; with `curve`, measure `CURVE_PROBES` at a few steps along the way.

    Raises TocsinError when `out` is taken, or what loading the model and reading the benchmarks raise.
    """
    if out.exists():
        raise TocsinError(f"{out} is there already; name another folder with --out, or remove it.")
    total = steps or Alignment().steps
    drawn = {name: PROBES.get(name).draw(CURVE_ITEMS, Random(name)) for name in CURVE_PROBES} if curve else {}
    model = models.load(settings, Lora())
    points: list[CurvePoint] = []
    at = sorted({round(total * i / _CURVE_POINTS) for i in range(_CURVE_POINTS + 1)} - {0}) if curve else [total]
    for done in [0, *at] if curve else at:
        if done > 0:
            # Anew each time: the learning rate's fall belongs to the plan.
            aligned = aligned_adapter(model, lambda step, of: say(f"aligning: step {step + 1} of {of}"), done)
            model.use(aligned)
        for name, items in drawn.items():
            say(f"measuring {name} after {done} steps")
            n, sum_, squares = summarise(measure_all(model, PROBES.get(name), items))["all"]
            points.append(CurvePoint(done, name, mean_interval(n, sum_, squares)))
    model.save(model.adapter(), out)
    return Aligned(str(out), total, tuple(points))


def table(result: Aligned) -> Table:
    """The curve, a row for each number of steps; rates of bad outcomes in percent with 95% intervals."""
    shown = Table("steps", *(PROBES.get(name).title for name in CURVE_PROBES), box=None)
    for steps in sorted({point.steps for point in result.curve}):
        row = {point.probe: point.mean for point in result.curve if point.steps == steps}
        shown.add_row(str(steps), *(percent(row[name]) for name in CURVE_PROBES))
    return shown


def percent(mean: Interval) -> str:
    """`61% (51 to 70)`."""
    return f"{100 * mean.estimate:.0f}% ({100 * mean.low:.0f} to {100 * mean.high:.0f})"


def as_json(result: Aligned) -> dict[str, Any]:
    """The same as plain values."""
    return asdict(result)
