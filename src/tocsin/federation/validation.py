"""The loss of the global model on public examples: what a federation watches where clients tell no training loss."""

from collections.abc import Sequence
from random import Random

from tocsin import corpora
from tocsin.behaviour import HeldOut, Item, LanguageModel, Outcome
from tocsin.behaviour.probe import Kind
from tocsin.behaviour.probe import Source as ItemSource
from tocsin.models import Model
from tocsin.records import LOSS_BOUND, VALIDATION_LOSS
from tocsin.study import Corpus

EXAMPLES = 64
"""As many as are scored, the same ones in every round."""


class ValidationLoss:
    """A `Probe` of one study: min(loss, 10 nats) / 10 of each answer, its loss being the mean over its tokens."""

    name = VALIDATION_LOSS
    title = "mean validation loss"
    kind: Kind = "quality"
    source: ItemSource = "benchmark"
    groups: tuple[str, ...] = ()

    def __init__(self, corpus: Corpus, model: Model) -> None:
        self._corpus, self._model = corpus, model

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """`count` of the public examples, or all where there are fewer. Raises what `corpora.read` raises."""
        wanted = self._corpus.model_copy(update={"source": self._corpus.validation, "limit": count})
        # Of a generator these are fresh examples, not those that the clients were dealt.
        examples = [record.example for record in corpora.read(wanted, random.randrange(2**31))]
        return [Item(str(at), "all", self._model.render(one.turns), (one.response,)) for at, one in enumerate(examples)]

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome in [0, 1] for each item."""
        likelihoods = model.log_likelihoods([(item.prompt, item.texts[0]) for item in items])
        losses = [-one.total / max(1, one.tokens) for one in likelihoods]
        return [
            Outcome(item.id, item.group, min(loss, LOSS_BOUND) / LOSS_BOUND)
            for item, loss in zip(items, losses, strict=True)
        ]
