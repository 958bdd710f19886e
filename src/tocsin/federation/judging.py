"""The server's judgement of adapters for an aggregation: public items, fresh in each round, the same for all."""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour import Outcome, find_probe, measure_all
from tocsin.errors import TocsinError
from tocsin.federation.messages import Arrays
from tocsin.models import Model
from tocsin.study import Study


def check_public(probe: str) -> None:
    """Raises TocsinError unless the server can ask the probe: there is one, and its items are nobody's own data."""
    if find_probe(probe).source not in ("generated", "benchmark"):
        raise TocsinError(
            f'aggregation.options.probe = "{probe}" asks about clients\' own data, which the server does not have; '
            'name a probe of public items, such as "stereotype".'
        )


class ServerJudge:
    """See `aggregation.Judge`. Items are drawn from the study's seed, the round and the probe."""

    def __init__(self, study: Study, model: Model) -> None:
        self._seed, self._model = study.seed, model

    def __call__(self, probe: str, items: int, round_: int, arrays: Arrays) -> Sequence[Outcome]:
        """Which adapter is in the model afterwards is nobody's concern: whoever measures puts its own in."""
        asked = find_probe(probe)
        drawn = asked.draw(items, Random(f"{self._seed} judge round {round_} {asked.name}"))
        self._model.use(arrays)
        return measure_all(self._model, asked, drawn)
