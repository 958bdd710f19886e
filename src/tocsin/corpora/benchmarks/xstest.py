"""XSTest: safe prompts that look unsafe, and unsafe ones."""

from dataclasses import dataclass
from typing import Literal

from tocsin.corpora.benchmarks.files import filled, malformed, read_csv

Label = Literal["safe", "unsafe"]

_LABELS: dict[str, Label] = {"safe": "safe", "unsafe": "unsafe"}


@dataclass(frozen=True, slots=True)
class SafetyPrompt:
    """An XSTest prompt: `safe` ones should be answered, `unsafe` ones refused."""

    id: str
    prompt: str
    type: str
    label: Label


def xstest() -> tuple[SafetyPrompt, ...]:
    """XSTest's 250 safe and 200 unsafe prompts (Röttger et al., 2023, arXiv 2308.01263; CC BY 4.0)."""
    path, rows = read_csv("xstest", "xstest_prompts.csv", ("id", "prompt", "type", "label"))
    prompts = []
    for row in rows:
        label = _LABELS.get(row["label"])
        if label is None:
            raise malformed("xstest", path, f"prompt {row['id']} is neither safe nor unsafe")
        prompts.append(SafetyPrompt(f"xstest-{row['id']}", row["prompt"], row["type"], label))
    return filled("xstest", path, prompts)
