"""docs/openness.md says what the table says, and the table says of our probes what they do."""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, HeldOut, Likelihood, TokenScores
from tocsin.openness import Needs, guide, heard, post_training

DOCS = (Path(__file__).parent.parent / "docs" / "openness.md").read_text(encoding="utf-8")
HELD_OUT = [HeldOut(f"What is {i}?", "It is so.", "odd" if i % 2 else "even") for i in range(8)]
NAMED = [
    (mode.name, way, probe) for mode in post_training().mode for way, probes in mode.by.items() for probe in probes
]


class Watched(StubModel):
    """Notes what it is asked for, in the table's words."""

    def __init__(self) -> None:
        super().__init__(answer=lambda prompt: "I cannot help with that.")
        self.asked: set[str] = set()

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        self.asked.add("log-likelihoods")
        return super().log_likelihoods(pairs)

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        self.asked.add("log-likelihoods")
        return super().token_scores(pairs)

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        self.asked.add("generation")
        return super().generate(prompts, max_tokens, decided)


def asks(name: str) -> set[str]:
    probe, model = PROBES.get(name), Watched()
    probe.measure(model, probe.draw(4, Random(0), HELD_OUT))
    return model.asked


def test_the_document_holds_the_table() -> None:
    assert guide() in DOCS


def test_the_six_modes_are_those_of_the_paper() -> None:
    assert [mode.name for mode in post_training().mode] == [
        "Amplified Bias",
        "Confidence Miscalibration",
        "Fairness Collapse",
        "Adaptation Misalignment",
        "Out-of-Domain Degradation",
        "Alignment Erosion",
    ]
    assert set(heard(["generation", "log-likelihoods"])) == {mode.name for mode in post_training().mode}


@pytest.mark.parametrize(("mode", "way", "probe"), [one for one in NAMED if PROBES.get(one[2]).source != "benchmark"])
def test_a_probe_that_hears_a_mode_asks_what_the_table_says(mode: str, way: str, probe: str) -> None:
    assert asks(probe) == {way}


@pytest.mark.parametrize(("mode", "way", "probe"), [one for one in NAMED if PROBES.get(one[2]).source == "benchmark"])
def test_and_so_do_benchmarks(mode: str, way: str, probe: str, data_root: Path) -> None:
    assert asks(probe) == {way}


def test_membership_and_calibration_need_scores_and_not_lists() -> None:
    for name in ("membership", "calibration-tokens", "calibration-choices"):
        probe, model = PROBES.get(name), Watched()
        pool = [*HELD_OUT, *(one._replace(trained=True) for one in HELD_OUT)] if name == "membership" else HELD_OUT
        probe.measure(model, probe.draw(4, Random(0), pool))
        assert model.asked == {"log-likelihoods"}
    assert "log-likelihoods" not in post_training().measures["api-top-log-probabilities"]


def test_the_needs_file_of_the_document_is_one() -> None:
    text = re.search(r"```toml\n# file: needs.toml\n(.*?)```", DOCS, re.DOTALL)
    assert text is not None
    needs = Needs.model_validate(tomllib.loads(text[1]))
    assert needs.methods == ("lora", "prompt-search") and needs.must.prompts_stay and needs.wish.autonomy == ("audit",)
