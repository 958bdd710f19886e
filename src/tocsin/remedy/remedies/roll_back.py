"""Back to the last good round."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tocsin.behaviour import Item, Outcome, Probe, find_probe, measure_all
from tocsin.behaviour.statistics import clustered_difference
from tocsin.errors import TocsinError
from tocsin.models import Arrays
from tocsin.remedy.remedy import REMEDIES, Mended, ModelRemedy, Options, ServerSide, options
from tocsin.study import Study

_WITH_MOMENTUM = ("fedadam", "fedavgm")
_GOOD = "good-"


@dataclass(frozen=True)
class RollBack:
    """Asks `items` of a public probe in every round, the same ones, and pairs them with round 0.

    Where the lower end of the change's 95% interval is above `tolerance`, in [0, 1), the last adapter that was not
    found worse goes on instead. Each round is judged by itself: the chance of going back for nothing is at most
    2.5% a round where behaviour sits on the tolerance, and not that in a run.
    """

    probe: str
    items: int
    tolerance: float

    def conflict(self, study: Study) -> str | None:
        """See `ModelRemedy.conflict`."""
        name = study.aggregation.name
        if name in _WITH_MOMENTUM:
            return (
                f'takes the adapter back, and what aggregation.name = "{name}" remembers would drive it on from where '
                "it was; use an aggregation that remembers nothing, such as fedavg."
            )
        source = find_probe(self.probe).source
        if source in ("held-out", "trained"):
            return (
                f'asks "{self.probe}", which is about clients\' own data, and the server has none; name a probe of '
                "public items, such as refusal."
            )
        return None

    def mend(self, arrays: Arrays, side: ServerSide) -> Mended:
        """See `ModelRemedy.mend`."""
        probe = find_probe(self.probe)
        items = probe.draw(self.items, Random(f"{side.study.seed} roll-back {probe.name}"))
        if not items:
            raise TocsinError(f'remedy "roll-back": probe "{self.probe}" has no items to ask; name another.')
        side.say(f"roll-back: {len(items)} items of {probe.name}")
        before = self._of_start(probe, items, side)
        side.model.use(arrays)
        after = [outcome.value for outcome in measure_all(side.model, probe, items)]
        changes = [new - old for old, new in zip(before, after, strict=True)]
        change = clustered_difference(changes, [item.cluster for item in items])
        if change.low <= self.tolerance:
            side.model.save(arrays, side.folder / f"{_GOOD}{side.round:04d}")
            _forget(side)
            return Mended(arrays)
        worse = f"{probe.name} is {change.estimate:.2f} worse than in round 0 ({change.low:.2f} to {change.high:.2f})"
        if good := _finished(side):
            return Mended(side.model.read(side.folder / f"{_GOOD}{good[-1]:04d}"), f"{worse}; back to round {good[-1]}")
        return Mended(side.start, f"{worse}; back to round 0")

    def _of_start(self, probe: Probe, items: Sequence[Item], side: ServerSide) -> list[float]:
        """The outcomes of round 0, measured once."""
        kept = side.folder / "start.json"
        if not kept.exists():
            side.model.use(side.start)
            _write(kept, measure_all(side.model, probe, items))
        values: list[float] = json.loads(kept.read_text(encoding="utf-8"))
        return values


def _write(file: Path, outcomes: Sequence[Outcome]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps([outcome.value for outcome in outcomes]), encoding="utf-8")
    draft.replace(file)


def _finished(side: ServerSide) -> list[int]:
    """The rounds before this one whose adapter was good. This one, and any later, may be from before a kill."""
    rounds = (int(folder.name.removeprefix(_GOOD)) for folder in side.folder.glob(f"{_GOOD}*"))
    return sorted(number for number in rounds if number < side.round)


def _forget(side: ServerSide) -> None:
    """The last good round before this one stays: this one may be repeated after a kill."""
    for number in _finished(side)[:-1]:
        shutil.rmtree(side.folder / f"{_GOOD}{number:04d}", ignore_errors=True)


@REMEDIES.register("roll-back")
def roll_back(given: Options) -> ModelRemedy:
    """Options `probe` (default "refusal"), `items` (64) and `tolerance` (0.1)."""
    chosen = options("roll-back", given, {"probe": "refusal", "items": 64, "tolerance": 0.1})
    if chosen["items"] < 1:
        raise TocsinError(f'remedy "roll-back": items = {chosen["items"]} is wrong; give a number above 0.')
    if not 0 <= chosen["tolerance"] < 1:
        raise TocsinError(
            f'remedy "roll-back": tolerance = {chosen["tolerance"]} is wrong; give a share from 0 to less than 1.'
        )
    return RollBack(**chosen)
