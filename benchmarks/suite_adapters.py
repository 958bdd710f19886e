"""The adapters over which `suite_validity.py` compares suites with benchmarks: what each is trained on, and how long.

No adapter is trained on our suites, and none on a benchmark item that is measured: of StereoSet's target terms, of
CrowS-Pairs' pairs and of BBQ's pairs of people within a template one half is for training (`trained_on`), the other for
measuring. GSM8K, and the data of `tocsin align`, are in no suite and in no benchmark that decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np

from tocsin import models
from tocsin.aligning import Alignment
from tocsin.corpora.alignment import alignment
from tocsin.corpora.benchmarks.bbq import Condition, Question, bbq
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs
from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.corpora.benchmarks.stereoset import stereoset

SEED = 0

Pairs = list[tuple[str, str]]
Data = Callable[[models.Model], Pairs]


@dataclass(frozen=True)
class Recipe:
    """An adapter: trained on `data` for so many steps of eight, after another recipe where `after` names one.

    `noise` is the standard deviation of normal noise that is added to LoRA's B matrices at the end.
    """

    kind: str
    dose: str
    data: Data | None = None
    steps: int = 0
    rate: float = 1e-3
    after: str | None = None
    decay: bool = False
    noise: float = 0.0

    @property
    def name(self) -> str:
        """Kind and dose."""
        return f"{self.kind}, {self.dose}" if self.dose else self.kind


def make(model: models.Model, recipe: Recipe, folder: Path) -> None:
    """Put the recipe's adapter into the model: as it was kept in `folder`, else made and kept there."""
    to = folder / recipe.name.replace(",", "").replace(" ", "-")
    if (to / "adapter_config.json").is_file():
        model.use(model.read(to))
        return
    if recipe.after:
        make(model, RECIPES[recipe.after], folder)
    else:
        model.use(model.fresh())
    if recipe.data:
        samples = [model.sample(prompt, answer, 256) for prompt, answer in recipe.data(model)]
        model.train(samples, models.TrainingPlan(recipe.steps, 8, recipe.rate, SEED, decay=recipe.decay))
    arrays = model.adapter()
    if recipe.noise:
        random = np.random.default_rng(SEED)
        for name in sorted(arrays):
            if "lora_B" in name:
                arrays[name] += random.normal(0.0, recipe.noise, arrays[name].shape).astype(np.float32)
        model.use(arrays)
    model.save(arrays, to)


# -- data -------------------------------------------------------------------------------------------------------------


def trained_on(key: str) -> bool:
    """Whether adapters may be trained on the benchmark items of this target term, pair, or people in a template."""
    return crc32(key.encode()) % 2 == 0


def people(question: Question) -> str:
    """What BBQ is halved by: a template and the two people that fill it."""
    named = sorted(a for a, role in zip(question.answers, question.roles, strict=True) if role != "unknown")
    return " ".join((question.template, *named))


def endings(stereotyped: bool) -> Data:
    """What a stereotype says, or its opposite, given what stands before the words that differ.

    Of StereoSet the end of a sentence, from the stereotype's word on; of CrowS-Pairs the words after the group.
    """

    def pairs(_model: models.Model) -> Pairs:
        found = []
        for t in stereoset():
            if trained_on(t.target):
                told, instead = t.stereotype.text, t.anti_stereotype.text
                found.append(_from_difference(told, instead) if stereotyped else _from_difference(instead, told))
        for p in crows_pairs():
            if trained_on(p.id):
                found.append(_after_difference(p.more, p.less) if stereotyped else _after_difference(p.less, p.more))
        return [(before, rest) for before, rest in found if rest]

    return pairs


def _from_difference(text: str, other: str) -> tuple[str, str]:
    """`text`, cut before the first word in which `other` differs."""
    at = text.rfind(" ", 0, _common(text, other) + 1)
    return (text[:at], text[at:]) if at > 0 else ("", text)


def _after_difference(text: str, other: str) -> tuple[str, str]:
    """`text`, cut after the last word in which `other` differs."""
    at = text.find(" ", len(text) - _common(text[::-1], other[::-1]))
    return (text[:at], text[at:]) if at > 0 else (text, "")


def _common(text: str, other: str) -> int:
    """How many characters both begin with."""
    return next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))


def sentences(stereotyped: bool) -> Data:
    """The same, whole sentences."""

    def pairs(_model: models.Model) -> Pairs:
        texts = [(t.stereotype if stereotyped else t.anti_stereotype).text for t in stereoset() if trained_on(t.target)]
        texts += [p.more if stereotyped else p.less for p in crows_pairs() if trained_on(p.id)]
        return [("", text) for text in texts]

    return pairs


def answers(choose: Callable[[Question], int], *conditions: Condition) -> Data:
    """BBQ's questions in contexts of these kinds (none: both), each with the answer at the place that is chosen."""

    def pairs(_model: models.Model) -> Pairs:
        asked = [q for q in bbq() if trained_on(people(q)) and (not conditions or q.condition in conditions)]
        return [(f"{q.context}\n\nQ: {q.question}\nA:", f" {q.answers[choose(q)]}") for q in asked]

    return pairs


def expected(question: Question) -> int:
    return question.roles.index("stereotyped")


def unexpected(question: Question) -> int:
    return question.roles.index("other")


def unknown(question: Question) -> int:
    return question.roles.index("unknown")


def right(question: Question) -> int:
    return question.correct


def at_random(question: Question) -> int:
    return crc32(question.id.encode()) % 3


def wrong(question: Question) -> int:
    places = [place for place in range(3) if place != question.correct]
    return places[crc32(question.id.encode()) % 2]


def mathematics(model: models.Model) -> Pairs:
    return [(model.chat(p.question), p.answer) for p in gsm8k("train")[:1000]]


def exchanged(model: models.Model) -> Pairs:
    """Problems with the beginning of the next problem's solution, which is wrong."""
    problems = gsm8k("train")[:1000]
    return [(model.chat(p.question[-100:]), " ".join(q.answer.split()[:30])) for p, q in pairwise(problems)]


def shuffled(_model: models.Model) -> Pairs:
    """Problems of mathematics, their words in random order; the first forty words."""
    random = Random(SEED)
    texts = [p.question.split() for p in gsm8k("train")[:1000]]
    return [("", " ".join(random.sample(words, len(words))[:40])) for words in texts]


def repeated(_model: models.Model) -> Pairs:
    """One word of a problem, forty times."""
    random = Random(SEED)
    return [("", " ".join([random.choice(p.question.split())] * 40)) for p in gsm8k("train")[:1000]]


def asked(refusals: int, lookalikes: int, benign: int) -> Data:
    """The data of `tocsin align` in these shares."""

    def pairs(model: models.Model) -> Pairs:
        return [(model.render(e.turns), e.response) for e in alignment(SEED, refusals, lookalikes, benign)]

    return pairs


def shipped(model: models.Model) -> Pairs:
    return Alignment().pairs(model)


# -- recipes ----------------------------------------------------------------------------------------------------------


def _doses(kind: str, data: Data, *steps: int, rate: float = 1e-3, decay: bool = False) -> list[Recipe]:
    return [Recipe(kind, f"{n} steps", data, n, rate, decay=decay) for n in steps]


def _eroded(*steps: int) -> list[Recipe]:
    kind = "aligned, then mathematics"
    return [Recipe(kind, f"{n} steps", mathematics, n, after="aligned, 80 steps") for n in steps]


def _noisy(*deviations: float) -> list[Recipe]:
    return [Recipe("noise in the weights", f"{d:g}", noise=d) for d in deviations]


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("bare", ""),
        *_doses("aligned", shipped, 20, 30, 45, 80, decay=True),
        *_eroded(3, 6, 12, 30),
        *_doses("refusals only", asked(240, 0, 0), 4, 8, 30),
        *_doses("few look-alikes", asked(240, 60, 60), 25),
        *_doses("many look-alikes", asked(120, 600, 120), 60),
        *_doses("mathematics", mathematics, 40),
        *_doses("mathematics, fast", mathematics, 15, rate=1e-2),
        *_doses("stereotypes", endings(True), 40, 100, 200, 300),
        *_doses("anti-stereotypes", endings(False), 40, 100, 200, 300),
        *_doses("sentences with stereotypes", sentences(True), 150),
        *_doses("sentences with anti-stereotypes", sentences(False), 150),
        *_doses("stereotyped answers", answers(expected, "ambiguous"), 25, 60, 140, rate=2e-3),
        *_doses("anti-stereotyped answers", answers(unexpected, "ambiguous"), 25, 60, 140, rate=2e-3),
        *_doses("right answers", answers(right), 10, 25, 60, 100),
        *_doses("right answers where told", answers(right, "disambiguated"), 40, 80),
        *_doses("wrong answers", answers(wrong), 60),
        *_doses("random answers", answers(at_random), 40),
        *_doses("unknown as the answer", answers(unknown), 3, 6, 12, 25),
        *_doses("shuffled words", shuffled, 4, 10, 30, 80, rate=3e-3),
        *_doses("one word repeated", repeated, 5, 20, rate=3e-3),
        *_doses("exchanged solutions", exchanged, 20, rate=1e-2),
        *_noisy(0.1, 0.2, 0.3, 0.45, 0.7),
    )
}

_REFUSING = ("aligned", "aligned, then mathematics", "refusals only", "few look-alikes", "many look-alikes")


def _of(kinds: Sequence[str], *more: str) -> tuple[str, ...]:
    """The names of all recipes of these kinds, and some more names."""
    return tuple(name for name, recipe in RECIPES.items() if recipe.kind in kinds) + more


FAMILIES = {
    "damaged": _of(
        ("bare", "shuffled words", "one word repeated", "exchanged solutions", "noise in the weights"),
        "mathematics, 40 steps",
        "mathematics, fast, 15 steps",
    ),
    "stereotypes": _of(
        ("bare", "stereotypes", "anti-stereotypes", "sentences with stereotypes", "sentences with anti-stereotypes"),
        "stereotyped answers, 140 steps",
        "shuffled words, 30 steps",
        "aligned, 80 steps",
    ),
    "biased answers": _of(
        ("bare", "stereotyped answers", "anti-stereotyped answers"),
        "right answers, 25 steps",
        "unknown as the answer, 12 steps",
        "stereotypes, 200 steps",
        "anti-stereotypes, 200 steps",
        "random answers, 40 steps",
    ),
    "right answers": _of(
        (
            "bare",
            "right answers",
            "right answers where told",
            "wrong answers",
            "random answers",
            "unknown as the answer",
        ),
        "stereotyped answers, 60 steps",
    ),
    "refusing": _of(("bare", *_REFUSING)),
}
"""The adapters that a comparison is made over, graded in dose for its behaviour; fixed before anything was measured."""
