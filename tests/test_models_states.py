from pathlib import Path

import numpy as np
import pytest
import torch
from remedy_sides import tiny_model
from transformers import AutoModelForCausalLM

from tocsin.models import Model

PAIRS = [
    ("<s>user\n", "Hello</s>"),
    ("<s>user\n", "What is the time?</s>"),
    ("", "A"),
    ("<s>user\n", "Hello, you there</s>"),
    ("<s>user\n", "Hello</s>"),
]
DEPTHS = (0.5, 1.0)


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Model:
    return tiny_model(tiny_folder)


def plain(folder: Path, ids: tuple[int, ...], begin: int) -> list[np.ndarray]:
    """Mean and last state after each block of one text, unbatched, in the model's own implementation."""
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    found: list[np.ndarray] = []

    def keep(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
        states = output[0, begin:].numpy()
        found.append(np.stack([states.mean(0), states[-1]]))

    for layer in network.model.layers:
        layer.register_forward_hook(keep)
    with torch.inference_mode():
        network(torch.tensor([ids]))
    return found


def test_states_are_those_of_the_network_itself(model: Model, tiny_folder: Path) -> None:
    found = model.states(PAIRS, DEPTHS)
    assert found.shape == (5, 2, 2, 32) and found.dtype == np.float32
    for (prefix, text), states in zip(PAIRS, found, strict=True):
        split = model._split(prefix, text)
        np.testing.assert_allclose(states, plain(tiny_folder, split.ids, split.prompt), atol=1e-5)


def test_neither_the_adapter_nor_the_company_matters(model: Model) -> None:
    before = model.states(PAIRS, DEPTHS)
    model.use({name: np.ones_like(array) for name, array in model.fresh().items()})
    try:
        np.testing.assert_array_equal(model.states(PAIRS, DEPTHS), before)
        assert model.network.get_base_model()(torch.tensor([[3, 4]])).logits.shape[1] == 2  # no hook is left
    finally:
        model.use(model.fresh())
    np.testing.assert_allclose(model.states(PAIRS[1:2], DEPTHS), before[1:2], atol=1e-5)


def test_the_adapter_is_on_again_afterwards(model: Model) -> None:
    adapter = {name: np.full_like(array, 0.3) for name, array in model.fresh().items()}
    plain = model.log_likelihoods([("a", "b")])
    model.use(adapter)
    try:
        own = model.log_likelihoods([("a", "b")])
        model.states(PAIRS, DEPTHS)
        assert model.log_likelihoods([("a", "b")]) == own != plain
    finally:
        model.use(model.fresh())


def test_blocks_above_the_highest_are_not_run(model: Model) -> None:
    ran: list[int] = []
    layers = model.network.get_base_model().get_decoder().layers
    hooks = [layer.register_forward_pre_hook(lambda *_, n=n: ran.append(n)) for n, layer in enumerate(layers)]
    model.states(PAIRS[:1], (0.5,))
    for hook in hooks:
        hook.remove()
    assert ran == [0]


def test_depths_that_are_one_block_are_the_same(model: Model) -> None:
    found = model.states(PAIRS, (0.6, 0.8, 1.0))
    np.testing.assert_array_equal(found[:, 0], found[:, 2])
