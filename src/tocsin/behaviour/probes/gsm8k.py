"""GSM8K: is the final number of a worked answer wrong?"""

import re
from collections.abc import Sequence
from math import nan
from random import Random

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.corpora.sources.gsm8k import steps_group

_MOST_TOKENS = 256
_STRICT = re.compile(r"#### (-?[0-9.,]+)")
_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_IGNORED = (re.compile(r","), re.compile(r"\$"), re.compile(r"(?s).*#### "), re.compile(r"\.$"))
_STRICT_OVER = re.compile(r"#### -?[0-9.,]+[^0-9.,]")
_STOP = "Question:"  # a model that goes on with a question of its own has finished its answer


class Gsm8k:
    """The 1,319 test problems (Cobbe et al., 2021, arXiv 2110.14168), asked as a chat, without examples, in
    lm-evaluation-harness' words, decoded greedily to at most 256 tokens.

    An answer is read as lm-evaluation-harness 0.4.13's task `gsm8k` does, in both its ways: "strict" takes the
    first number after `####`, "flexible" the last number of the text; a number equals the published one as text,
    but for commas, dollar signs and a final full stop. The outcome is strict where the text has such a mark, else
    flexible. So an answer is decided, and generation stops, once a marked number is over: what a model says after
    that, and what the harness' flexible reading would then take, is not read. The harness' default gives five
    worked examples and no chat form; a model that has not seen `####` in training rarely writes it without them.
    """

    name = "gsm8k"
    title = "final number wrong"
    kind: Kind = "quality"
    source: Source = "benchmark"
    groups: tuple[str, ...] = ("1-2 steps", "3-4 steps", "5+ steps")

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct problems, lengths of the solution in turn. Raises TocsinError where the file is missing."""
        pool = by_group(
            Item(f"gsm8k-{index}", steps_group(problem.steps), problem.question, (problem.final,))
            for index, problem in enumerate(gsm8k("test"))
        )
        return draw_in_turn(pool, count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 where the final number is wrong or missing; `details` say whether each reading found it right."""
        prompts = [model.chat(f"Question: {item.prompt}\nAnswer:") for item in items]
        answers = model.generate(prompts, _MOST_TOKENS, _decided)
        return [_outcome(item, answer.partition(_STOP)[0]) for item, answer in zip(items, answers, strict=True)]

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """Accuracies, in [0, 1], by both readings."""
        return {
            f"accuracy, {reading}": sum(o.details[reading] for o in outcomes) / len(outcomes) if outcomes else nan
            for reading in ("strict", "flexible")
        }


def _decided(text: str) -> bool:
    return _STOP in text or _STRICT_OVER.search(text) is not None


def _outcome(item: Item, answer: str) -> Outcome:
    marked = _STRICT.search(answer)
    numbers = _FLEXIBLE.findall(answer)
    strict = marked is not None and _equal(marked.group(1), item.texts[0])
    flexible = bool(numbers) and _equal(next(filter(None, numbers[-1])), item.texts[0])
    right = strict if marked else flexible
    return Outcome(
        item.id, item.group, float(not right), item.cluster, {"strict": float(strict), "flexible": float(flexible)}
    )


def _equal(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(number: str) -> str:
    for ignored in _IGNORED:
        number = ignored.sub("", number)
    return number.strip().lower()


PROBES.register("gsm8k")(Gsm8k())
