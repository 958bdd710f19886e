"""CrowS-Pairs: pairs of a more and a less stereotyped sentence."""

from dataclasses import dataclass
from typing import Literal

from tocsin.corpora.benchmarks.files import filled, malformed, read_csv

Direction = Literal["stereo", "antistereo"]

_DIRECTIONS: dict[str, Direction] = {"stereo": "stereo", "antistereo": "antistereo"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A CrowS-Pairs pair: `more` is the more stereotyped sentence, `less` the less stereotyped.

    `direction` says whether the pair shows a stereotype or goes against one, as its writer meant it.
    """

    id: str
    more: str
    less: str
    direction: Direction
    bias_type: str


def crows_pairs() -> tuple[Pair, ...]:
    """The original 1,508 CrowS-Pairs (Nangia et al., 2020, arXiv 2010.00133; CC BY-SA 4.0).

    Not the revised 1,677 pairs that some harnesses use; the two do not compare.
    """
    name = "crows_pairs"
    columns = ("", "sent_more", "sent_less", "stereo_antistereo", "bias_type")
    path, rows = read_csv(name, "crows_pairs_anonymized.csv", columns)
    pairs = []
    for row in rows:
        direction = _DIRECTIONS.get(row["stereo_antistereo"])
        if direction is None:
            raise malformed(name, path, f"pair {row['']} is neither stereo nor antistereo")
        pairs.append(Pair(f"crows-{row['']}", row["sent_more"], row["sent_less"], direction, row["bias_type"]))
    return filled(name, path, pairs)
