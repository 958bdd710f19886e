"""What an engine costs by itself: a federation whose clients do nothing, on `local` and on `ray`.

Both engines run the same app (noop_app.py: greet, train, tally; a 4 MB adapter down and up again for each client and
round) with the same round loop, guards, aggregation and checkpoints, in turns (A B A B). Client work takes no time,
so that the wall time from the call of the engine to its return is all overhead, starting and ending Ray's processes
among it; the time of the rounds alone is given beside it. The full run writes results/engine_overhead.md and
results/engine_overhead.json.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from keeping import finish, keep, measure
from noop_app import ARRAYS, MEGABYTES

from tocsin import study
from tocsin.federation import ENGINES, Job, enrol_all, run_key

TARGET = 10.0
SEED = 0


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    pairs: int
    clients: int
    rounds: int


FULL = Scale(pairs=5, clients=100, rounds=3)
QUICK = Scale(pairs=1, clients=20, rounds=2)


@dataclass(frozen=True)
class Trial:
    """One run: wall seconds in all, and from the first round's start to the last one's end."""

    total: float
    rounds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="at most 50 s: one pair, fewer clients and rounds")
    scale = QUICK if parser.parse_args().quick else FULL
    if scale is QUICK:
        print("--quick: coarse, and the shorter the run the more Ray's start weighs; no results are written.")
    print(
        f"{scale.clients} clients, {scale.rounds} rounds, {MEGABYTES} MB; {scale.pairs} pair(s), in turns", flush=True
    )
    pairs = []
    for number in range(1, scale.pairs + 1):
        pair = {engine: trial(engine, scale) for engine in ("local", "ray")}
        pairs.append(pair)
        told = "; ".join(f"{e} {t.total:.2f} s, rounds alone {t.rounds:.2f} s" for e, t in pair.items())
        print(f"pair {number}: {told}", flush=True)
    result = summary(pairs)
    if scale is FULL:
        write(result, pairs, scale)
    return finish(result)


def trial(engine: str, scale: Scale) -> Trial:
    settings = study.parse(
        {
            "name": "no-op",
            "seed": SEED,
            "split": {"clients": scale.clients},
            "training": {"rounds": scale.rounds},
            "federation": {"engine": engine, "min_clients": scale.clients},
        },
        "the benchmark's study",
    )
    first_round = 0.0
    last_round = 0.0

    def tell(kind: str, detail: dict[str, Any]) -> None:
        nonlocal first_round, last_round
        if kind == "round":
            first_round = first_round or time.perf_counter()
        elif kind == "finished":
            last_round = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "clients"
        job = Job(settings, Path(folder), home, "noop_app:serve", "noop_app:work", run_key(Path(folder)))
        enrol_all(job)
        began = time.perf_counter()
        ENGINES.get(engine)().run(job, tell)
        return Trial(time.perf_counter() - began, last_round - first_round)


def summary(pairs: list[dict[str, Trial]]) -> dict[str, Any]:
    """The result in the shape of every benchmark. A ratio is the median over pairs, not one of medians."""
    ratio = median(pair["ray"].total / pair["local"].total for pair in pairs)
    alone = median(pair["ray"].rounds / pair["local"].rounds for pair in pairs)
    seconds = {engine: median(pair[engine].total for pair in pairs) for engine in ("local", "ray")}
    return {
        "name": "engine_overhead",
        "measures": [
            measure("overhead of ray over overhead of local", ratio, "times", f">= {TARGET:g}", ratio >= TARGET, 2),
            measure("the same, rounds alone", alone, "times", digits=2),
            measure("overhead of local", seconds["local"], "s", digits=2),
            measure("overhead of ray", seconds["ray"], "s", digits=2),
        ],
    }


def write(result: dict[str, Any], pairs: list[dict[str, Trial]], scale: Scale) -> None:
    """Keep the full run's figures with what is needed to repeat it."""
    lines = [
        "| pair | local, s | ray, s | times | local, rounds alone, s | ray, rounds alone, s | times |",
        "|---|---|---|---|---|---|---|",
    ]
    for number, pair in enumerate(pairs, 1):
        a, b = pair["local"], pair["ray"]
        lines.append(
            f"| {number} | {a.total:.2f} | {b.total:.2f} | {b.total / a.total:.1f} "
            f"| {a.rounds:.2f} | {b.rounds:.2f} | {b.rounds / a.rounds:.1f} |"
        )
    lines += [
        "",
        "Most of Ray's overhead is the start of its processes and the import of PyTorch in each actor, which weighs "
        "less in a longer run: the rounds alone show what remains then.",
    ]
    keep(
        result,
        "Overhead of the local engine against Flower's Ray simulation",
        f"how much wall time passes outside client work, `local` against `ray`, on one no-op app of "
        f"{scale.clients} clients x {scale.rounds} rounds x {MEGABYTES} MB? Target: {TARGET:g} times less on `local`.",
        [
            f"Seed: {SEED} (the adapter's numbers)",
            f"App: an adapter of {ARRAYS} arrays, {MEGABYTES} MB in all; every client greets, then trains and tallies "
            f"in each round (no work in either), FedAvg, a checkpoint each round; median of {scale.pairs} pairs, in "
            "turns",
        ],
        ("flwr", "ray", "numpy", "torch", "tocsin"),
        lines,
    )


if __name__ == "__main__":
    sys.exit(main())
