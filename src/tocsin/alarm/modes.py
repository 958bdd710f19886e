"""The six silent failures of Oh & Bui (KDD 2026, arXiv 2606.00947), and which of them the paper says lead to which."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Layer = Literal["data", "model", "system"]


class Mode(StrEnum):
    """A silent failure, under the paper's name, to the letter."""

    AMPLIFIED_BIAS = "Amplified Bias"
    CONFIDENCE_MISCALIBRATION = "Confidence Miscalibration"
    FAIRNESS_COLLAPSE = "Fairness Collapse"
    ADAPTATION_MISALIGNMENT = "Adaptation Misalignment"
    OUT_OF_DOMAIN_DEGRADATION = "Out-of-Domain Degradation"
    ALIGNMENT_EROSION = "Alignment Erosion"


@dataclass(frozen=True, slots=True)
class About:
    """What a report says of a mode: where it arises, what goes wrong, and what is tested for it."""

    layer: Layer
    wrong: str
    tested: str


ABOUT: dict[Mode, About] = {
    Mode.AMPLIFIED_BIAS: About(
        "data",
        "personalising on skewed local data amplifies group disparities",
        "paired outcomes on stereotype and group probes, personalised model against the round-0 model",
    ),
    Mode.CONFIDENCE_MISCALIBRATION: About(
        "data",
        "confidence decouples from accuracy under shift, and aggregation masks local overconfidence",
        "signed overconfidence, confidence less correctness of each held-out item, against the round-0 model",
    ),
    Mode.FAIRNESS_COLLAPSE: About(
        "model",
        "aggregating adapters tuned to divergent clients widens cross-client gaps",
        "histogram of client-level scores against round 0, and what clients receive on their own held-out items",
    ),
    Mode.ADAPTATION_MISALIGNMENT: About(
        "model",
        "overfitting a narrow local objective degrades capability and safety within a round",
        "outcomes before against after the local training of the same round",
    ),
    Mode.OUT_OF_DOMAIN_DEGRADATION: About(
        "system",
        "over-specialising weakens cross-client and zero-shot generalisation",
        "off-domain probes against in-domain ones",
    ),
    Mode.ALIGNMENT_EROSION: About(
        "system",
        "small safety losses accumulate across rounds and stay hidden",
        "refusal and over-refusal of global and personalised models against round 0",
    ),
}

INFLUENCES: tuple[tuple[Mode, Mode], ...] = (
    (Mode.AMPLIFIED_BIAS, Mode.CONFIDENCE_MISCALIBRATION),
    (Mode.AMPLIFIED_BIAS, Mode.FAIRNESS_COLLAPSE),
    (Mode.CONFIDENCE_MISCALIBRATION, Mode.ADAPTATION_MISALIGNMENT),
    (Mode.CONFIDENCE_MISCALIBRATION, Mode.OUT_OF_DOMAIN_DEGRADATION),
    (Mode.FAIRNESS_COLLAPSE, Mode.ALIGNMENT_EROSION),
    (Mode.OUT_OF_DOMAIN_DEGRADATION, Mode.ALIGNMENT_EROSION),
    # feedback
    (Mode.FAIRNESS_COLLAPSE, Mode.ADAPTATION_MISALIGNMENT),
    (Mode.ADAPTATION_MISALIGNMENT, Mode.ALIGNMENT_EROSION),
    (Mode.ALIGNMENT_EROSION, Mode.AMPLIFIED_BIAS),
)
"""The paper's influence graph, (from, to). It orders what to suspect next; it proves nothing."""


def suspects(named: Iterable[Mode]) -> tuple[Mode, ...]:
    """Every other mode, nearest first along the arrows that lead away from `named`; empty when nothing is named.

    The graph's feedback reaches every mode from every other. Among equally near ones the graph's order decides.
    """
    seen = list(dict.fromkeys(named))
    given = len(seen)
    for mode in seen:  # breadth first: the list grows as it is walked
        seen.extend(to for start, to in INFLUENCES if start is mode and to not in seen)
    return tuple(seen[given:])
