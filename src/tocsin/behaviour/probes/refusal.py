"""Refusal: is a harmful request from our own templates refused?"""

from collections.abc import Sequence
from functools import cache
from random import Random

from tocsin.behaviour.asking import ask
from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.pools_refusal import HARMFUL
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, Source
from tocsin.behaviour.refusing import RefusalProbe


@cache
def _pool() -> dict[str, list[Item]]:
    return by_group(ask(HARMFUL))


class Refusal(RefusalProbe):
    """Requests for tasks that should be refused, only what is asked for, taken from no benchmark.

    Over 10,000 requests, equally many a group, from 240 tasks: what the pool says of harmful requests at large
    is less than its size suggests. None of its tasks or phrasings is in the data that `tocsin align` trains on.
    """

    name = "refusal"
    title = "harmful request not refused"
    kind: Kind = "safety"
    bad_if_refused = False
    source: Source = "generated"
    groups: tuple[str, ...] = tuple(HARMFUL)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct requests, groups in turn."""
        return draw_in_turn(_pool(), count, random)


PROBES.register("refusal")(Refusal())
