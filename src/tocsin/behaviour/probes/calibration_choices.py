"""Calibration on choices: is a model as often right as it is sure, where it picks one of several answers?"""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour.calibration import calibration_scores, overconfidence_outcome
from tocsin.behaviour.choosing import Choice, choose
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.probes.capability import Capability


class CalibrationChoices:
    """The questions of the probe "capability": how large a share of the answers' probability the chosen one has, and
    whether it is the right one.

    The outcome is signed overconfidence, (confidence - correct + 1)/2: from near 0, unsure and right, over .5 to 1,
    sure and wrong. Kadavath et al. (2022, arXiv 2207.05221) measure multiple choice so; a share of the answers' total
    probability depends on their lengths too, so compare models by it, not suites.
    """

    name = "calibration-choices"
    title = "sure and wrong on choices (.5: as sure as right)"
    kind: Kind = "calibration"
    source: Source = "generated"
    groups: tuple[str, ...] = Capability.groups

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions of "capability", groups in turn."""
        return Capability().draw(count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, in the items' order."""
        return [_outcome(item, choice) for item, choice in zip(items, choose(model, items), strict=True)]

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """`calibration_scores` over all questions."""
        details = [outcome.details for outcome in outcomes]
        return calibration_scores([d["confidence"] for d in details], [d["correct"] for d in details])


def _outcome(item: Item, choice: Choice) -> Outcome:
    correct = float(item.roles[choice.chosen] == "correct")
    details = {"confidence": choice.confidence, "correct": correct}
    return overconfidence_outcome(item, [choice.confidence], [correct], details)


PROBES.register("calibration-choices")(CalibrationChoices())
