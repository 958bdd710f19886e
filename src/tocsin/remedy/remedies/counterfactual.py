"""Each example that names a group once more, with the groups exchanged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.corpora import Example
from tocsin.remedy.exchanging import Words, read_words
from tocsin.remedy.remedy import REMEDIES, ClientSide, DataRemedy, Options, Weighed, options
from tocsin.study import Study


@dataclass(frozen=True)
class Counterfactual:
    """Counterfactual data augmentation (Lu et al., 2020, arXiv 1807.11714; Zmigrod et al., 2019, arXiv 1906.04571).

    An example and its copy share the example's weight, so that it counts no more than one without words of a group.
    Every turn and the answer are exchanged, names are not; the copy stays in the example's group.
    """

    words: Words

    def conflict(self, study: Study) -> str | None:
        """See `DataRemedy.conflict`."""
        return None

    def prepare(self, examples: Sequence[Weighed], side: ClientSide) -> list[Weighed]:
        """See `DataRemedy.prepare`. A copy stands behind its example."""
        made = []
        for one in examples:
            other = self._exchanged(one.example)
            if other == one.example:
                made.append(one)
            else:
                half = one.weighed(0.5)
                made += [half, replace(half, example=other)]
        return made

    def _exchanged(self, example: Example) -> Example:
        turns = tuple((role, self.words.exchanged(text)) for role, text in example.turns)
        return replace(example, turns=turns, response=self.words.exchanged(example.response))


@REMEDIES.register("counterfactual")
def counterfactual(given: Options) -> DataRemedy:
    """Option `file`: a TOML file of words; by default our own gendered ones, in English."""
    file = options("counterfactual", given, {"file": ""})["file"]
    return Counterfactual(read_words(Path(file).expanduser() if file else None))
