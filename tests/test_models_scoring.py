"""Scores of texts: right against the plain forward pass, and the same whatever else is asked."""

import numpy as np
import pytest
import torch
from tiny import save_tiny_model

from tocsin import study
from tocsin.models import Model, load

STEMS = ["", "The nurse said that ", "The nurse said that she ", "Q: who?\nA:", "Q: who was there?\nA:"]
ENDS = [" he was late", " she was late", "they", "", " nobody knows, and nobody asked for it"]
PAIRS = [(stem, end) for stem in STEMS for end in ENDS]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = save_tiny_model(tmp_path_factory.mktemp("scoring") / "model")
    tiny = load(study.Model(source=str(folder), precision="float32", device="cpu", threads=1), study.Lora())
    random = np.random.default_rng(0)
    tiny.use({name: random.normal(0, 0.3, a.shape).astype(np.float32) for name, a in tiny.adapter().items()})
    return tiny


def plainly(model: Model, pair: tuple[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sample = model._split(*pair)
    ids = torch.tensor([sample.ids])
    with torch.inference_mode():
        shares = model.network(input_ids=ids, use_cache=False).logits[0, :-1].log_softmax(-1)
    after = shares[sample.prompt - 1 :]
    own = ids[0, sample.prompt :]
    return (
        after[torch.arange(len(own)), own].numpy(),
        after.max(-1).values.exp().numpy(),
        (after.argmax(-1) == own).numpy(),
    )


def test_scores_are_those_of_the_plain_forward_pass(model: Model) -> None:
    for pair, scores in zip(PAIRS, model.token_scores(PAIRS), strict=True):
        own, highest, hits = plainly(model, pair)
        assert scores.log_probabilities == pytest.approx(own, abs=1e-4)
        assert scores.confidences == pytest.approx(highest, abs=1e-4)
        assert list(scores.correct) == list(hits)


@pytest.mark.parametrize("nodes", [1, 20, 4096])
@pytest.mark.parametrize("entries", [1, 1 << 20])
def test_neither_rows_nor_batches_nor_order_change_a_score(
    model: Model, nodes: int, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [model.log_likelihoods([pair])[0] for pair in PAIRS]
    monkeypatch.setattr("tocsin.models.scoring._ROW_NODES", nodes)
    monkeypatch.setattr("tocsin.models.scoring._HEAD_NODES", 3)
    monkeypatch.setattr("tocsin.models.tree_attention._MOST_ENTRIES", entries)
    together = model.log_likelihoods(PAIRS[::-1])[::-1]
    assert [one.tokens for one in together] == [one.tokens for one in alone]
    assert [one.total for one in together] == pytest.approx([one.total for one in alone], abs=1e-4)


def test_a_text_of_no_tokens_has_no_scores(model: Model) -> None:
    (scores,) = model.token_scores([("Why?", "")])
    assert len(scores.log_probabilities) == len(scores.confidences) == len(scores.correct) == 0
