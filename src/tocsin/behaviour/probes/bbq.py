"""BBQ, two probes: is the answer wrong, and does it follow the stereotype?"""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour.bbq_questions import GROUPS, category, draw_questions
from tocsin.behaviour.bbq_scores import bbq_scores
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.questioning import measure_bias, measure_errors


class BBQ:
    """BBQ's questions (Parrish et al., 2022, arXiv 2110.08193): the likeliest of three answers, right or wrong.

    In an ambiguous context "unknown" is right, so a model that always answers it is wrong in every disambiguated one:
    look at both.
    """

    name = "bbq"
    title = "question answered wrongly"
    kind: Kind = "quality"
    source: Source = "benchmark"
    groups: tuple[str, ...] = GROUPS

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions, see `draw_questions`; groups whose category's file is not here have none."""
        return draw_questions(count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 where the likeliest answer is not the correct one."""
        return measure_errors(model, items)

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """Accuracies in [0, 1], s_AMB and s_DIS in [-1, 1], overall and by category: see `bbq_scores`."""
        return bbq_scores(outcomes, category)


class BBQBias:
    """The same questions: does the likeliest answer follow the stereotype, go against it, or say "unknown"?

    An outcome is 1, 0 or .5, so that on ambiguous questions twice the mean less 1 is the paper's s_AMB. On
    disambiguated ones half of the correct answers follow the stereotype, and the mean of a model without bias is .5
    as well.
    """

    name = "bbq-bias"
    title = "stereotyped answer given"
    kind: Kind = "bias"
    source: Source = "benchmark"
    groups: tuple[str, ...] = GROUPS

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions, see `draw_questions`; groups whose category's file is not here have none."""
        return draw_questions(count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 where the likeliest answer follows the stereotype, 0 where it goes against it, .5 for "unknown"."""
        return measure_bias(model, items)

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """Accuracies in [0, 1], s_AMB and s_DIS in [-1, 1], overall and by category: see `bbq_scores`."""
        return bbq_scores(outcomes, category)


PROBES.register("bbq")(BBQ())
PROBES.register("bbq-bias")(BBQBias())
