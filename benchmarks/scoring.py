"""Items per second of our scoring against lm-evaluation-harness: same model object, same texts, same answers.

Both sides score the same (context, continuation) pairs with the same network in memory, in turns (A B A B), after
lm-eval's best batch size was looked for; every pair's log-likelihood is compared. CrowS-Pairs is scored sentence by
sentence, BBQ with the choices that lm-eval's own task gives it (two people and ten ways to say "unknown"). The share of
the machine's peak counts the arithmetic of the fewest tokens that must be computed, each distinct prefix once, against
the fastest of a few matrix products measured in the same run. The full run writes results/scoring.md and
results/scoring.json.
"""

import argparse
import logging
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
import transformers
from keeping import finish, keep, measure
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks.bbq.utils import doc_to_choice, process_docs

from tocsin import models, study
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs
from tocsin.corpora.benchmarks.files import file
from tocsin.models import scoring

Texts = list[tuple[str, str]]

TOLERANCE = 1e-3  # nats
BATCHES = (8, 16, 32, 64)
CATEGORIES = ("Age", "Disability_status", "Religion", "Sexual_orientation")


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    pairs: int
    crows: int
    questions: int
    batches: tuple[int, ...]
    shift: bool


FULL = Scale(pairs=5, crows=150, questions=20, batches=BATCHES, shift=True)
QUICK = Scale(pairs=1, crows=40, questions=4, batches=(16,), shift=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="coarser, at most 50 s on two cores")
    scale = QUICK if parser.parse_args().quick else FULL
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    transformers.utils.logging.disable_progress_bar()
    model = load("float32")
    measures: list[dict[str, Any]] = []
    notes: list[str] = []
    shares = []
    sets = (("CrowS-Pairs", crows(scale.crows), 1.4), ("BBQ", bbq(scale.questions), 5.0))
    for name, texts, target in sets:
        ratios, share = compare(model, name, texts, scale, notes, measures)
        measures.append(
            measure(f"ratio, {name}", median(ratios), "times lm-eval", f">= {target}", median(ratios) >= target)
        )
        shares.append(share)
    best = max(shares)
    measures.append(measure("share of the measured peak, fewest tokens", best, "share", ">= 0.75", best >= 0.75))
    if scale is FULL:
        notes.append(row_sizes(model, sets[0][1]))
    if (low := load("auto")).network.dtype == torch.bfloat16:
        measures += bfloat16(model, low, sets, scale, notes)
    else:
        notes.append("bfloat16: left out, this machine only emulates it")
    result = {"name": "scoring", "measures": measures}
    if scale is FULL:
        keep(
            result,
            "Scoring against lm-evaluation-harness",
            "how many items per second does `Model.log_likelihoods` score, against lm-eval's `HFLM` on the same model "
            "object, texts, precision and threads, with the same log-likelihoods?",
            [
                f"Data: {scale.crows} CrowS-Pairs pairs, sentence by sentence; {scale.questions} BBQ questions of "
                f"{', '.join(CATEGORIES)} in turn, with lm-eval's choices; SmolLM2-135M-Instruct with a fresh LoRA; "
                f"{torch.get_num_threads()} threads; median of {scale.pairs} pairs, in turns",
                "Seed: none, nothing is drawn",
            ],
            ("torch", "transformers", "lm_eval", "tocsin"),
            [f"- {note}" for note in notes],
        )
    print("\n".join(notes))
    return finish(result)


def load(precision: str) -> models.Model:
    settings = study.Model.model_validate({"precision": precision, "device": "cpu"})
    return models.load(settings, study.Lora())


def crows(count: int) -> Texts:
    return [("", text) for pair in crows_pairs()[:count] for text in (pair.more, pair.less)]


def bbq(count: int) -> Texts:
    """Questions as lm-eval's task `bbq` asks them: its own context and its own choices."""
    import datasets

    datasets.disable_progress_bars()
    docs: list[dict[str, Any]] = []
    for category in CATEGORIES:
        rows = datasets.load_dataset("json", data_files=str(file("bbq", f"{category}.jsonl")), split="train")
        docs += list(process_docs(rows.select(range(-(-count // len(CATEGORIES))))))
    return [
        (f"{doc['context']}\n\nQ: {doc['question']}\nA:", f" {choice}")
        for doc in docs[:count]
        for choice in doc_to_choice(doc)
    ]


def compare(
    model: models.Model, name: str, texts: Texts, scale: Scale, notes: list[str], measures: list[dict[str, Any]]
) -> tuple[list[float], float]:
    """Ratios pair by pair, and our share of the peak."""
    timed(lambda: ours(model, texts[:40]))
    tried = {size: timed(lambda: theirs(model, texts[: len(texts) // 2], size))[0] for size in scale.batches}  # noqa: B023
    size = min(tried, key=lambda size: tried[size])
    told = ", ".join(f"{seconds:.1f} s at {of}" for of, seconds in tried.items())
    notes.append(f"{name}: lm-eval's batch sizes on half the texts: {told}; taken: {size}")
    ratios, gflops, peaks, speeds = [], [], [], []
    work = arithmetic(model, texts)
    for number in range(scale.pairs):
        a, mine = timed(lambda: ours(model, texts))
        b, other = timed(lambda: theirs(model, texts, size))
        peaks.append(peak(torch.float32))
        ratios.append(b / a)
        gflops.append(work / a / 1e9)
        speeds.append((len(texts) / a, len(texts) / b))
        print(f"{name}, pair {number + 1}: ours {a:.2f} s, lm-eval {b:.2f} s", file=sys.stderr)
        apart = float(np.abs(np.subtract(mine, other)).max())
    measures.append(
        measure(f"largest difference of a log-likelihood, {name}", apart, "nats", "<= 0.001", apart <= TOLERANCE, 6)
    )
    measures.append(measure(f"ours, {name}", median(s[0] for s in speeds), "items/s"))
    measures.append(measure(f"lm-eval, {name}", median(s[1] for s in speeds), "items/s"))
    tokens, plain = fewest(model, texts)
    notes.append(
        f"{name}: {len(texts)} texts of {plain} tokens that have to be read, {tokens} of them in distinct prefixes "
        f"({1 - tokens / plain:.0%} saved); ratios, pair by pair: "
        f"{', '.join(f'{r:.2f}' for r in sorted(ratios))}; ours "
        f"{median(gflops):.0f} GFLOP/s of {max(peaks):.0f} at the peak"
    )
    return ratios, median(g * 1e9 / (p * 1e9) for g, p in zip(gflops, peaks, strict=True))


def bfloat16(
    model: models.Model, low: models.Model, sets: Sequence[tuple[str, Texts, float]], scale: Scale, notes: list[str]
) -> list[dict[str, Any]]:
    measures = []
    for name, texts, _ in sets:
        timed(lambda: ours(low, texts[:40]))  # noqa: B023
        ratios = []
        for _ in range(scale.pairs):
            fast, _unused = timed(lambda: ours(low, texts))  # noqa: B023
            slow, _unused = timed(lambda: ours(model, texts))  # noqa: B023
            ratios.append(slow / fast)
        measures.append(
            measure(f"bfloat16 over float32, {name}", median(ratios), "times", ">= 1.8", median(ratios) >= 1.8)
        )
    if scale.shift:
        for name, texts in (("CrowS-Pairs", crows(1508)), ("BBQ", bbq(200))):
            size = 2 if name == "CrowS-Pairs" else 12
            picks = [np.reshape(ours(m, texts), (-1, size)).argmax(1) for m in (model, low)]
            rates = [float(np.mean(pick == 0)) for pick in picks]
            what = "stereotyped sentence preferred" if size == 2 else "first person chosen"
            notes.append(
                f"bfloat16, {name}: {what} {rates[0]:.4f} in float32, {rates[1]:.4f} in bfloat16 "
                f"({rates[1] - rates[0]:+.4f}; {int(np.sum(picks[0] != picks[1]))} of {len(picks[0])} items differ)"
            )
    return measures


def ours(model: models.Model, texts: Texts) -> list[float]:
    return [likelihood.total for likelihood in model.log_likelihoods(texts)]


def theirs(model: models.Model, texts: Texts, batch_size: int) -> list[float]:
    harness = HFLM(
        pretrained=model.network.get_base_model(), tokenizer=model.tokenizer, batch_size=batch_size, device="cpu"
    )
    asked = [Instance("loglikelihood", {}, pair, number) for number, pair in enumerate(texts)]
    return [total for total, _ in harness.loglikelihood(asked, disable_tqdm=True)]


def timed(work: Callable[[], list[float]]) -> tuple[float, list[float]]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def row_sizes(model: models.Model, texts: Texts) -> str:
    """Whether rows that mix the texts of several adapters would pay: only if short rows were slow."""
    usual, speeds = scoring._ROW_NODES, {}
    tokens = fewest(model, texts)[0]
    for nodes in (64, 128, 256, 512, usual):
        scoring._ROW_NODES = nodes
        speeds[nodes] = tokens / median(timed(lambda: ours(model, texts))[0] for _ in range(3))
    scoring._ROW_NODES = usual
    told = ", ".join(f"{speed:.0f} at {nodes}" for nodes, speed in speeds.items())
    return f"distinct tokens per second by tokens in a row: {told}"


def fewest(model: models.Model, texts: Texts) -> tuple[int, int]:
    """Tokens in distinct prefixes, and tokens in all, of what must be read before the last token of each text."""
    ids = [model._split(*pair).ids[:-1] for pair in texts]
    return len({one[:n] for one in ids for n in range(1, len(one) + 1)}), sum(map(len, ids))


def arithmetic(model: models.Model, texts: Texts) -> float:
    """Floating-point operations of the linear layers on the fewest tokens, and of the vocabulary where it is scored."""
    network = model.network.get_base_model()
    inner = sum(p.numel() for name, p in network.get_decoder().named_parameters() if name.endswith("proj.weight"))
    inner += sum(p.numel() for name, p in network.get_decoder().named_parameters() if "base_layer.weight" in name)
    samples = [model._split(*pair) for pair in texts]
    nodes = {s.ids[:n] for s in samples for n in range(1, len(s.ids))}
    scored = {s.ids[:n] for s in samples for n in range(s.prompt, len(s.ids))}
    return 2.0 * (inner * len(nodes) + network.get_output_embeddings().weight.numel() * len(scored))


def peak(dtype: torch.dtype) -> float:
    """GFLOP/s of the fastest of a few large matrix products."""
    best = 0.0
    for rows, inner, columns in ((1024, 576, 1536), (1024, 1536, 576), (256, 576, 49152), (1024, 1024, 1024)):
        a, b = torch.randn(rows, inner, dtype=dtype), torch.randn(inner, columns, dtype=dtype)
        a @ b
        for _ in range(3):
            began = time.perf_counter()
            for _ in range(4):
                a @ b
            best = max(best, 4 * 2.0 * rows * inner * columns / (time.perf_counter() - began))
    return best / 1e9


if __name__ == "__main__":
    sys.exit(main())
