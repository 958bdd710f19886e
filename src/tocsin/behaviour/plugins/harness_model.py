"""Our model as lm-evaluation-harness sees one."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from lm_eval.api.model import LM

from tocsin.behaviour.probe import LanguageModel
from tocsin.errors import TocsinError

_MAX_TOKENS = 256  # the harness' own default


class HarnessModel(LM):  # type: ignore[misc]  # the harness publishes no types
    """Answers the harness' three kinds of request."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__()
        self._model = model

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """Log-likelihood of each continuation in nats, and whether greedy decoding would give it."""
        scores = self._model.token_scores([request.args[:2] for request in requests])
        return [(float(one.log_probabilities.sum(dtype=np.float64)), bool(one.correct.all())) for one in scores]

    def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
        """Log-likelihood of each whole text in nats."""
        return [one.total for one in self._model.log_likelihoods([("", request.args[0]) for request in requests])]

    def generate_until(self, requests: list[Any]) -> list[str]:
        """The greedy continuation of each prompt, up to the first of its stop texts."""
        answers: dict[int, str] = {}
        alike: dict[tuple[int, tuple[str, ...]], list[int]] = {}
        for place, request in enumerate(requests):
            settings = request.args[1]
            stops = settings.get("until") or []
            stops = tuple(stop for stop in ([stops] if isinstance(stops, str) else stops) if stop)
            most = int(settings.get("max_gen_toks", settings.get("max_new_tokens", _MAX_TOKENS)))
            alike.setdefault((most, stops), []).append(place)
        for (most, stops), places in alike.items():
            prompts = [requests[place].args[0] for place in places]
            texts = self._model.generate(prompts, most, partial(_ended, stops))
            answers |= {place: _cut(text, stops) for place, text in zip(places, texts, strict=True)}
        return [answers[place] for place in range(len(requests))]


def _ended(stops: Sequence[str], text: str) -> bool:
    return any(stop in text for stop in stops)


def _cut(text: str, stops: Sequence[str]) -> str:
    for stop in stops:
        text = text.partition(stop)[0]
    return text


def ask(model: LanguageModel, requests: Sequence[Any]) -> None:
    """Answer each request of the harness (an `Instance`) in place, all of one kind at once."""
    asked = HarnessModel(model)
    kinds: dict[str, list[Any]] = {}
    for request in requests:
        kinds.setdefault(request.request_type, []).append(request)
    for kind, alike in kinds.items():
        if any(len(request.args) > 2 for request in alike):
            raise TocsinError(f'The task "{alike[0].task_name}" asks about pictures or sound; name a task of texts.')
        for request, answer in zip(alike, getattr(asked, kind)(alike), strict=True):
            request.resps = [answer] * (request.repeats or 1)  # greedy: asking again gives the same
