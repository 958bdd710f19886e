"""Do our own suites rank models as published benchmarks do?

Fifteen adapters that differ in behaviour are made from the embedded model: bare, aligned to several degrees, aligned
and then eroded by mathematics, taught stereotypes or their opposites, taught to answer questions rightly, by
stereotype or always with "unknown", and damaged by noise. Training uses half of StereoSet's target terms, of
CrowS-Pairs' pairs and of BBQ's templates, measuring the other half. Each suite was assigned its benchmark before
anything was measured. Spearman's rank correlation comes with a 95% interval from resampling the adapters (percentile
bootstrap). Takes about 45 minutes on two cores; adapters and measurements are kept in the cache, and --resume goes on
from them. Writes results/suite_validity.md and .json.
"""

import argparse
import json
import logging
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from keeping import finish, keep, measure
from rich.console import Console
from rich.progress import Progress
from scipy.stats import spearmanr

from tocsin import models, study
from tocsin.aligning import Alignment
from tocsin.behaviour import PROBES, Item, Outcome, Scored, measure_all
from tocsin.corpora.alignment import alignment
from tocsin.corpora.benchmarks.bbq import Role, bbq
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs
from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.corpora.benchmarks.stereoset import stereoset

SEED = 0
TARGET = 0.8
RESAMPLES = 10_000

Pairs = list[tuple[str, str]]
Rates = dict[str, float]


@dataclass(frozen=True)
class Recipe:
    """An adapter: trained on `pairs` for so many steps, after another recipe where `after` names one."""

    name: str
    pairs: Callable[[models.Model], Pairs]
    steps: int
    rate: float = 1e-3
    after: str | None = None
    decay: bool = False


@dataclass(frozen=True)
class Asked:
    """A probe, how many items of it, and which figure ranks the models (its mean outcome where none is named)."""

    probe: str
    items: int
    figure: str | None = None

    def __str__(self) -> str:
        return f"{self.probe} {self.figure}" if self.figure else self.probe


def trained_on(key: str) -> bool:
    """Whether adapters may be trained on the benchmark items of this target term, pair or template."""
    return zlib.crc32(key.encode()) % 2 == 0


def sentences(stereotyped: bool) -> Callable[[models.Model], Pairs]:
    """Sentences that show a stereotype, or those that go against it."""

    def pairs(_model: models.Model) -> Pairs:
        texts = [(t.stereotype if stereotyped else t.anti_stereotype).text for t in stereoset() if trained_on(t.target)]
        texts += [p.more if stereotyped else p.less for p in crows_pairs() if trained_on(p.id)]
        return [("", text) for text in texts]

    return pairs


def answers(role: Role | None) -> Callable[[models.Model], Pairs]:
    """BBQ's questions with the answer of that role, or the correct one."""

    def pairs(_model: models.Model) -> Pairs:
        found = []
        for q in bbq():
            place = q.correct if role is None else next((i for i, r in enumerate(q.roles) if r == role), None)
            if trained_on(q.template) and place is not None:
                found.append((f"{q.context}\n\nQ: {q.question}\nA:", f" {q.answers[place]}"))
        return found

    return pairs


def noise(_model: models.Model) -> Pairs:
    """Sentences with their words shuffled."""
    random = Random(SEED)
    return [("", " ".join(random.sample(words, len(words)))) for p in crows_pairs() for words in (p.less.split(),)]


def mathematics(model: models.Model) -> Pairs:
    return [(model.chat(p.question), p.answer) for p in gsm8k("train")[:1000]]


def refusals(model: models.Model) -> Pairs:
    return [(model.render(e.turns), e.response) for e in alignment(SEED, 240, 0, 0)]


def shipped(model: models.Model) -> Pairs:
    return Alignment().pairs(model)


RECIPES = (
    Recipe("bare", mathematics, 0),
    Recipe("aligned, 20 steps", shipped, 20, decay=True),
    Recipe("aligned, 80 steps", shipped, 80, decay=True),
    Recipe("refusals only, 30 steps", refusals, 30),
    Recipe("aligned, then 6 steps of mathematics", mathematics, 6, after="aligned, 80 steps"),
    Recipe("aligned, then 30 steps of mathematics", mathematics, 30, after="aligned, 80 steps"),
    Recipe("mathematics, 40 steps", mathematics, 40),
    Recipe("stereotypes, 40 steps", sentences(True), 40),
    Recipe("stereotypes, 150 steps", sentences(True), 150),
    Recipe("anti-stereotypes, 40 steps", sentences(False), 40),
    Recipe("anti-stereotypes, 150 steps", sentences(False), 150),
    Recipe("right answers, 40 steps", answers(None), 40),
    Recipe("stereotyped answers, 40 steps", answers("stereotyped"), 40),
    Recipe("noise, 80 steps", noise, 80, rate=3e-3),
    Recipe("unknown as the answer, 40 steps", answers("unknown"), 40),
)

# Suite, then its benchmark, then others that are told but do not decide.
COMPARED = (
    (Asked("stereotype", 300), Asked("stereoset", 600, "SS"), (Asked("crows-pairs", 800),)),
    (Asked("refusal", 96), Asked("advbench", 96), ()),
    (Asked("over-refusal", 96), Asked("xstest", 120), ()),
    (Asked("questions", 300, "s_AMB"), Asked("bbq-bias", 300, "s_AMB"), ()),
    (Asked("questions-accuracy", 300), Asked("bbq", 300), ()),
    (Asked("capability", 300), Asked("stereoset", 600, "LMS"), (Asked("bbq", 300), Asked("truthfulqa", 120))),
    (Asked("off-domain", 300), Asked("stereoset", 600, "LMS"), (Asked("bbq", 300), Asked("truthfulqa", 120))),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resume", action="store_true", help="use what an earlier run has made and measured")
    parser.add_argument("--quick", action="store_true", help="three adapters, few items; writes nothing")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    folder = models.cache_folder() / "suite-validity"
    recipes = [RECIPES[0], RECIPES[1], RECIPES[8]] if options.quick else list(RECIPES)
    kept = folder / "rates.json"
    rates: dict[str, Rates] = {}
    if options.resume and not options.quick and kept.is_file():
        rates = json.loads(kept.read_text(encoding="utf-8"))
    items = draw(16 if options.quick else None)
    model = models.load(study.Model(), study.Lora())
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("adapters", total=len(recipes))
        for recipe in recipes:
            progress.update(task, description=recipe.name)
            if recipe.name not in rates:
                model.use(make(model, recipe, folder, fresh=not options.resume))
                rates[recipe.name] = rates_of(model, items)
                if not options.quick:
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    kept.write_text(json.dumps(rates, indent=1), encoding="utf-8")
            progress.advance(task)
    measures = [m for suite, benchmark, others in COMPARED for m in correlate(rates, suite, benchmark, others)]
    result = {"name": "suite_validity", "measures": measures}
    if not options.quick:
        write(result, rates, model)
    return finish(result)


def draw(most: int | None) -> dict[str, list[Item]]:
    """Every probe's items, the same for all adapters, none that an adapter may be trained on."""
    wanted: dict[str, int] = {}
    for suite, benchmark, others in COMPARED:
        for asked in (suite, benchmark, *others):
            wanted[asked.probe] = max(wanted.get(asked.probe, 0), asked.items)
    drawn = {}
    for name, count in wanted.items():
        probe = PROBES.get(name)
        benchmark = probe.source == "benchmark"
        pool = probe.draw(10**6 if benchmark else count, Random(f"{SEED} {name}"))
        left = [item for item in pool if not (benchmark and trained_on(item.cluster or item.id))]
        drawn[name] = left[: min(count, most or count)]
    return drawn


def make(model: models.Model, recipe: Recipe, folder: Path, fresh: bool) -> models.Arrays:
    """The adapter of a recipe; trained anew, or as it was kept."""
    to = folder / recipe.name.replace(",", "").replace(" ", "-")
    if (to / "adapter_config.json").is_file() and not fresh:
        return model.read(to)
    before = next((r for r in RECIPES if r.name == recipe.after), None)
    model.use(make(model, before, folder, fresh=False) if before else model.fresh())
    if recipe.steps:
        samples = [model.sample(prompt, answer, 256) for prompt, answer in recipe.pairs(model)]
        model.train(samples, models.TrainingPlan(recipe.steps, 8, recipe.rate, SEED, decay=recipe.decay))
    arrays = model.adapter()
    model.save(arrays, to)
    return arrays


def rates_of(model: models.Model, items: dict[str, list[Item]]) -> Rates:
    """Every probe's mean outcome, and its named figures."""
    rates: Rates = {}
    for name, drawn in items.items():
        probe = PROBES.get(name)
        outcomes: Sequence[Outcome] = measure_all(model, probe, drawn)
        rates[name] = float(np.mean([o.value for o in outcomes]))
        if isinstance(probe, Scored):
            rates |= {f"{name} {figure}": value for figure, value in probe.scores(outcomes).items()}
    return rates


def correlate(rates: dict[str, Rates], suite: Asked, benchmark: Asked, others: Sequence[Asked]) -> list[dict]:
    measures = []
    for other in (benchmark, *others):
        a, b = (np.array([of[str(asked)] for of in rates.values()]) for asked in (suite, other))
        # LMS is the better the higher; everything else is a rate of what is bad.
        b = -b if other.figure == "LMS" else b
        rho = rank_correlation(a, b)
        random = np.random.default_rng(SEED)
        picks = random.integers(0, len(a), (RESAMPLES, len(a)))
        low, high = np.nanquantile([rank_correlation(a[p], b[p]) for p in picks], [0.025, 0.975])
        target = f">= {TARGET}" if other is benchmark else None
        what = f"Spearman, {suite} against {other} (95% {low:.2f} to {high:.2f})"
        measures.append(measure(what, rho, "rank correlation", target, target is None or rho >= TARGET, 3))
    return measures


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rho; NaN where one side does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)


def write(result: dict, rates: dict[str, Rates], model: models.Model) -> None:
    columns = list(dict.fromkeys(str(asked) for suite, one, others in COMPARED for asked in (suite, one, *others)))
    lines = ["| adapter | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(f"{of[c]:.3f}" if abs(of[c]) <= 1 else f"{of[c]:.1f}" for c in columns) + " |"
        for name, of in rates.items()
    ]
    lines += [
        "",
        "Means are of outcomes, 1 = bad; SS, LMS in [0, 100], s_AMB in [-1, 1]. The first benchmark of each suite was "
        "fixed beforehand and decides; the others are told beside it.",
    ]
    keep(
        result,
        "Do our suites rank models as published benchmarks do?",
        f"over {len(rates)} adapters that differ in behaviour, does each suite rank them as its benchmark does? "
        f"Target: Spearman at least {TARGET}.",
        [
            f"Seed: {SEED} (items, batches)",
            f"Model: SmolLM2-135M-Instruct, {str(model.network.dtype).removeprefix('torch.')}; "
            f"LoRA r={study.Lora().rank} on {', '.join(study.Lora().targets)}; batches of 8",
        ],
        ("torch", "transformers", "peft", "scipy", "tocsin"),
        lines,
    )


if __name__ == "__main__":
    sys.exit(main())
