"""Greedy generation that computes a common beginning once and stops each text as soon as it is decided."""

import copy
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch

from tocsin.models.prefix_tree import common_prefix

_BATCH = 32
# A batch is made smaller once this share of it has ended: copying its cache costs about as much as a step.
_ENDED = 0.25


def generate(
    network: Any,
    prompts: Sequence[list[int]],
    max_tokens: int,
    ends: Collection[int],
    decided: Callable[[list[int]], bool],
    device: torch.device,
) -> list[list[int]]:
    """The likeliest next token, at most `max_tokens` times, after each prompt (at least one token), in order.

    A continuation ends before a token of `ends`, or after one with which `decided(continuation)` is true. The
    model's own generation settings (repetition penalties, sampling) are left aside. `network` is a causal
    language model of transformers, with its adapter.
    """
    results: list[list[int]] = [[] for _ in prompts]
    if not prompts or max_tokens < 1:
        return results
    first, last = min(prompts), max(prompts)
    # Each prompt keeps one token of its own, from which the first new token is foreseen.
    shared = min(common_prefix(first, last), min(map(len, prompts)) - 1)
    with torch.inference_mode():
        opening = _read(network, first[:shared], device) if shared else None
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        for begin in range(0, len(order), _BATCH):
            part = order[begin : begin + _BATCH]
            batch = _Batch(network, [prompts[i][shared:] for i in part], opening, shared, device)
            for i, text in zip(part, batch.run(max_tokens, ends, decided), strict=True):
                results[i] = text
    return results


def _read(network: Any, ids: Sequence[int], device: torch.device) -> Any:
    """The key-value cache of one text."""
    return network(input_ids=torch.tensor([ids], device=device), use_cache=True, logits_to_keep=1).past_key_values


class _Batch:
    """Some prompts that go on together, padded on the left: what is new must follow without a gap."""

    def __init__(
        self, network: Any, prompts: Sequence[list[int]], opening: Any, shared: int, device: torch.device
    ) -> None:
        self._network, self._count = network, len(prompts)
        width = max(map(len, prompts))
        self._ids = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts], device=device)
        real = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        self._seen = torch.cat([real.new_ones(len(prompts), shared), real], 1)
        self._positions = (self._seen.cumsum(1) - 1).clamp(min=0)[:, shared:]
        self._cache = copy.deepcopy(opening)
        if self._cache is not None:
            self._cache.batch_repeat_interleave(len(prompts))

    def run(self, max_tokens: int, ends: Collection[int], decided: Callable[[list[int]], bool]) -> list[list[int]]:
        texts: list[list[int]] = [[] for _ in range(self._count)]
        going = list(range(self._count))  # which text each place of the batch belongs to
        ended: set[int] = set()
        for _ in range(max_tokens):
            for place, token in enumerate(self._step()):
                text = going[place]
                if text in ended:
                    continue
                if token in ends:
                    ended.add(text)
                    continue
                texts[text].append(token)
                if len(texts[text]) == max_tokens or decided(texts[text]):
                    ended.add(text)
            left = [place for place, text in enumerate(going) if text not in ended]
            if not left:
                break
            if len(left) <= (1 - _ENDED) * len(going):
                self._keep(left)
                going = [going[place] for place in left]
        return texts

    def _step(self) -> list[int]:
        out = self._network(
            input_ids=self._ids,
            attention_mask=self._seen,
            position_ids=self._positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = out.past_key_values
        best = out.logits[:, -1].argmax(-1, keepdim=True)
        self._ids = best
        self._seen = torch.cat([self._seen, self._seen.new_ones(len(best), 1)], 1)
        self._positions = self._positions[:, -1:] + 1
        tokens: list[int] = best[:, 0].tolist()
        return tokens

    def _keep(self, places: list[int]) -> None:
        index = torch.tensor(places, device=self._ids.device)
        self._cache.batch_select_indices(index)
        self._ids, self._seen, self._positions = (t[index] for t in (self._ids, self._seen, self._positions))
