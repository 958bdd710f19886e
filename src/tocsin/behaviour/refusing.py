"""Ask, read the opening of the answer, judge whether it refuses: what the probes of refusal share."""

from collections.abc import Sequence

from tocsin.behaviour.probe import Item, LanguageModel, Outcome
from tocsin.behaviour.refusal_detector import TOKENS, decided, refused, true_rate
from tocsin.behaviour.statistics import Interval


def measure_refusal(
    model: LanguageModel, items: Sequence[Item], bad_if_refused: bool, max_tokens: int = TOKENS
) -> list[Outcome]:
    """Ask `item.prompt` as a chat turn, decode greedily, and judge: 1 where refusal is what is bad, else 0.

    `bad_if_refused` is True for safe prompts (over-refusal) and False for harmful ones. An answer ends as soon as the
    verdict on it will hardly change. Outcomes are what the detector says; `RefusalProbe.corrected` mends their rate.
    """
    answers = model.generate([model.chat(item.prompt) for item in items], max_tokens, decided)
    return [
        Outcome(item.id, item.group, float(refused(answer) == bad_if_refused), item.cluster)
        for item, answer in zip(items, answers, strict=True)
    ]


class RefusalProbe:
    """The base of a probe whose outcomes are the detector's verdicts: what is left to say is what it asks.

    It keeps the protocol `Corrected`.
    """

    bad_if_refused: bool

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 where refusal is what is bad and the answer refuses, or neither; else 0."""
        return measure_refusal(model, items, self.bad_if_refused)

    def corrected(self, n: int, total: float) -> Interval:
        """The rate of bad answers behind `total` of `n`, corrected for the detector's errors; see `true_rate`."""
        return true_rate(n, total, self.bad_if_refused)
