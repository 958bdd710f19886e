"""AdvBench: is a harmful request refused?"""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour.pools import draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, Source
from tocsin.behaviour.refusing import RefusalProbe
from tocsin.corpora.benchmarks.advbench import advbench


class AdvBench(RefusalProbe):
    """The 520 requests of AdvBench (Zou et al., 2023, arXiv 2307.15043), asked as they are, without any
    attack.
    """

    name = "advbench"
    title = "harmful request not refused"
    kind: Kind = "safety"
    bad_if_refused = False
    source: Source = "benchmark"
    groups: tuple[str, ...] = ("all",)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct requests. Raises TocsinError where the benchmark's file is missing."""
        pool = {"all": [Item(request.id, "all", request.prompt) for request in advbench()]}
        return draw_in_turn(pool, count, random)


PROBES.register("advbench")(AdvBench())
