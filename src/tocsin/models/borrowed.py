"""A network of somebody else's, lent to our probes: how it is set up is put back after each question."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from tocsin.behaviour import LanguageModel, TokenScores
from tocsin.errors import TocsinError
from tocsin.models.model import Model
from tocsin.models.packing import ATTENTION
from tocsin.models.scoring import score_tokens

_TEXTS = (tuple(range(3, 11)), tuple(range(11, 15)))


class _Borrowed(Model):
    """A `Model` around a network that is trained elsewhere, with PEFT's wrapping or without any."""

    def __post_init__(self) -> None:
        """There is no adapter of ours in it, so none to remember."""

    @property
    def _base(self) -> Any:
        wrapped = getattr(self.network, "get_base_model", None)
        return self.network if wrapped is None else wrapped()

    @contextmanager
    def _lent(self) -> Iterator[Any]:
        """The network with our attention, measuring and not training."""
        base = self._base
        attention = base.config._attn_implementation
        training = [module for module in self.network.modules() if module.training]
        try:
            base.set_attn_implementation(ATTENTION)
            self.network.eval()
            yield base
        finally:
            base.set_attn_implementation(attention)
            for module in training:
                module.training = True

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """See `LanguageModel.token_scores`."""
        sequences = [self._split(prefix, text) for prefix, text in pairs]
        with self._lent() as base:
            return score_tokens(base, [(s.ids, s.prompt) for s in sequences], self.device)

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        """See `LanguageModel.generate`."""
        with self._lent():
            return super().generate(prompts, max_tokens, decided)

    def check(self) -> None:
        """Raises TocsinError where our way of scoring does not give what the network itself does."""
        with self._lent() as base, torch.inference_mode():
            ours = np.concatenate(
                [s.log_probabilities for s in score_tokens(base, [(t, 1) for t in _TEXTS], self.device)]
            )
            theirs = []
            for text in _TEXTS:
                ids = torch.tensor([text], device=self.device)
                logits = self.network(input_ids=ids, use_cache=False).logits[0, :-1].float()
                theirs.append(torch.log_softmax(logits, -1).gather(1, ids[0, 1:, None])[:, 0].cpu().numpy())
        # The mean, and loosely: single tokens of such odd texts are a tenth off in bfloat16.
        if not np.isclose(ours.mean(), np.concatenate(theirs).mean(), rtol=0.05):
            raise TocsinError(
                f"{self.name} computes its likelihoods in a way that Tocsin does not know; "
                "watch a model of the Llama kind (Llama, SmolLM, Qwen, Mistral)."
            )


def from_transformers(network: Any, tokenizer: Any) -> LanguageModel:
    """What probes may ask of a causal language model of transformers, with PEFT's adapters or without.

    The network is the caller's: it answers with the weights that are in it when it is asked, and its attention and
    training mode are as they were afterwards. Raises TocsinError for one that we would measure wrongly, such as one
    that scales its logits.
    """
    name = str(getattr(network.config, "_name_or_path", "") or type(network).__name__)
    model = _Borrowed(network, tokenizer, network.device, "", name)
    try:
        model.check()
    except (AttributeError, TypeError, ValueError) as error:
        raise TocsinError(
            f"{name} cannot be asked ({type(error).__name__}: {str(error).splitlines()[0]}); "
            "give a causal language model of transformers of the Llama kind (Llama, SmolLM, Qwen, Mistral)."
        ) from None
    return model
