"""Tokens per second of our local training against TRL's SFTTrainer: same steps, same losses, same machine.

Both sides train the same LoRA from the same start on the same examples in the same order, in turns (A B A B),
and the benchmark itself checks that the batches are the same and that the losses agree step by step within 1%.
Loading, tokenising and TRL's preparation of its dataset are outside the clock. TRL runs in its own best ordinary
configuration: the loss on answers only, gradients not recomputed, no workers, no reports, no checkpoints. The full
run tries the candidates that keep the steps' examples (padded or padding-free, with or without autocast) and goes
on with the fastest. The full run writes results/training.md and results/training.json.
"""

import argparse
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import datasets
import numpy as np
import torch
import transformers
import trl
from keeping import finish, keep, measure
from peft import LoraConfig
from transformers import AutoModelForCausalLM, PrinterCallback, TrainerCallback

from tocsin import corpora, models, study
from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.errors import TocsinError
from tocsin.models.training import batches

TARGET = 1.3
TOLERANCE = 0.01
SEED = 0
LORA = study.Lora()
LEARNING_RATE = study.Training().learning_rate


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    pairs: int
    steps: int
    batch_size: int
    max_tokens: int
    precisions: tuple[str, ...]
    try_peers: bool


FULL = Scale(5, 2, 8, 512, ("bfloat16", "float32"), True)
QUICK = Scale(2, 2, 4, 160, ("bfloat16",), False)


@dataclass(frozen=True)
class Peer:
    """One way of running TRL. `autocast` is its `bf16` switch."""

    padding_free: bool
    autocast: bool

    def __str__(self) -> str:
        return ("padding-free" if self.padding_free else "padded") + (" with autocast" if self.autocast else "")


@dataclass(frozen=True)
class Trial:
    """One training of a few steps: wall and processor seconds, and each step's loss in nats per token."""

    wall: float
    processor: float
    losses: list[float]


@dataclass(frozen=True)
class Work:
    """What both sides do: `steps[s]` are the samples of step s, drawn from `samples` by `plan`."""

    model: models.Model
    precision: str
    threads: int
    samples: list[models.Sample]
    plan: models.TrainingPlan

    @property
    def steps(self) -> list[list[models.Sample]]:
        """The samples of each step, in order."""
        return [[self.samples[i] for i in step] for step in batches(len(self.samples), self.plan)]

    @property
    def tokens(self) -> int:
        """Real tokens of all steps, prompts and answers, without padding."""
        return sum(len(s.ids) for step in self.steps for s in step)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="coarser, at most 50 s on two cores")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of both sides (default 1)")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    quiet()
    name, rows = questions_and_answers(400)
    measures: list[dict[str, Any]] = []
    notes: list[str] = []
    for precision in scale.precisions:
        if precision == "bfloat16" and not computes_bfloat16():
            notes.append("bfloat16: left out, this machine only emulates it")
            if len(scale.precisions) > 1:
                continue
            precision = "float32"
        work = prepare(rows, precision, options.threads, scale)
        measures += compare(work, scale, notes)
    result = {"name": "training", "measures": measures}
    if not options.quick:
        write(result, name, notes, scale, options.threads)
    print("\n".join(notes))
    return finish(result)


def quiet() -> None:
    """Keep the libraries' bars and warnings off the terminal."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()


def computes_bfloat16() -> bool:
    """Whether `auto` would choose bfloat16 here."""
    chosen = models.load(study.Model(), LORA).network.dtype
    return bool(chosen == torch.bfloat16)


def questions_and_answers(count: int) -> tuple[str, list[tuple[str, str]]]:
    """GSM8K's first training problems where the data is, else as many generated service-desk questions."""
    try:
        return "GSM8K, train", [(p.question, p.answer) for p in gsm8k("train")[:count]]
    except TocsinError:
        rows = corpora.SOURCES.get("service-desk")(count, SEED)
        return "service-desk (generated)", [(str(row["prompt"]), str(row["response"])) for row in rows]


def prepare(rows: Sequence[tuple[str, str]], precision: str, threads: int, scale: Scale) -> Work:
    """Load the model and tokenise: outside the clock, for both sides."""
    settings = study.Model.model_validate({"precision": precision, "device": "cpu", "threads": threads})
    model = models.load(settings, LORA)
    samples = [model.sample(model.chat(question), answer, scale.max_tokens) for question, answer in rows]
    plan = models.TrainingPlan(scale.steps, scale.batch_size, LEARNING_RATE, SEED)
    return Work(model, precision, threads, [s for s in samples if len(s.ids) > s.prompt], plan)


def compare(work: Work, scale: Scale, notes: list[str]) -> list[dict[str, Any]]:
    """The measures of one precision."""
    ours(work)  # the first run of each side pays for pages and caches
    peers = [Peer(padding_free=False, autocast=False)]
    if scale.try_peers:
        peers.append(Peer(padding_free=True, autocast=False))
        if work.precision == "bfloat16":
            peers.append(Peer(padding_free=False, autocast=True))
    tried = {peer: theirs(work, peer) for peer in peers}
    peer = min(tried, key=lambda p: tried[p].processor)
    for candidate, trial in tried.items():
        chosen = " (taken)" if candidate == peer else ""
        notes.append(f"{work.precision}: TRL {candidate}: {trial.processor:.1f} processor seconds{chosen}")
    a: list[Trial] = []
    b: list[Trial] = []
    for pair in range(scale.pairs):
        a.append(ours(work))
        b.append(theirs(work, peer))
        print(
            f"{work.precision}, pair {pair + 1}: ours {work.tokens / a[-1].wall:.0f} tokens/s, "
            f"TRL {work.tokens / b[-1].wall:.0f}",
            file=sys.stderr,
        )
    notes.append(f"{work.precision}: losses by step, ours {spell(a[0].losses)}, TRL {spell(b[0].losses)}")
    ratios = [theirs.wall / ours.wall for ours, theirs in zip(a, b, strict=True)]
    apart = max(
        abs(x - y) / y
        for ours, theirs in zip(a, b, strict=True)
        for x, y in zip(ours.losses, theirs.losses, strict=True)
    )
    processor = median(theirs.processor / ours.processor for ours, theirs in zip(a, b, strict=True))
    notes.append(
        f"{work.precision}: ratio of processor seconds {processor:.2f}; "
        f"ratios of wall seconds, pair by pair: {', '.join(f'{r:.2f}' for r in sorted(ratios))}"
    )

    agree = apart <= TOLERANCE
    of = f", {work.precision}"
    speeds = {
        "ours": median(work.tokens / trial.wall for trial in a),
        "TRL": median(work.tokens / trial.wall for trial in b),
    }
    return [
        # Faster on other arithmetic would be worth nothing: the ratio counts only where the losses agree.
        measure("ratio" + of, median(ratios), "times TRL", f">= {TARGET}", median(ratios) >= TARGET and agree),
        measure("largest difference of a step's loss" + of, apart, "share", f"<= {TOLERANCE}", agree),
        *(measure(side + of, speed, "tokens/s") for side, speed in speeds.items()),
    ]


def spell(losses: Sequence[float]) -> str:
    return " ".join(f"{loss:.4f}" for loss in losses)


def ours(work: Work) -> Trial:
    """Train with `tocsin.models`."""
    work.model.use(work.model.fresh())
    wall, processor = time.perf_counter(), time.process_time()
    report = work.model.train(work.samples, work.plan)
    seconds = time.perf_counter() - wall, time.process_time() - processor
    losses = [
        float(np.average(of_step, weights=[len(s.ids) - s.prompt for s in step]))
        for of_step, step in zip(report.losses, work.steps, strict=True)
    ]
    return Trial(*seconds, losses)


class Clock(TrainerCallback):
    """From where the first batch is asked for to where the last step is done: TRL's set-up does not count."""

    def on_train_begin(self, *_: object, **__: object) -> None:
        """Begin."""
        self.began = time.perf_counter(), time.process_time()

    def on_step_end(self, *_: object, **__: object) -> None:
        """End, if this was the last step."""
        self.ended = time.perf_counter(), time.process_time()


def theirs(work: Work, peer: Peer) -> Trial:
    """Train with TRL, from the same start."""
    network = AutoModelForCausalLM.from_pretrained(
        models.locate(work.model.name), dtype=getattr(torch, work.precision), attn_implementation="sdpa"
    )
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        config = trl.SFTConfig(
            output_dir=folder,
            max_steps=work.plan.steps,
            per_device_train_batch_size=work.plan.batch_size,
            learning_rate=work.plan.learning_rate,
            lr_scheduler_type="constant",
            weight_decay=0.0,
            max_grad_norm=work.plan.clip,
            completion_only_loss=True,
            max_length=None,  # the samples are cut already
            packing=False,  # would change the examples of the steps
            padding_free=peer.padding_free,
            bf16=peer.autocast,
            gradient_checkpointing=False,
            train_sampling_strategy="sequential",
            dataloader_num_workers=0,
            dataloader_pin_memory=False,
            use_cpu=True,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            seed=SEED,
        )
        trainer = trl.SFTTrainer(
            model=network,
            args=config,
            train_dataset=datasets.Dataset.from_list(
                [
                    {
                        "input_ids": list(s.ids),
                        "completion_mask": [0] * s.prompt + [1] * (len(s.ids) - s.prompt),
                    }
                    for step in work.steps
                    for s in step
                ]
            ),
            processing_class=work.model.tokenizer,
            peft_config=LoraConfig(
                r=LORA.rank,
                lora_alpha=LORA.alpha,
                target_modules=list(LORA.targets),
                lora_dropout=0.0,
                task_type="CAUSAL_LM",
            ),
            callbacks=[clock],
        )
        trainer.remove_callback(PrinterCallback)
        start(trainer, work.model.fresh())
        check_batches(trainer, work, peer)
        torch.set_num_threads(work.threads)
        trainer.train()
    wall, processor = (end - begin for begin, end in zip(clock.began, clock.ended, strict=True))
    return Trial(wall, processor, [entry["loss"] for entry in trainer.state.log_history if "loss" in entry])


def start(trainer: trl.SFTTrainer, arrays: models.Arrays) -> None:
    """Give TRL's adapter our start, array by array."""
    parameters = {name.replace(".default.", "."): p for name, p in trainer.model.named_parameters() if p.requires_grad}
    if parameters.keys() != arrays.keys():
        raise SystemExit("TRL trains other parameters than we do.")
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(torch.from_numpy(arrays[name]))


def check_batches(trainer: trl.SFTTrainer, work: Work, peer: Peer) -> None:
    """Stop unless each of TRL's steps sees exactly our examples, with the loss on the same tokens."""
    for batch, step in zip(trainer.get_train_dataloader(), work.steps, strict=True):
        if peer.padding_free:
            got = [(batch["input_ids"][0].tolist(), batch["labels"][0].tolist())]
            want = [([i for s in step for i in s.ids], [i for s in step for i in labels(s)])]
        else:
            lengths = batch["attention_mask"].sum(1).tolist()
            rows = zip(batch["input_ids"], batch["labels"], lengths, strict=True)
            got = [(ids[:n].tolist(), marks[:n].tolist()) for ids, marks, n in rows]
            want = [(list(s.ids), labels(s)) for s in step]
        if got != want:
            raise SystemExit("TRL's steps do not see the same examples as ours.")


def labels(sample: models.Sample) -> list[int]:
    return [-100] * sample.prompt + list(sample.ids[sample.prompt :])


def write(result: dict[str, Any], data: str, notes: list[str], scale: Scale, threads: int) -> None:
    """Keep the full run's figures with what is needed to repeat it."""
    keep(
        result,
        "Local training against TRL's SFTTrainer",
        "how many tokens of real text per second does `tocsin.models.Model.train` train, against TRL's "
        "`SFTTrainer` with the same LoRA, examples, batches, precision, threads and losses? Target: 1.3 times.",
        [
            f"Seed: {SEED} (order of examples)",
            f"Data: {data}, in the chat template; SmolLM2-135M-Instruct; LoRA r={LORA.rank}, alpha={LORA.alpha} "
            f"on {', '.join(LORA.targets)}; AdamW at {LEARNING_RATE:g}; {scale.steps} steps of {scale.batch_size}; "
            f"{threads} thread(s) used by either side; median of {scale.pairs} pairs, in turns",
        ],
        ("torch", "transformers", "peft", "trl", "tocsin"),
        ["Every run checked that both sides saw the same tokens in the same steps.", "", *(f"- {n}" for n in notes)],
    )


if __name__ == "__main__":
    sys.exit(main())
