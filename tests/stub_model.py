"""A language model of two functions, for tests of what asks it."""

from collections.abc import Callable, Sequence

import numpy as np

from tocsin.behaviour import Likelihood, TokenScores


class StubModel:
    """log p(text | prefix) is `score(prefix, text)`, every character a token; an answer is `answer(prompt)`."""

    def __init__(
        self,
        score: Callable[[str, str], float] = lambda prefix, text: -float(len(text)),
        answer: Callable[[str], str] = lambda prompt: "",
    ) -> None:
        self.score, self.answer = score, answer

    def chat(self, user: str) -> str:
        return f"<user>{user}<assistant>"

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(self.score(prefix, text), len(text)) for prefix, text in pairs]

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        return [self._tokens(self.score(prefix, text), len(text)) for prefix, text in pairs]

    @staticmethod
    def _tokens(total: float, tokens: int) -> TokenScores:
        each = np.full(tokens, total / tokens, np.float32)
        return TokenScores(each, np.full(tokens, 0.5, np.float32), np.full(tokens, total / tokens > -0.5))

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        return [self.answer(prompt) for prompt in prompts]
