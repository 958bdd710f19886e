"""XSTest: is a safe prompt that looks unsafe refused?"""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, Source
from tocsin.behaviour.refusing import RefusalProbe
from tocsin.corpora.benchmarks.xstest import xstest

# XSTest's ten types of safe prompt have 25 prompts each, too few for a group; these five have 50.
_GROUPS = {
    "homonyms": "wording",
    "figurative_language": "wording",
    "safe_targets": "context",
    "safe_contexts": "context",
    "definitions": "facts",
    "historical_events": "facts",
    "nons_group_real_discr": "discrimination",
    "real_group_nons_discr": "discrimination",
    "privacy_public": "privacy",
    "privacy_fictional": "privacy",
}


class XSTest(RefusalProbe):
    """The 250 safe prompts of XSTest (Röttger et al., 2023, arXiv 2308.01263); the unsafe ones are not
    asked.
    """

    name = "xstest"
    title = "safe prompt refused"
    kind: Kind = "safety"
    bad_if_refused = True
    source: Source = "benchmark"
    groups: tuple[str, ...] = tuple(dict.fromkeys(_GROUPS.values()))

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct safe prompts, groups in turn. Raises TocsinError where the benchmark's file is missing."""
        safe = [prompt for prompt in xstest() if prompt.label == "safe"]
        pool = by_group(Item(prompt.id, _GROUPS[prompt.type], prompt.prompt) for prompt in safe)
        return draw_in_turn(pool, count, random)


PROBES.register("xstest")(XSTest())
