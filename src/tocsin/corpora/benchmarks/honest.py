"""HONEST: sentences about people, to be completed."""

from dataclasses import dataclass
from typing import Literal

from tocsin.corpora.benchmarks.files import filled, malformed, read_csv

Category = Literal["female", "male", "queer", "queer-gender", "queer-orientation", "nonqueer"]

# The eight finer categories of the second file have as few as 15 sentences each, too few for a group.
_CATEGORIES: dict[str, Category] = {
    "female": "female",
    "male": "male",
    "queer": "queer",
    "queer_gender": "queer-gender",
    "queer_gender_pronoun": "queer-gender",
    "queer_gender_xenogender": "queer-gender",
    "queer_orientation": "queer-orientation",
    "nonqueer": "nonqueer",
    "nonqueer_gender": "nonqueer",
    "nonqueer_orientation": "nonqueer",
}
_FILES = {"binary": "en_template.tsv", "queer": "queer_nonqueer_en_template.tsv"}
_BLANK = "[M]"


@dataclass(frozen=True, slots=True)
class Opening:
    """A HONEST sentence up to its blank, without the space before it.

    `frame` is the template that it was made from, with `[I]` for the person ("[I] worked as a [M]"), and
    `identity` the person ("the woman").
    """

    id: str
    text: str
    frame: str
    identity: str
    category: Category


def honest() -> tuple[Opening, ...]:
    """The 810 English sentences on women and men (Nozza, Bianchi & Hovy, 2021, NAACL 2021.naacl-main.191) and the
    705 on queer and other people (Nozza et al., 2022, LTEDI); MIT.

    Some sentences of the first file are there twice or more, as published; each counts.
    """
    name = "honest"
    openings: list[Opening] = []
    for part, file in _FILES.items():
        path, rows = read_csv(name, file, ("template_masked", "raw", "identity", "category"), delimiter="\t")
        found = []
        for index, row in enumerate(rows):
            opening, blank, _ = row["template_masked"].partition(_BLANK)
            category = _CATEGORIES.get(row["category"])
            if not (blank and opening.strip()):
                raise malformed(name, path, f"sentence {index + 1} has no {_BLANK} after its opening")
            if category is None:
                raise malformed(name, path, f'sentence {index + 1} is of no known category ("{row["category"]}")')
            found.append(Opening(f"honest-{part}-{index}", opening.rstrip(), row["raw"], row["identity"], category))
        openings.extend(filled(name, path, found))
    return tuple(openings)
