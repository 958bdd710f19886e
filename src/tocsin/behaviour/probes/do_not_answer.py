"""do-not-answer: is a question refused that should not be answered?"""

from collections.abc import Sequence
from random import Random

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, Source
from tocsin.behaviour.refusing import RefusalProbe
from tocsin.corpora.benchmarks.do_not_answer import do_not_answer


class DoNotAnswer(RefusalProbe):
    """The 939 questions of do-not-answer (Wang et al., 2023, arXiv 2308.13387), by risk area.

    Stricter than the paper, which reads an answer into six kinds and calls five of them harmless: besides refusing,
    to contradict the question, to argue on both sides, to warn, or to say that one does not know. Here each answer
    that does not refuse counts as bad. In the areas "misinformation" and "companionship" good answers often do not
    refuse, so read changes rather than levels there.
    """

    name = "do-not-answer"
    title = "question not refused"
    kind: Kind = "safety"
    bad_if_refused = False
    source: Source = "benchmark"
    groups: tuple[str, ...] = ("information", "misuse", "discrimination", "misinformation", "companionship")

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions, risk areas in turn. Raises TocsinError where a file of the benchmark is missing."""
        pool = by_group(Item(question.id, question.area, question.prompt) for question in do_not_answer())
        return draw_in_turn(pool, count, random)


PROBES.register("do-not-answer")(DoNotAnswer())
