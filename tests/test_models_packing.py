from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from tocsin import study
from tocsin.errors import TocsinError
from tocsin.models import Model, Sample, load
from tocsin.models.packing import hidden_states, pack, token_losses

SAMPLES = [
    Sample((5, 9, 30, 31, 32, 1), 2),
    Sample((40, 41), 1),
    Sample(tuple(range(50, 90)), 25),
    Sample((7, 8, 9, 10), 3),
]


@pytest.fixture
def model(tiny_folder: Path) -> Iterator[Model]:
    lora = study.Lora(targets=("q_proj", "v_proj", "up_proj"))
    model = load(study.Model(source=str(tiny_folder), precision="float32", device="cpu"), lora)
    with torch.no_grad():  # B is zero at the start, and then A has no gradient to compare
        for parameter in model._parameters().values():
            parameter.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
    yield model


def padded_losses(model: Model) -> tuple[torch.Tensor, list[int]]:
    """The usual way: a padded batch, every token projected, the loss on the answers."""
    longest = max(len(s.ids) for s in SAMPLES)
    ids = torch.tensor([[*s.ids, *[0] * (longest - len(s.ids))] for s in SAMPLES])
    mask = torch.tensor([[1] * len(s.ids) + [0] * (longest - len(s.ids)) for s in SAMPLES])
    logits = model.network(input_ids=ids, attention_mask=mask).logits
    losses = [
        functional.cross_entropy(
            logits[i, s.prompt - 1 : len(s.ids) - 1], ids[i, s.prompt : len(s.ids)], reduction="none"
        )
        for i, s in enumerate(SAMPLES)
    ]
    return torch.cat(losses), [len(part) for part in losses]


def gradients(model: Model, losses: torch.Tensor) -> dict[str, torch.Tensor]:
    # Unequal weights: a mean would hide a gradient that ignores what comes after the losses.
    weights = torch.linspace(0.1, 1.0, len(losses))
    (losses * weights).sum().backward()
    found = {name: p.grad.clone() for name, p in model._parameters().items() if p.grad is not None}
    model.network.zero_grad()
    return found


def test_packed_equals_padded_in_losses_and_gradients(model: Model) -> None:
    packed, counts = model._losses(SAMPLES)
    padded, expected = padded_losses(model)
    assert counts == expected == [4, 1, 15, 1]
    torch.testing.assert_close(packed, padded, rtol=1e-4, atol=1e-5)
    ours, theirs = gradients(model, packed), gradients(model, padded)
    assert ours.keys() == theirs.keys() == model.adapter().keys()
    for name in ours:
        assert theirs[name].abs().max() > 1e-4, "a gradient of zero proves nothing"
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-4, atol=1e-6)


def test_bfloat16_is_near_float32(tiny_folder: Path) -> None:
    settings = study.Model(source=str(tiny_folder), precision="bfloat16", device="cpu")
    low = load(settings, study.Lora())._losses(SAMPLES)[0]
    high = load(settings.model_copy(update={"precision": "float32"}), study.Lora())._losses(SAMPLES)[0]
    assert low.dtype == high.dtype == torch.float32
    torch.testing.assert_close(low, high, rtol=0.02, atol=0.02)


def test_no_sequence_sees_another(model: Model) -> None:
    decoder = model.network.get_base_model().get_decoder()
    first, second = (5, 6, 7, 8), (9, 10, 11)
    with torch.inference_mode():
        alone = hidden_states(decoder, pack([second], model.device))
        after = hidden_states(decoder, pack([first, second], model.device))
        other = hidden_states(decoder, pack([first[::-1], second], model.device))
    torch.testing.assert_close(after[4:], alone, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(after[4:], other[4:], rtol=0.0, atol=0.0)


def test_pack_counts_positions_in_each_sequence() -> None:
    row = pack([(5, 6, 7), (8,), (9, 10)], torch.device("cpu"))
    assert row.ids.tolist() == [[5, 6, 7, 8, 9, 10]]
    assert row.positions.tolist() == [[0, 1, 2, 0, 0, 1]]
    assert row.starts == [0, 3, 4]


@pytest.mark.parametrize("trained", [False, True])
def test_losses_of_many_tokens_equal_one_cross_entropy(trained: bool) -> None:
    """More tokens than are projected at once; a head that is trained takes the ordinary way."""
    random = torch.Generator().manual_seed(0)
    head = torch.nn.Linear(8, 19, bias=False).requires_grad_(trained)
    states = torch.randn(700, 8, generator=random, requires_grad=True)
    ids = torch.randint(19, (700,), generator=random)
    at = torch.arange(1, 700)
    weights = torch.rand(699, generator=random)
    (ours,) = torch.autograd.grad((token_losses(head, states, ids, at) * weights).sum(), states)
    expected = functional.cross_entropy(head(states[:-1]), ids[1:], reduction="none")
    (theirs,) = torch.autograd.grad((expected * weights).sum(), states)
    torch.testing.assert_close(token_losses(head, states, ids, at), expected)
    torch.testing.assert_close(ours, theirs)


def test_a_trained_head_gets_its_gradient() -> None:
    head = torch.nn.Linear(8, 19, bias=False)
    token_losses(head, torch.randn(5, 8), torch.tensor([1, 2, 3, 4, 5]), torch.tensor([1, 4])).sum().backward()
    assert head.weight.grad is not None


def test_a_text_longer_than_the_attention_window_is_refused(model: Model) -> None:
    from tocsin.models.packing import _attention

    states = torch.zeros(1, 2, 6, 4)
    with pytest.raises(TocsinError, match=r"4 tokens is longer than this model's attention window \(3\)"):
        _attention(torch.nn.Module(), states, states, states, None, lengths=[4, 2], sliding_window=3)
