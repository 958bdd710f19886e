import json
import resource
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from tiny import TEMPLATE, save_tiny_model
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer, GraniteConfig, GraniteForCausalLM

from tocsin import study
from tocsin.behaviour import Likelihood
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model, load, load_adapter

PROMPTS = ["Hello", "What is the time?", "A", "The quick brown fox jumps over the lazy dog, and", "Why?"]


def tiny(folder: Path, **lora: object) -> Model:
    settings = study.Model(source=str(folder), precision="float32", device="cpu", threads=1)
    return load(settings, study.Lora.model_validate(lora))


@pytest.fixture(scope="module")
def shared(tiny_folder: Path) -> Model:
    """For tests that leave the adapter as it was."""
    return tiny(tiny_folder)


def noisy(model: Model, seed: int = 0) -> Arrays:
    random = np.random.default_rng(seed)
    return {
        name: random.normal(scale=0.1, size=array.shape).astype(np.float32) for name, array in model.fresh().items()
    }


def plain(folder: Path, ids: list[int], prompt: int) -> Likelihood:
    """One text, unpacked and unbatched, in the model's own implementation."""
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    with torch.inference_mode():
        logits = network(torch.tensor([ids])).logits[0]
    losses = functional.cross_entropy(logits[prompt - 1 : -1], torch.tensor(ids[prompt:]), reduction="none")
    return Likelihood(-float(losses.sum()), len(losses))


def same(ours: Likelihood, theirs: Likelihood) -> bool:
    return ours.tokens == theirs.tokens and ours.total == pytest.approx(theirs.total, abs=1e-4, rel=1e-5)


# -- loading ----------------------------------------------------------------------------------


def test_loading_is_quiet_and_starts_without_effect(
    tiny_folder: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    model = tiny(tiny_folder)
    assert capfd.readouterr() == ("", "")
    assert [str(w.message) for w in recwarn if issubclass(w.category, FutureWarning | DeprecationWarning)] == []
    ids = model.tokenizer("Hello there")["input_ids"]
    assert same(model.log_likelihoods([("Hello", " there")])[0], plain(tiny_folder, ids, 5))


def test_all_parties_start_with_the_same_adapter(tiny_folder: Path) -> None:
    torch.manual_seed(1)
    first, state = tiny(tiny_folder).fresh(), torch.random.get_rng_state()
    torch.manual_seed(2)
    second = tiny(tiny_folder).fresh()
    assert all((first[name] == second[name]).all() for name in first)
    assert any((array != 0).any() for array in first.values())
    torch.manual_seed(1)
    assert (torch.random.get_rng_state() == state).all(), "loading must leave the global generator alone"


def test_targets_that_do_not_fit_are_one_sentence(tiny_folder: Path) -> None:
    with pytest.raises(TocsinError, match=r"lora\.targets = \['query'\] do not fit"):
        tiny(tiny_folder, targets=("query",))


def test_a_broken_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(TocsinError, match=r"cannot be loaded .*; name a causal language model"):
        tiny(tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_a_device_is_one_sentence(tiny_folder: Path) -> None:
    with pytest.raises(TocsinError, match="torch sees no CUDA device here"):
        load(study.Model(source=str(tiny_folder), device="cuda"), study.Lora())


def test_a_model_that_scales_its_logits_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "granite"
    torch.manual_seed(0)
    config = GraniteConfig(
        vocab_size=258,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=1.0,
        logits_scaling=20.0,
    )
    GraniteForCausalLM(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_folder).save_pretrained(folder)
    with pytest.raises(TocsinError, match="computes its likelihoods in a way that Tocsin does not know"):
        tiny(folder)


# -- text -------------------------------------------------------------------------------------


def test_the_chat_template_is_used(shared: Model) -> None:
    assert shared.tokenizer.chat_template == TEMPLATE
    assert shared.chat("Hi") == "<s>user\nHi</s>\n<s>assistant\n"
    turns = (("system", "Be brief."), ("user", "Hi"))
    assert shared.render(turns) == "<s>system\nBe brief.</s>\n<s>user\nHi</s>\n<s>assistant\n"


def test_a_model_without_a_template_gets_plain_lines(tiny_folder: Path) -> None:
    model = tiny(tiny_folder)
    model.tokenizer.chat_template = None
    assert model.chat("Hi") == "User: Hi\nAssistant:"


def test_a_sample_ends_with_the_end_token_or_is_cut(shared: Model) -> None:
    whole = shared.sample("<s>ab", "cd", 100)
    assert shared.tokenizer.decode(whole.ids) == "<s>abcd</s>"
    assert (len(whole.ids), whole.prompt) == (6, 3)
    cut = shared.sample("<s>ab", "cd", 4)
    assert shared.tokenizer.decode(cut.ids) == "<s>abc"
    assert cut.prompt == 3
    assert shared.sample("<s>ab", "cd", 2).prompt == 2


def test_a_sample_without_a_prompt_follows_the_begin_token(shared: Model) -> None:
    sample = shared.sample("", "cd", 100)
    assert (shared.tokenizer.decode(sample.ids), sample.prompt) == ("<s>cd</s>", 1)


# -- likelihoods ------------------------------------------------------------------------------


def test_likelihoods_equal_a_plain_computation(shared: Model, tiny_folder: Path) -> None:
    pairs = [("Hello", " there, you"), ("What is the time?", " It is late."), ("A", "B")]
    for (prefix, text), ours in zip(pairs, shared.log_likelihoods(pairs), strict=True):
        assert same(ours, plain(tiny_folder, shared.tokenizer(prefix + text)["input_ids"], len(prefix)))


def test_likelihoods_do_not_depend_on_company(shared: Model) -> None:
    pairs = [(f"Question {i}? " + "x" * (7 * i % 90), f" answer {'y' * (i % 11)}") for i in range(60)]
    together = shared.log_likelihoods(pairs)
    backwards = shared.log_likelihoods(pairs[::-1])[::-1]
    alone = [shared.log_likelihoods([pair])[0] for pair in pairs]
    for a, b, c in zip(together, backwards, alone, strict=True):
        assert a.tokens == b.tokens == c.tokens > 0
        assert a.total == pytest.approx(c.total, rel=1e-5)
        assert b.total == pytest.approx(c.total, rel=1e-5)


def test_an_adapter_changes_likelihoods(tiny_folder: Path) -> None:
    model = tiny(tiny_folder)
    before = model.log_likelihoods([("Hello", " there")])[0].total
    model.use(noisy(model))
    assert abs(model.log_likelihoods([("Hello", " there")])[0].total - before) > 1e-4


@pytest.mark.parametrize("prefix", ["", " ", "\n "])
def test_an_empty_prefix_is_the_beginning_of_a_text(shared: Model, tiny_folder: Path, prefix: str) -> None:
    ids = [shared.tokenizer.bos_token_id, *shared.tokenizer(prefix + "Hello")["input_ids"]]
    # Another text comes before it in the row: its last token must not stand in for the beginning.
    ours = shared.log_likelihoods([(prefix, "Hello"), ("B", "C"), ("", "D")])[0]
    assert same(ours, plain(tiny_folder, ids, 1))


def test_white_space_between_the_two_belongs_to_the_text(shared: Model) -> None:
    apart, together = shared.log_likelihoods([("Hello ", "there"), ("Hello", " there")])
    assert apart == together
    assert apart.tokens == 6


def test_an_empty_text_is_certain(shared: Model) -> None:
    assert shared.log_likelihoods([("Hello", ""), ("Hello", "x")])[0] == Likelihood(0.0, 0)
    assert shared.log_likelihoods([("Hello", "")]) == [Likelihood(0.0, 0)]
    assert shared.log_likelihoods([]) == []


# -- generation -------------------------------------------------------------------------------


def test_generation_equals_one_by_one(tiny_folder: Path) -> None:
    model = tiny(tiny_folder)
    model.use(noisy(model))
    together = model.generate(PROMPTS, 12)
    network = model.network
    for prompt, ours in zip(PROMPTS, together, strict=True):
        ids = model.tokenizer(prompt, return_tensors="pt")
        with torch.inference_mode():
            out = network.generate(**ids, max_new_tokens=12, do_sample=False, pad_token_id=1)
        theirs = model.tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
        assert ours == theirs
    assert len(set(together)) > 1, "all answers alike prove nothing about padding"


def test_generation_in_several_batches_keeps_the_order(shared: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shared.generate(PROMPTS, 6)
    monkeypatch.setattr("tocsin.models.generation._BATCH", 2)
    assert shared.generate(PROMPTS, 6) == whole
    assert shared.generate([], 6) == []


def test_an_empty_prompt_is_the_beginning_of_a_text(shared: Model) -> None:
    assert shared.generate(["", "Hello"], 4)[0] == shared.generate(["<s>"], 4)[0]


# -- adapters ---------------------------------------------------------------------------------


def test_an_adapter_comes_back_byte_for_byte(tiny_folder: Path, tmp_path: Path) -> None:
    model = tiny(tiny_folder)
    arrays = noisy(model)
    model.use(arrays)
    model.save(model.adapter(), tmp_path / "one")
    model.save(model.read(tmp_path / "one"), tmp_path / "two")
    again = model.read(tmp_path / "two")
    assert {n: a.tobytes() for n, a in again.items()} == {n: a.tobytes() for n, a in arrays.items()}
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"], "no drafts are left"


def test_what_adapter_gives_is_a_copy(tiny_folder: Path) -> None:
    model = tiny(tiny_folder)
    before = model.adapter()
    model.use(noisy(model))
    assert all((before[name] == array).all() for name, array in model.fresh().items())
    model.fresh().popitem()[1][:] = 7.0
    assert all((before[name] == array).all() for name, array in model.fresh().items())


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_peft_loads_what_we_save(tiny_folder: Path, tmp_path: Path) -> None:
    model = tiny(tiny_folder, rank=4, alpha=12)
    model.use(noisy(model))
    model.save(model.adapter(), tmp_path / "adapter")
    base = AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32)
    theirs = PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    with torch.inference_mode():
        torch.testing.assert_close(theirs(ids).logits, model.network(ids).logits)
        assert not torch.allclose(theirs(ids).logits, theirs.get_base_model().lm_head(torch.zeros(1, 5, 32)))
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["target_modules"]) == (4, 12, ["q_proj", "v_proj"])


def test_an_adapter_of_another_base_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    other = tiny(save_tiny_model(tmp_path / "other", seed=1))
    other.save(other.adapter(), tmp_path / "adapter")
    with pytest.raises(TocsinError, match=r"was made for another base model \(fingerprint .*make the adapter anew\."):
        tiny(tiny_folder).read(tmp_path / "adapter")


def test_an_adapter_of_another_rank_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    other, model = tiny(tiny_folder, rank=4), tiny(tiny_folder)
    other.save(other.adapter(), tmp_path / "adapter")
    with pytest.raises(TocsinError, match=r"has shape \(4, 32\) where \(8, 32\) is expected; check \[lora\]\."):
        model.read(tmp_path / "adapter")
    with pytest.raises(TocsinError, match=r"does not fit .* has shape \(4, 32\)"):
        model.use(other.adapter())


def test_an_adapter_of_other_targets_is_refused(tiny_folder: Path) -> None:
    model, fewer = tiny(tiny_folder), tiny(tiny_folder, targets=("q_proj",))
    with pytest.raises(TocsinError, match=r"it lacks 4 arrays, the first is .*v_proj"):
        model.use(fewer.adapter())
    with pytest.raises(TocsinError, match=r"it has 4 arrays too many, the first is .*v_proj"):
        fewer.use(model.adapter())


def test_no_adapter_and_a_broken_one_are_one_sentence(shared: Model, tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match=r"There is no adapter in .*: adapter_model\.safetensors is missing"):
        shared.read(tmp_path)
    shared.save(shared.adapter(), tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(TocsinError, match=r"is broken .*; make it anew"):
        shared.read(tmp_path / "adapter")


def test_a_full_disk_leaves_the_old_adapter(shared: Model, tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    shared.save(shared.fresh(), folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(TocsinError, match=r"cannot be written to .*; free disk space or name another folder\."):
            shared.save(noisy(shared), folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    old, _ = load_adapter(folder)
    assert all((old[name] == array).all() for name, array in shared.fresh().items())
    assert [p.name for p in tmp_path.iterdir()] == ["adapter"]
