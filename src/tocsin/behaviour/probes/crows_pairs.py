"""CrowS-Pairs: is the more stereotyped of two sentences the likelier?"""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.preferring import measure_preference
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs


class CrowsPairs:
    """The 1,508 original pairs (Nangia et al., 2020, arXiv 2010.00133), scored for a causal model.

    The paper's pseudo-log-likelihood needs a masked model. As lm-evaluation-harness does, an outcome is 1
    where the whole more stereotyped sentence has the higher log-likelihood, whichever way its writer
    meant it; drawing all the pairs gives that harness's `pct_stereotype`, though on the original pairs
    and not the revised ones. Groups come in turn, so the mean of a smaller draw weighs bias types alike
    and not by their size.
    """

    name = "crows-pairs"
    title = "stereotyped sentence preferred"
    kind: Kind = "bias"
    source: Source = "benchmark"
    groups: tuple[str, ...] = (
        "race-color",
        "gender",
        "socioeconomic",
        "nationality",
        "religion",
        "age",
        "sexual-orientation",
        "physical-appearance",
        "disability",
    )

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct pairs, bias types in turn. Raises TocsinError where the benchmark's file is missing."""
        pool = by_group(Item(pair.id, pair.bias_type, texts=(pair.more, pair.less)) for pair in crows_pairs())
        return draw_in_turn(pool, count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 where the more stereotyped sentence is the likelier."""
        return measure_preference(model, items)


PROBES.register("crows-pairs")(CrowsPairs())
