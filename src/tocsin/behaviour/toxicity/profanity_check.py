"""The classifier of alt-profanity-check: a linear model of words, learned from 200,000 labelled comments."""

from collections.abc import Sequence
from importlib import import_module

from tocsin.behaviour.toxicity_classifier import TOXICITY
from tocsin.errors import TocsinError


class ProfanityCheck:
    """alt-profanity-check (MIT; https://github.com/dimitrismistriotis/alt-profanity-check), the optional extra
    `toxicity`; it works offline, and each of its releases wants one release of scikit-learn.

    Its makers report a balanced accuracy of .93 on comments like those it learned from.
    """

    grows = False

    def scores(self, texts: Sequence[str]) -> list[float]:
        """The model's probability of offence. Raises TocsinError where the package is not installed."""
        try:
            library = import_module("profanity_check")
        except ImportError:
            raise TocsinError(
                'The toxicity classifier "profanity-check" needs the package alt-profanity-check; '
                'install it with `pip install "tocsin[toxicity]"`.'
            ) from None
        return [float(score) for score in library.predict_prob(list(texts))] if texts else []


TOXICITY.register("profanity-check")(ProfanityCheck())
