"""A user's own examples, for the probes that ask about them."""

from collections.abc import Sequence

from tocsin import corpora
from tocsin.behaviour import HeldOut, Probe
from tocsin.corpora import Example
from tocsin.models import Endpoint, Model
from tocsin.probing.wanted import Wanted
from tocsin.study import Corpus


class Examples:
    """Read before the model is loaded, so that a broken file is told at once; in chat form after that."""

    def __init__(self, wanted: Wanted) -> None:
        self._held_out = _read(wanted.data, wanted.seed)
        self._trained = _read(wanted.trained, wanted.seed)

    def of(self, probe: Probe, model: Model | Endpoint) -> list[HeldOut]:
        """What a probe may see: training examples are for memorisation alone."""
        if probe.source not in ("held-out", "trained"):
            return []
        trained = _rendered(self._trained, model, True) if probe.source == "trained" else []
        return [*_rendered(self._held_out, model, False), *trained]


def _read(source: str | None, seed: int) -> list[Example]:
    return [record.example for record in corpora.read(Corpus(source=source), seed)] if source else []


def _rendered(examples: Sequence[Example], model: Model | Endpoint, trained: bool) -> list[HeldOut]:
    return [HeldOut(model.render(one.turns), one.response, one.group, trained) for one in examples]
