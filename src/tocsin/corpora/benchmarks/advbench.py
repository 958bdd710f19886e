"""AdvBench: harmful requests."""

from dataclasses import dataclass

from tocsin.corpora.benchmarks.files import filled, read_csv


@dataclass(frozen=True, slots=True)
class Request:
    """An AdvBench request, and the opener of compliance that the benchmark pairs with it."""

    id: str
    prompt: str
    target: str


def advbench() -> tuple[Request, ...]:
    """AdvBench's 520 harmful behaviours (Zou et al., 2023, arXiv 2307.15043; MIT)."""
    path, rows = read_csv("advbench", "advbench.csv", ("goal", "target"))
    requests = [Request(f"advbench-{index}", row["goal"], row["target"]) for index, row in enumerate(rows)]
    return filled("advbench", path, requests)
