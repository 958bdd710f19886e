"""A model behind the ways that its openness gives: what is not given is not there; what comes back is plain data."""

from collections.abc import Callable, Collection, Sequence
from copy import deepcopy

import torch
from torch import Tensor

from tocsin.models import Model, TrainingPlan

Vectors = Sequence[Sequence[float]]
LISTED = 20  # as many of the likeliest tokens as services list
WORDS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class NotGiven(Exception):
    """The model does not give that."""


class Access:
    """`weights` is a copy of the model for the client, where that is given. The rest are calls to a service, which
    keeps in `seen` every text that it was sent:

    api-generation: `generate(prompt, [vectors]) -> text`
    api-top-log-probabilities: `likeliest(prompt) -> {token: log-probability}` of the next token, LISTED of them
    api-log-likelihoods: `scores(prompt, text, [vectors]) -> log-probabilities of the text's tokens`
    api-input-embeddings: `width`, and `vectors` in the calls above
    api-embeddings: `embed(text) -> vector`
    api-tuning: `tune(examples) -> name`
    """

    weights: Model
    width: int

    def __init__(self, model: Model, given: Collection[str]) -> None:
        self.seen: list[str] = []
        if "weights" in given:
            self.weights = deepcopy(model)
        if "api-input-embeddings" in given:
            self.width = int(model.network.config.hidden_size)
        takes_vectors = "api-input-embeddings" in given
        for way, (name, function) in _SERVICES.items():
            if way in given:
                setattr(self, name, _call(function, model, self.seen, takes_vectors))

    def __getattr__(self, name: str) -> Callable:
        raise NotGiven(f"this model gives no {name}")


def _call(function: Callable, model: Model, seen: list[str], takes_vectors: bool) -> Callable:
    def call(*texts: str, vectors: Vectors | None = None) -> object:
        if vectors is not None and not takes_vectors:
            raise NotGiven("this model takes no vectors")
        seen.extend(str(text) for text in texts)
        return function(model, *texts) if vectors is None else function(model, *texts, vectors=vectors)

    return call


def next_token_logits(model: Model, text: str, vectors: Tensor | None = None) -> Tensor:
    """Logits of what follows the beginning and each token of `text`, after `vectors`: (tokens + 1, words)."""
    network = model.network
    ids = [model.tokenizer.bos_token_id, *model.tokenizer(text, add_special_tokens=False)["input_ids"]]
    embedded = network.get_input_embeddings()(torch.tensor([ids]))
    if vectors is not None:
        embedded = torch.cat([vectors[None], embedded], 1)
    return network(inputs_embeds=embedded, use_cache=False).logits[0, -len(ids) :].float()


def answer_log_probabilities(model: Model, prompt: str, answer: str, vectors: Tensor | None = None) -> Tensor:
    """Log-probabilities of the tokens of `answer` after `prompt`; differentiable."""
    ids = model.tokenizer(answer, add_special_tokens=False)["input_ids"]
    logits = next_token_logits(model, prompt + answer, vectors)[-len(ids) - 1 : -1]
    return logits.log_softmax(-1)[torch.arange(len(ids)), ids]


def greedy(model: Model, prompt: str, tokens: int = 4, vectors: Tensor | None = None) -> str:
    """The likeliest words, one by one."""
    text = prompt
    with torch.no_grad():
        for _ in range(tokens):
            text += best(dict(zip(WORDS, next_token_logits(model, text, vectors)[-1][word_ids(model)], strict=True)))
    return text.removeprefix(prompt)


def best(scores: dict[str, float]) -> str:
    """The key with the highest value."""
    return max(scores, key=lambda word: float(scores[word]))


def word_ids(model: Model) -> list[int]:
    """The token of each of WORDS."""
    return [model.tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in WORDS]


def _tensor(vectors: Vectors | None) -> Tensor | None:
    return None if vectors is None else torch.tensor(vectors)


def _generate(model: Model, prompt: str, vectors: Vectors | None = None) -> str:
    return greedy(model, prompt, vectors=_tensor(vectors))


def _likeliest(model: Model, prompt: str) -> dict[str, float]:
    with torch.no_grad():
        listed = next_token_logits(model, prompt)[-1].log_softmax(-1)[word_ids(model)].topk(LISTED)
    return {WORDS[i]: float(value) for i, value in zip(listed.indices, listed.values, strict=True)}


def _scores(model: Model, prompt: str, text: str, vectors: Vectors | None = None) -> list[float]:
    with torch.no_grad():
        return answer_log_probabilities(model, prompt, text, _tensor(vectors)).tolist()


def _embed(model: Model, text: str) -> list[float]:
    ids = torch.tensor([model.tokenizer(text)["input_ids"]])
    with torch.no_grad():
        states = model.network(input_ids=ids, output_hidden_states=True, use_cache=False).hidden_states[-1]
    return states[0, -1].tolist()


def _tune(model: Model, *examples: tuple[str, str]) -> str:
    samples = [model.sample(prompt, answer, 128) for prompt, answer in examples]
    model.train(samples, TrainingPlan(steps=1, batch_size=len(samples), learning_rate=1e-4, seed=0))
    return "tuned-model-1"


_SERVICES: dict[str, tuple[str, Callable]] = {
    "api-generation": ("generate", _generate),
    "api-top-log-probabilities": ("likeliest", _likeliest),
    "api-log-likelihoods": ("scores", _scores),
    "api-embeddings": ("embed", _embed),
    "api-tuning": ("tune", _tune),
}
