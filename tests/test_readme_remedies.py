"""The README's own remedy and own constitution are what it says they are."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from tocsin.remedy import find_remedy
from tocsin.study import Study

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def block(language: str, holds: str) -> str:
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if holds in text]
    assert len(found) == 1 and found[0].count("\n") < 20
    return found[0]


def test_the_remedy_runs(tmp_path: Path) -> None:
    file = tmp_path / "half_way.py"
    file.write_text(block("python", "class HalfWay"), encoding="utf-8")
    remedy: Any = find_remedy(str(file), {})

    class Side:
        start = {"a": np.zeros(2)}  # noqa: RUF012

    mended = remedy.mend({"a": np.full(2, 4.0)}, Side())
    assert mended.arrays["a"].tolist() == [2.0, 2.0] and mended.note
    assert "second round" in remedy.conflict(Study.model_validate({"name": "x", "training": {"rounds": 1}}))


def test_the_constitution_is_read(tmp_path: Path) -> None:
    file = tmp_path / "returns.toml"
    file.write_text(block("toml", "[[principle]]"), encoding="utf-8")
    assert find_remedy("constitutional", {"variant": "cheap", "constitution": str(file)})
