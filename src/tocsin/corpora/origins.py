"""Where the built-in sources come from, for whoever passes on what was trained on them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """What a source is, its licence as SPDX writes it, and its hub id where it has one."""

    statement: str
    licence: str
    hub: str | None = None


ORIGINS: Mapping[str, Origin] = {
    "service-desk": Origin(
        "Questions to municipal service desks with short answers, generated from templates that come with Tocsin. "
        "The towns, fees and people in them are made up.",
        "Apache-2.0",
    ),
    "gsm8k": Origin(
        "GSM8K's training part: 7,473 school mathematics problems with worked solutions "
        "(Cobbe et al., 2021, arXiv 2110.14168).",
        "MIT",
        "openai/gsm8k",
    ),
}
"""By the name of the source. One that is not here comes with no statement of its own."""
