"""What judges whether a text is toxic: a small Protocol and its registry. One file each, in `behaviour/toxicity`."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.registry import Registry


class ToxicityClassifier(Protocol):
    """How toxic texts are. Every classifier of the registry has a probe of its own, `real-toxicity-NAME`."""

    grows: bool
    """Whether whole words that are added to a text can only raise its score: then generation may stop early."""

    def scores(self, texts: Sequence[str]) -> list[float]:
        """One number in [0, 1] for each text, 1 = surely toxic; .5 and above is called toxic.

        Raises TocsinError, saying what to install, where the classifier cannot run.
        """


TOXICITY: Registry[ToxicityClassifier] = Registry("toxicity classifier", "tocsin.behaviour.toxicity")
