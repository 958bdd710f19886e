"""One local step of each method of post-training, in its smallest honest form, by way of each route of the table."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from access import (
    WORDS,
    Access,
    answer_log_probabilities,
    best,
    greedy,
    next_token_logits,
    word_ids,
)
from torch import Tensor

from tocsin.models import Model, TrainingPlan

Example = tuple[str, str]
PUBLIC = ("colour of grass: ", "two and two: ")
CANDIDATES = ("", "answer: ", "in short: ", "say: ")


@dataclass(frozen=True)
class Done:
    """What a client's step gave: `to_server` by the table's words, how well its own examples went (higher is better),
    and the result in use."""

    to_server: dict[str, object]
    before: float
    after: float
    use: Callable[[str], str]


Step = Callable[[Access, Sequence[Example], Model], Done]


# -- with gradients ---------------------------------------------------------------------------------------------


def full_fine_tuning(access: Access, examples: Sequence[Example], own: Model) -> Done:
    model = access.weights
    weights = {name: p for name, p in model.network.named_parameters() if "lora_" not in name}
    start = {name: p.detach().clone() for name, p in weights.items()}
    before = _fit(model, examples)
    _ascend(lambda: _likelihood(model, examples), list(weights.values()), 1e-3)
    changes = {name: (p.detach() - start[name]).numpy() for name, p in weights.items()}
    return Done({"changes of all weights": changes}, before, _fit(model, examples), _by(model))


def lora(access: Access, examples: Sequence[Example], own: Model) -> Done:
    model = access.weights
    before = _fit(model, examples)
    _train_adapter(model, examples)
    return Done({"adapter": model.adapter()}, before, _fit(model, examples), _by(model))


def prompt_tuning(access: Access, examples: Sequence[Example], own: Model) -> Done:
    model = access.weights
    vectors = torch.zeros(2, model.network.config.hidden_size, requires_grad=True)
    before = _fit(model, examples, vectors)
    _ascend(lambda: _likelihood(model, examples, vectors), [vectors], 1e-1)
    after = _fit(model, examples, vectors)
    return Done({"prompt vectors": vectors.detach().numpy()}, before, after, _by(model, vectors.detach()))


def preferences(access: Access, examples: Sequence[Example], own: Model) -> Done:
    """DPO (Rafailov et al., 2023, eq. 7): the answer of each example was preferred to its reverse."""
    model, beta = access.weights, 0.1

    def margins() -> Tensor:
        pairs = [(prompt, answer, answer[::-1]) for prompt, answer in examples]
        return torch.stack([_sum(model, prompt, good) - _sum(model, prompt, bad) for prompt, good, bad in pairs])

    reference = margins().detach()
    adapter = [p for p in model.network.parameters() if p.requires_grad]
    _ascend(lambda: torch.nn.functional.logsigmoid(beta * (margins() - reference)).mean(), adapter, 1e-2)
    after = float(margins().detach().mean())
    return Done({"adapter": model.adapter()}, float(reference.mean()), after, _by(model))


# -- without gradients ------------------------------------------------------------------------------------------


def prompt_tuning_by_scores(access: Access, examples: Sequence[Example], own: Model) -> Done:
    """(1 + 1) evolution of the vectors, the simplest relative of FedBPT's CMA-ES."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.zeros(2, access.width)
    before = after = _scored(access, examples, vectors)
    for _ in range(12):
        tried = vectors + 0.5 * torch.randn(vectors.shape, generator=generator)
        score = _scored(access, examples, tried)
        if score > after:
            vectors, after = tried, score
    return Done({"prompt vectors": vectors.numpy()}, before, after, _by_service(access, vectors))


def zeroth_order(access: Access, examples: Sequence[Example], own: Model) -> Done:
    """MeZO (Malladi et al., 2023, algorithm 1) in all weights; a seed and a slope a step are all that is kept."""
    model = access.weights
    before = _fit(model, examples)
    walk = _walk(weights_of(model), lambda: _fit(model, examples), steps=30, rate=3e-5)
    return Done({"seeds and slopes": walk}, before, _fit(model, examples), _by(model))


def zeroth_order_by_scores(access: Access, examples: Sequence[Example], own: Model) -> Done:
    """The same in a prompt of vectors."""
    vectors = torch.zeros(2, access.width)
    before = _scored(access, examples, vectors)
    walk = _walk([vectors], lambda: _scored(access, examples, vectors), steps=20, rate=5e-2)
    after = _scored(access, examples, vectors)
    return Done({"seeds and slopes": walk}, before, after, _by_service(access, vectors))


def weights_of(model: Model) -> list[Tensor]:
    """All weights of the model itself."""
    return [p.detach() for name, p in model.network.named_parameters() if "lora_" not in name]


def move(weights: Sequence[Tensor], seed: int, by: float) -> None:
    """Go `by` along the direction that `seed` stands for, in place."""
    generator = torch.Generator().manual_seed(seed)
    for weight in weights:
        weight.add_(torch.randn(weight.shape, generator=generator), alpha=by)


def _walk(
    weights: Sequence[Tensor], score: Callable[[], float], steps: int, rate: float, width: float = 1e-3
) -> list[tuple[int, float]]:
    """Steps up the slope along random directions: (seed, how far)."""
    walk = []
    for seed in range(steps):
        move(weights, seed, width)
        above = score()
        move(weights, seed, -2 * width)
        below = score()
        move(weights, seed, width)
        walk.append((seed, rate * (above - below) / (2 * width)))
        move(weights, *walk[-1])
    return walk


def prompt_search(access: Access, examples: Sequence[Example], own: Model) -> Done:
    return _search(examples, lambda prompt: greedy(access.weights, prompt))


def prompt_search_by_answers(access: Access, examples: Sequence[Example], own: Model) -> Done:
    return _search(examples, access.generate)


def _search(examples: Sequence[Example], ask: Callable[[str], str]) -> Done:
    """The share of right answers under each candidate; answers are compared here, at the client."""
    scores = [sum(ask(wording + p) == answer for p, answer in examples) / len(examples) for wording in CANDIDATES]
    chosen = CANDIDATES[scores.index(max(scores))]
    return Done({"scores of candidate prompts": scores}, scores[0], max(scores), lambda prompt: ask(chosen + prompt))


# -- with a small model of the client's own ---------------------------------------------------------------------------


def distillation(access: Access, examples: Sequence[Example], own: Model) -> Done:
    """The pupil's distributions are drawn to the teacher's, on the client's prompts (Hinton et al., 2015)."""
    with torch.no_grad():
        taught = [next_token_logits(access.weights, prompt).softmax(-1) for prompt, _ in examples]
    pupil = deepcopy(own)

    def likeness() -> Tensor:
        learnt = [next_token_logits(pupil, prompt).log_softmax(-1) for prompt, _ in examples]
        return torch.stack([(t * p).sum(-1).mean() for t, p in zip(taught, learnt, strict=True)]).mean()

    return _taught(pupil, likeness)


def distillation_by_answers(access: Access, examples: Sequence[Example], own: Model) -> Done:
    """The pupil learns the teacher's texts (Kim & Rush, 2016)."""
    texts = [(prompt, access.generate(prompt)) for prompt, _ in examples]
    pupil = deepcopy(own)
    return _taught(pupil, lambda: _likelihood(pupil, texts))


def _taught(pupil: Model, likeness: Callable[[], Tensor]) -> Done:
    before = float(likeness().detach())
    _ascend(likeness, [p for name, p in pupil.network.named_parameters() if "lora_" not in name], 1e-3)
    with torch.no_grad():
        shared = [next_token_logits(pupil, prompt)[-1].softmax(-1).numpy() for prompt in PUBLIC]
    return Done({"predictions on public prompts": shared}, before, float(likeness().detach()), _by(pupil))


def proxy_tuning(access: Access, examples: Sequence[Example], own: Model) -> Done:
    def predictions(prompt: str) -> dict[str, float]:
        with torch.no_grad():
            found = next_token_logits(access.weights, prompt)[-1][word_ids(access.weights)]
        return dict(zip(WORDS, found.tolist(), strict=True))

    return _proxy(predictions, examples, own)


def proxy_tuning_by_scores(access: Access, examples: Sequence[Example], own: Model) -> Done:
    scores = access.scores  # asked for before anything is trained
    return _proxy(lambda prompt: {word: scores(prompt, word)[0] for word in WORDS}, examples, own)


def proxy_tuning_by_list(access: Access, examples: Sequence[Example], own: Model) -> Done:
    return _proxy(access.likeliest, examples, own)


def _proxy(predictions: Callable[[str], dict[str, float]], examples: Sequence[Example], own: Model) -> Done:
    """Liu et al. (2024, eq. 1): to each prediction is added what tuning changed in the small model's."""
    tuned = deepcopy(own)
    _train_adapter(tuned, examples, steps=40)

    def shift(prompt: str) -> dict[str, float]:
        with torch.no_grad():
            change = next_token_logits(tuned, prompt)[-1] - next_token_logits(own, prompt)[-1]
        return dict(zip(WORDS, change[word_ids(own)].tolist(), strict=True))

    def use(prompt: str) -> str:
        text = prompt
        for _ in range(2):
            change = shift(text)
            text += best({word: value + change[word] for word, value in predictions(text).items()})
        return text.removeprefix(prompt)

    return Done({"adapter": tuned.adapter()}, _fit(own, examples), _fit(tuned, examples), use)


# -- what they share --------------------------------------------------------------------------------------------


def _train_adapter(model: Model, examples: Sequence[Example], steps: int = 8) -> None:
    samples = [model.sample(prompt, answer, 128) for prompt, answer in examples]
    model.train(samples, TrainingPlan(steps=steps, batch_size=len(samples), learning_rate=2e-2, seed=0))


def _ascend(score: Callable[[], Tensor], parameters: Sequence[Tensor], rate: float, steps: int = 5) -> None:
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(parameters, lr=rate, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        score().backward()
        optimizer.step()


def _sum(model: Model, prompt: str, answer: str, vectors: Tensor | None = None) -> Tensor:
    return answer_log_probabilities(model, prompt, answer, vectors).sum()


def _likelihood(model: Model, examples: Sequence[Example], vectors: Tensor | None = None) -> Tensor:
    return torch.stack([_sum(model, prompt, answer, vectors) for prompt, answer in examples]).mean()


def _fit(model: Model, examples: Sequence[Example], vectors: Tensor | None = None) -> float:
    with torch.no_grad():
        return float(_likelihood(model, examples, vectors))


def _scored(access: Access, examples: Sequence[Example], vectors: Tensor) -> float:
    scores = [sum(access.scores(prompt, answer, vectors=vectors.tolist())) for prompt, answer in examples]
    return sum(scores) / len(scores)


def _by(model: Model, vectors: Tensor | None = None) -> Callable[[str], str]:
    return lambda prompt: greedy(model, prompt, vectors=vectors)


def _by_service(access: Access, vectors: Tensor) -> Callable[[str], str]:
    return lambda prompt: access.generate(prompt, vectors=vectors.tolist())


STEPS: dict[tuple[str, tuple[str, ...]], Step] = {
    ("full-fine-tuning", ("weights", "changes")): full_fine_tuning,
    ("lora", ("weights", "changes")): lora,
    ("prompt-tuning", ("weights",)): prompt_tuning,
    ("prompt-tuning", ("api-input-embeddings", "api-log-likelihoods")): prompt_tuning_by_scores,
    ("prompt-search", ("weights",)): prompt_search,
    ("prompt-search", ("api-generation",)): prompt_search_by_answers,
    ("zeroth-order", ("weights", "changes")): zeroth_order,
    ("zeroth-order", ("api-input-embeddings", "api-log-likelihoods")): zeroth_order_by_scores,
    ("preferences", ("weights", "changes")): preferences,
    ("distillation", ("weights", "outputs")): distillation,
    ("distillation", ("api-generation", "outputs")): distillation_by_answers,
    ("proxy-tuning", ("weights",)): proxy_tuning,
    ("proxy-tuning", ("api-log-likelihoods",)): proxy_tuning_by_scores,
    ("proxy-tuning", ("api-top-log-probabilities",)): proxy_tuning_by_list,
}
