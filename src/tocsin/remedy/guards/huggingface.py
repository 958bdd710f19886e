"""A guard model in Hugging Face's format that answers "safe" or "unsafe", such as Llama Guard."""

from collections.abc import Sequence

import numpy as np
from jinja2 import TemplateError
from numpy.typing import NDArray
from scipy.special import expit

from tocsin import models
from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.models import Model
from tocsin.remedy.guards.guard import FOLDER, GUARDS, Guard, beginning
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings

_VERDICTS = ("safe", "unsafe")
_ANSWER_TOKENS = 8


class HuggingFace:
    """After Llama Guard (Inan et al., 2023, arXiv 2312.06674): the exchange goes through the guard's own chat template,
    as user and assistant turns, and the score is the likelihood of "unsafe" over that of "unsafe" and "safe".

    Its first answer is generated, to see that it is a guard and what white space it begins an answer with.
    """

    threshold = 0.5

    def __init__(self, guard: Model) -> None:
        self._guard = guard
        self._lead: str | None = None

    def scores(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """See `Guard.scores`. Raises TocsinError for a guard that says neither word, or whose template cannot hold an
        exchange."""
        if not examples:
            return np.empty(0)
        prompts = [self._prompt(example) for example in examples]
        if self._lead is None:
            self._lead = self._found_lead(prompts[0])
        texts = [(prompt, self._lead + verdict) for prompt in prompts for verdict in _VERDICTS]
        totals = np.array([one.total for one in self._guard.log_likelihoods(texts)]).reshape(-1, 2)
        found: NDArray[np.float64] = expit(totals[:, 1] - totals[:, 0])
        return found

    def _prompt(self, example: Example) -> str:
        # Guards' templates know no system turns.
        turns = [(role, beginning(text)) for role, text in example.turns if role != "system"]
        try:
            return self._guard.render([*turns, ("assistant", beginning(example.response))])
        except TemplateError:
            raise TocsinError(
                f"The chat template of the guard in {self._guard.name} does not take an exchange; name a guard whose "
                "template takes user and assistant turns."
            ) from None

    def _found_lead(self, prompt: str) -> str:
        (answer,) = self._guard.generate([prompt], _ANSWER_TOKENS)
        said = answer.lstrip()
        if not said.startswith(_VERDICTS):
            raise TocsinError(
                f'The guard in {self._guard.name} answers neither "safe" nor "unsafe"; name a guard model with its own '
                "chat template, such as Llama Guard."
            )
        return answer.removesuffix(said)


@GUARDS.register(FOLDER)
def huggingface(source: str, model: Model) -> Guard:
    """The guard in the folder `source`, on the device of the model that is trained."""
    settings = ModelSettings(source=source, device="cuda" if model.device.type == "cuda" else "cpu")
    return HuggingFace(models.load(settings, Lora(rank=1)))
