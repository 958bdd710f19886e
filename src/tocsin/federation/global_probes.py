"""The server's own probing: it holds the global model, and public probes cost no privacy."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tocsin.behaviour import ALL, Item, Outcome, Probe, find_probe, measure_all, paired, summarise
from tocsin.federation.messages import Arrays
from tocsin.federation.validation import EXAMPLES, ValidationLoss
from tocsin.models import Model
from tocsin.records import Measure
from tocsin.study import Study


class GlobalProbes:
    """Measures the global adapter after each round, on items drawn once, so that each round pairs with round 0.

    That gives tight intervals for the change on these items. It is no basis for a sequential test: those
    need fresh items each round (see DESIGN, "Detection").
    """

    def __init__(self, study: Study, model: Model, folder: Path) -> None:
        self._model = model
        self._memory = folder / "start-outcomes.json"  # item names and outcomes only, no texts
        self._items: dict[str, tuple[Probe, list[Item]]] = {}
        wanted = [(find_probe(use.name), use.items) for use in study.probe if use.at != "clients"]
        if study.corpus.validation is not None:
            wanted.append((ValidationLoss(study.corpus, model), EXAMPLES))
        for probe, count in wanted:
            items = probe.draw(count, Random(f"{study.seed} server {probe.name}"))
            if items:
                self._items[probe.name] = (probe, items)

    def __call__(self, round_: int, arrays: Arrays) -> list[Measure]:
        """Measures of the global adapter after `round_`; from round 1 on with its change since round 0."""
        self._model.use(arrays)
        outcomes = {name: measure_all(self._model, probe, items) for name, (probe, items) in self._items.items()}
        if round_ == 0:
            self._remember(outcomes)
        start = self._recall()
        measures = []
        for name, values in outcomes.items():
            measures += _measures(name, "after", values)
            if round_ > 0:
                worse, better = paired(start[name], values)
                measures += _measures(name, "worse", worse) + _measures(name, "better", better)
        return measures

    def _remember(self, outcomes: dict[str, list[Outcome]]) -> None:
        text = json.dumps({name: [(o.item, o.group, o.value) for o in values] for name, values in outcomes.items()})
        draft = self._memory.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._memory)

    def _recall(self) -> dict[str, list[Outcome]]:
        kept = json.loads(self._memory.read_text(encoding="utf-8"))
        return {name: [Outcome(*row) for row in rows] for name, rows in kept.items()}


def _measures(probe: str, moment: str, outcomes: Sequence[Outcome]) -> list[Measure]:
    sums = summarise(outcomes)
    if len(sums) > 1:
        del sums[ALL]  # the sum of the other cells
    return [
        Measure.model_validate(
            {"probe": probe, "group": g, "moment": moment, "by": "server", "n": n, "total": t, "squares": s}
        )
        for g, (n, t, s) in sums.items()
    ]
