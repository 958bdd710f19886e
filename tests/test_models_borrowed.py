"""A network of somebody else's answers as ours does, and is afterwards as it was."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, GraniteConfig, GraniteForCausalLM

from tocsin import study
from tocsin.errors import TocsinError
from tocsin.models import from_transformers, load

PAIRS = [("Hello", " there"), ("", "once more"), ("Hello", " you")]


def network(folder, attention="sdpa", dropout=0.0):
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention)
    plain.config.attention_dropout = dropout
    return plain, AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_it_scores_and_generates_as_ours_does_with_an_adapter_and_without(tiny_folder, attention):
    ours = load(study.Model(source=str(tiny_folder), precision="float32", device="cpu", threads=1), study.Lora())
    plain, tokenizer = network(tiny_folder, attention)
    wrapped = get_peft_model(network(tiny_folder, attention)[0], LoraConfig(target_modules=["q_proj"]))
    for theirs in (plain, wrapped):
        model = from_transformers(theirs, tokenizer)
        for mine, its in zip(ours.log_likelihoods(PAIRS), model.log_likelihoods(PAIRS), strict=True):
            assert its.tokens == mine.tokens and its.total == pytest.approx(mine.total, abs=1e-4)
        assert model.generate(["Hello", "Why?"], 6) == ours.generate(["Hello", "Why?"], 6)
        assert model.chat("Hello") == ours.chat("Hello")


def test_weights_that_are_put_in_later_are_what_is_asked(tiny_folder):
    plain, tokenizer = network(tiny_folder)
    model = from_transformers(plain, tokenizer)
    before = model.log_likelihoods(PAIRS)
    with torch.no_grad():
        plain.lm_head.weight.mul_(2.0)
    assert model.log_likelihoods(PAIRS) != before


def test_the_network_is_as_it_was(tiny_folder):
    plain, tokenizer = network(tiny_folder, "eager")
    plain.train()
    plain.model.layers[0].eval()
    before = [module.training for module in plain.modules()]
    drawn = torch.random.get_rng_state()
    model = from_transformers(plain, tokenizer)
    model.log_likelihoods(PAIRS)
    model.generate(["Hello"], 3)
    assert plain.config._attn_implementation == "eager"
    assert [module.training for module in plain.modules()] == before
    assert torch.equal(torch.random.get_rng_state(), drawn)


def test_it_is_measured_without_drop_out(tiny_folder):
    plain, tokenizer = network(tiny_folder, "eager", dropout=0.9)
    plain.train()
    model = from_transformers(plain, tokenizer)
    assert model.log_likelihoods(PAIRS) == model.log_likelihoods(PAIRS)


def test_a_network_that_we_would_measure_wrongly_is_refused(tiny_folder):
    config = GraniteConfig(
        vocab_size=258,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        logits_scaling=8.0,
    )
    torch.manual_seed(0)
    scaled = GraniteForCausalLM(config)
    with torch.no_grad():
        scaled.lm_head.weight.mul_(100.0)
    tokenizer = AutoTokenizer.from_pretrained(tiny_folder)
    with pytest.raises(TocsinError, match="does not know"):
        from_transformers(scaled, tokenizer)
    with pytest.raises(TocsinError, match="cannot be asked"):
        from_transformers(scaled.model, tokenizer)
