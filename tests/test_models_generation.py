"""Greedy generation: the same text as without sharing, batches and early ends, only sooner."""

import numpy as np
import pytest
import torch
from tiny import save_tiny_model

from tocsin import study
from tocsin.models import Model, load

ASKED = ["Who?", "Why did it rain on the day before the feast?", "Hm", "Who was it?", "A", "Where to?", "Nobody"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = save_tiny_model(tmp_path_factory.mktemp("generation") / "model", seed=3)
    tiny = load(study.Model(source=str(folder), precision="float32", device="cpu", threads=1), study.Lora())
    random = np.random.default_rng(0)
    tiny.use({name: random.normal(0, 0.5, a.shape).astype(np.float32) for name, a in tiny.adapter().items()})
    return tiny


@pytest.fixture
def calls(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(texts, tokens) of each pass through the network."""
    seen = []

    def note(_module: object, _args: object, kwargs: dict) -> None:
        seen.append(tuple(kwargs["input_ids"].shape))

    handle = model.network.register_forward_pre_hook(note, with_kwargs=True)
    monkeypatch.setattr("tocsin.models.generation._BATCH", 4)
    yield seen
    handle.remove()


def theirs(model: Model, prompt: str, tokens: int) -> str:
    ids = model.tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    with torch.inference_mode():
        out = model.network.generate(**ids, max_new_tokens=tokens, do_sample=False, pad_token_id=1)
    return model.tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)


def test_chats_that_open_alike_read_the_opening_once(model: Model, calls: list[tuple[int, int]]) -> None:
    prompts = ["You help with everything that a desk is asked.\n" + model.chat(asked) for asked in ASKED]
    together = model.generate(prompts, 10)
    opening, *_ = calls
    assert opening[0] == 1 and opening[1] > 40
    assert all(tokens < 60 for _, tokens in calls[1:])
    assert together == [theirs(model, prompt, 10) for prompt in prompts]
    assert len(set(together)) > 3


def test_a_text_ends_once_it_is_decided_and_leaves_the_batch(model: Model, calls: list[tuple[int, int]]) -> None:
    whole = model.generate(ASKED, 12)
    full = sum(texts * tokens for texts, tokens in calls)
    calls.clear()
    cut = model.generate(ASKED, 12, decided=lambda text: len(text) >= 3 + len(ASKED[0]) % 2)
    assert all(long.startswith(short.rstrip("\ufffd")) for short, long in zip(cut, whole, strict=True))
    assert max(map(len, cut)) < 12 and sum(texts * tokens for texts, tokens in calls) < full
    few = {ASKED.index("A"), ASKED.index("Who?"), ASKED.index("Hm"), ASKED.index("Nobody")}
    calls.clear()
    answers = {whole[i][:2] for i in few}
    some = model.generate(ASKED, 12, decided=lambda text: text[:2] in answers and len(text) >= 2)
    assert len({texts for texts, tokens in calls if tokens == 1}) > 1, "the batch grew smaller"
    assert all(some[i] in (whole[i], whole[i][: len(some[i])]) for i in range(len(ASKED)))


def test_the_end_token_ends_a_text_without_being_in_it(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = model.generate(["Who?"], 8)
    last = model.tokenizer(whole)["input_ids"][5]
    monkeypatch.setattr(model.network.generation_config, "eos_token_id", [1, last])
    (cut,) = model.generate(["Who?"], 8)
    assert cut == model.tokenizer.decode(
        model.tokenizer(whole)["input_ids"][: model.tokenizer(whole)["input_ids"].index(last)]
    )


def test_equal_prompts_get_equal_answers(model: Model) -> None:
    assert len(set(model.generate(["Who?"] * 3, 6))) == 1
    assert model.generate(["Who?"], 0) == [""]
