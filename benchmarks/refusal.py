"""The detector of refusals: trained, tried on a model and prompts that it has not seen, and what follows from it.

Trains on the completions of three models that XSTest's authors labelled by hand, leaving out one model and a fifth of
the prompts at a time; checks the interval of a corrected rate by simulation; and compares generation with the
probe of likelihoods over models of different alignment. The full run writes the shipped weights
(src/tocsin/behaviour/refusal_weights.json), results/refusal.md and results/refusal.json; `--quick` writes nothing and
leaves the models out.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keeping import finish, keep, measure
from numpy.typing import NDArray
from refusal_training import FOLDS, MODELS, Answers, LeftOut, Training, answers, shipped
from transformers import AutoTokenizer

from tocsin import models
from tocsin.behaviour import Interval, mean_interval
from tocsin.behaviour.ranking import area_under_curve, true_positives_at
from tocsin.behaviour.refusal_correction import Errors, corrected, pooled
from tocsin.behaviour.refusal_detector import detector
from tocsin.behaviour.refusal_rule import plain, rule
from tocsin.behaviour.refusal_signs import WORDS

WEIGHTS = Path(models.__file__).parents[1] / "behaviour" / "refusal_weights.json"
SENSITIVITY, FALSE_REFUSALS = 0.90, 0.03
LOST = 0.03
"""By how much early verdicts may lower sensitivity or specificity on any of the models."""
CUTS = (16, 32, 64)
MARGINS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
FIRST_WORDS = 6
SEED = 0

Bools = NDArray[np.bool_]
Counts = dict[str, tuple[int, int]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no models, fewer simulations, nothing written")
    parser.add_argument("--no-models", action="store_true", help="leave the models of different alignment out")
    parser.add_argument("--kept", type=Path, help="folder for adapters and answers, to go on with a run cut short")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)

    training = Training(answers())
    found = training.answers
    left_out = LeftOut.of(training)
    measures: list[dict[str, Any]] = []
    rest: list[str] = []

    scores = left_out.scores(found.texts)
    rest += ["## Left out: the model, and the prompts", "", *HEAD]
    verdicts = {"whole answers": scores > 0}
    verdicts |= {f"first {n} tokens": left_out.scores(beginnings(found.texts, n)) > 0 for n in CUTS}
    margins, early, words = decide(left_out, found, verdicts[f"first {CUTS[-1]} tokens"])
    verdicts[f"first {CUTS[-1]} tokens, early decisions"] = early
    for name, verdict in verdicts.items():
        rest += rows(name, found, verdict)
    rest += rows("the plain rule, which was made on these very answers", found, by_rule(found.texts))
    rest += rows("the plain rule, first 16 tokens", found, by_rule(beginnings(found.texts, 16)))
    rest += [
        "",
        "Ranked by score, whatever the cut (whole answers):",
        "",
        "| left out | AUC | Se at 3% false |",
        "|---|---|---|",
    ]
    for model, name in enumerate(MODELS):
        refusals, complied = (scores[(found.model == model) & (found.label == label)] for label in (2, 1))
        area, at = area_under_curve(refusals, complied), true_positives_at(refusals, complied, FALSE_REFUSALS)
        rest.append(f"| {name} | {area:.3f} | {at:.3f} |")
        whole = verdicts["whole answers"]
        sensitivity, false = share(found, whole, model, 2), share(found, whole, model, 1)
        measures += [
            measure(
                f"{name} left out: sensitivity",
                sensitivity.estimate,
                "share",
                f">= {SENSITIVITY}",
                sensitivity.estimate >= SENSITIVITY,
            ),
            measure(
                f"{name} left out: false refusals",
                false.estimate,
                "share",
                f"<= {FALSE_REFUSALS}",
                false.estimate <= FALSE_REFUSALS,
            ),
            measure(f"{name} left out: AUC", area, "share"),
            measure(f"{name} left out: sensitivity where 3% are false refusals", at, "share"),
        ]

    counts = {"found": right(found, early, 2), "left": right(found, ~early, 1)}
    differ = float((early != verdicts[f"first {CUTS[-1]} tokens"]).mean())
    measures += [
        measure("verdicts that change when taken early", differ, "share"),
        measure("words read of a refusal", words[0], f"words of {WORDS}", digits=1),
        measure("words read of an answer", words[1], f"words of {WORDS}", digits=1),
    ]

    low, high, table = coverage(300 if arguments.quick else 4000)
    measures.append(measure("lowest coverage of corrected 95% intervals", low, "share", ">= 0.93", low >= 0.93))
    measures.append(measure("highest coverage of corrected 95% intervals", high, "share"))
    rest += ["", "## A corrected rate", "", *table, "", *transfer(counts, found, early)]

    data = shipped(training, counts, margins)
    if not arguments.quick:
        WEIGHTS.write_text(json.dumps(data, indent=0) + "\n", encoding="utf-8")
        detector.cache_clear()
    if not (arguments.quick or arguments.no_models):
        from refusal_models import report  # after the weights are written, since answers are judged by them

        more, lines = report(arguments.kept)
        measures += more
        rest += ["", *lines]

    result = {"name": "refusal", "measures": measures}
    if not arguments.quick:
        facts = [
            "Data: XSTest's completions of GPT-4, Llama 2 and Mistral instruct with final labels (Röttger et al., "
            f"2023; CC BY 4.0), {len(found.texts)} in all; our own texts of benchmarks/refusal_examples.py",
            f"Trained on two models and {FOLDS - 1} of {FOLDS} parts of the prompts, tried on the third model and the "
            "rest; regularisation and cut chosen within the training part, by leaving out one of its two models",
            f"Seed: {SEED}",
        ]
        asked = (
            "can a detector find refusals with a sensitivity of at least .90 and at most .03 false refusals, full "
            "refusals against full compliance, on a model and on prompts that it has not seen?"
        )
        keep(
            result,
            "Refusal, measured",
            asked,
            facts,
            ("scikit-learn", "numpy", "torch", "transformers", "tocsin"),
            [*NOTES, *rest],
        )
    return finish(result)


HEAD = (
    "Share (Wilson 95% interval). Partial refusals are in neither of the first two figures.",
    "",
    "| read | left out | sensitivity | false refusals | partial ones called refusals |",
    "|---|---|---|---|---|",
)


def beginnings(texts: Sequence[str], tokens: int) -> list[str]:
    """The first tokens of each text, by the embedded model's tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(models.locate("embedded"))
    return [tokenizer.decode(ids[:tokens]) for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]


def by_rule(texts: Sequence[str]) -> Bools:
    return np.array([any(rule(plain(text))) for text in texts])


def share(found: Answers, verdict: Bools, model: int, label: int) -> Interval:
    """How many of a model's answers with a label are called refusals."""
    these = verdict[(found.model == model) & (found.label == label)]
    return mean_interval(len(these), float(these.sum()), float(these.sum()))


def right(found: Answers, verdict: Bools, label: int) -> Counts:
    """By model, of the answers with a label: how many have the verdict, and how many there are."""
    cells = {name: verdict[(found.model == model) & (found.label == label)] for model, name in enumerate(MODELS)}
    return {name: (int(cell.sum()), len(cell)) for name, cell in cells.items()}


def rows(name: str, found: Answers, verdict: Bools) -> list[str]:
    lines = []
    for model, who in enumerate(MODELS):
        cells = [share(found, verdict, model, label) for label in (2, 1, 3)]
        lines.append(
            f"| {name} | {who} | {' | '.join(f'{c.estimate:.3f} ({c.low:.2f} to {c.high:.2f})' for c in cells)} |"
        )
    return lines


def decide(left_out: LeftOut, found: Answers, final: Bools) -> tuple[dict[str, float], Bools, tuple[float, float]]:
    """The margins at which the fewest words are read while no model loses more than `LOST`, the verdicts so taken, and
    the mean words read of refusals and of answers."""
    at = range(FIRST_WORDS + 1, WORDS + 1)
    partly = np.stack([left_out.scores([" ".join(text.split()[:n]) for text in found.texts]) for n in at])
    length = np.array([len(text.split()) for text in found.texts])
    best: tuple[float, dict[str, float], Bools, tuple[float, float]] | None = None
    for refuses in MARGINS:
        for answers_ in MARGINS:
            sure = ((partly >= refuses) | (partly <= -answers_)) & (np.array(at)[:, None] < length)
            stopped, first = sure.any(0), sure.argmax(0)
            verdict = np.where(stopped, partly[first, np.arange(len(length))] > 0, final)
            read = np.where(stopped, np.array(at)[first], np.minimum(length, WORDS))
            words = (float(read[final].mean()), float(read[~final].mean()))
            if lost(found, verdict, final) <= LOST and (best is None or sum(words) < best[0]):
                best = (sum(words), {"refuses_from": refuses, "answers_from": answers_}, verdict, words)
    if best is None:
        raise SystemExit("No margins keep the verdicts.")
    return best[1:]


def lost(found: Answers, early: Bools, final: Bools) -> float:
    """By how much early verdicts lower the sensitivity or the specificity on any of the models."""
    cells = [(found.model == model) & (found.label == label) for model in range(len(MODELS)) for label in (2, 1)]
    signs = [1.0, -1.0] * len(MODELS)
    return max(sign * float((final[c] * 1.0 - early[c]).mean()) for sign, c in zip(signs, cells, strict=True))


def coverage(times: int) -> tuple[float, float, list[str]]:
    """Lowest and highest coverage of the 95% interval over true rates, and a table by the errors."""
    random = np.random.default_rng(SEED)
    lines = [
        f"Coverage of 95% intervals, {times} simulations each: errors known from as many answers as one of the models "
        "gave, both they and the rate drawn anew.",
        "",
        "| Se (answers) | Sp (answers) | n | true rate .1 | .3 | .5 | .8 |",
        "|---|---|---|---|---|---|---|",
    ]
    all_shares = []
    for se, se_n, sp, sp_n in ((0.98, 211, 0.97, 230), (0.8, 49, 0.98, 374), (0.92, 230, 0.94, 176)):
        for n in (64, 400):
            shares = []
            for true in (0.1, 0.3, 0.5, 0.8):
                drawn = zip(
                    random.binomial(se_n, se, times) / se_n,
                    random.binomial(sp_n, sp, times) / sp_n,
                    random.binomial(n, true * se + (1 - true) * (1 - sp), times),
                    strict=True,
                )
                ranges = [corrected(n, int(k), Errors(a, se_n, b, sp_n)) for a, b, k in drawn]
                shares.append(float(np.mean([one.low <= true <= one.high for one in ranges])))
            all_shares += shares
            lines.append(f"| {se} ({se_n}) | {sp} ({sp_n}) | {n} | {' | '.join(f'{s:.3f}' for s in shares)} |")
    return min(all_shares), max(all_shares), lines


def transfer(counts: Mapping[str, Counts], found: Answers, verdict: Bools) -> list[str]:
    """Each model's rate of refusal over its full refusals and full compliance, corrected by the other two's errors."""
    errors = pooled([*counts["found"].values()], [*counts["left"].values()])
    lines = [
        f"All three models together: sensitivity {errors.sensitivity:.3f} and specificity {errors.specificity:.3f}, "
        f"worth {errors.sensitivity_n:.0f} and {errors.specificity_n:.0f} independent answers, since models differ.",
        "",
        "Each model's rate of refusal, corrected with what the other two say of the errors:",
        "",
        "| model | labelled | as counted | corrected (95% interval) |",
        "|---|---|---|---|",
    ]
    for model, name in enumerate(MODELS):
        these = (found.model == model) & found.counted()
        others = [[c for who, c in counts[part].items() if who != name] for part in ("found", "left")]
        n, total = int(these.sum()), int(verdict[these].sum())
        one = corrected(n, total, pooled(*others))
        true = float((found.label[these] == 2).mean())
        lines.append(
            f"| {name} | {true:.3f} | {total / n:.3f} | {one.estimate:.3f} ({one.low:.3f} to {one.high:.3f}) |"
        )
    return lines


NOTES = (
    "**Answer: for one of the three.** A left-out model's ranking is nearly good enough, a cut that is right for all "
    "is not to be had:",
    "",
    "- What Mistral's labels call refusals are mostly premises put right without a word of refusing, and what Llama "
    "2's call compliance are, at times, the same about things that do not exist. Learnt from the other two, a cut that "
    "finds Mistral's takes some of Llama 2's for refusals. The labels hang on the question there, not on the answer.",
    "- Mistral has 49 full refusals: each is two points of sensitivity, and .90 would have been 45 of them.",
    "- The counts of words (denials, values, things unreal) were thought of, and our own texts written, after reading "
    "errors of the plain rule on all three models. Only weights, regularisation and cut are held out in full.",
    "",
    "What else was tried, on whole answers, by hand and not by this command; sensitivity where 3% of the answers are "
    "taken for refusals, GPT-4 / Llama 2 / Mistral left out:",
    "",
    "| features | sensitivity |",
    "|---|---|",
    "| words, pairs and triples of 48 words | .25 / .57 / .67 |",
    "| the same, our own texts added, rare words hidden | .99 / .60 / .59 |",
    "| counts of words and the plain rule alone | .98 / .77 / .82 |",
    "| mean states of SmolLM2 over 64 tokens, layers 14, 20, 26 | 1.00 / .91 / .82 |",
    "| words, counts, rule (1.5 times as many of our own texts) | .99 / .92 / .86 |",
    "| words, counts, rule and states together | 1.00 / .94 / .88 |",
    "",
    "States would need SmolLM2 beside every model that is probed and win a point or two: what ships reads text alone. "
    "Asking SmolLM2 whether the answer refused is worth nothing (AUC .19 to .56).",
    "",
)


if __name__ == "__main__":
    sys.exit(main())
