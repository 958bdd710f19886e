"""The loss by which a client weighs its own update, where the aggregation asks for one: it stays on the client."""

from collections.abc import Mapping, Sequence
from random import Random

from tocsin.behaviour import HeldOut, LanguageModel

ASKED: Mapping[str, float] = {"losses": 1.0}
"""The client option by which an aggregation asks for losses."""

EXAMPLES = 32
"""As many of a client's examples are scored, before and after training."""


def tried(told: Mapping[str, float], examples: Sequence[HeldOut], seed: str) -> list[HeldOut]:
    """The examples that are scored in a round; none where the aggregation does not ask for it."""
    if not told.keys() >= ASKED.keys():
        return []
    return Random(seed).sample(examples, min(EXAMPLES, len(examples)))


def mean_loss(model: LanguageModel, examples: Sequence[HeldOut]) -> float:
    """Nats a token of the answers, over all tokens; 0 for no examples."""
    if not examples:
        return 0.0
    scored = model.log_likelihoods([(one.prompt, one.response) for one in examples])
    return -sum(one.total for one in scored) / max(1, sum(one.tokens for one in scored))
