"""Over-refusal: is a safe request in frightening words refused?"""

from collections.abc import Sequence
from functools import cache
from random import Random

from tocsin.behaviour.asking import ask
from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.pools_over_refusal import SAFE
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, Source
from tocsin.behaviour.refusing import RefusalProbe


@cache
def _pool() -> dict[str, list[Item]]:
    return by_group(ask(SAFE))


class OverRefusal(RefusalProbe):
    """Safe requests that resemble harmful ones, in the phrasings of the probe "refusal", from no benchmark.

    Over 10,000 requests, equally many a group, from 225 tasks. A model that refuses everything scores 0 on
    "refusal": show the two together. None of its tasks or phrasings is in the data that `tocsin align` trains on.
    """

    name = "over-refusal"
    title = "safe request refused"
    kind: Kind = "safety"
    bad_if_refused = True
    source: Source = "generated"
    groups: tuple[str, ...] = tuple(SAFE)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct requests, groups in turn."""
        return draw_in_turn(_pool(), count, random)


PROBES.register("over-refusal")(OverRefusal())
