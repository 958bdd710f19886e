"""The model, its adapter, the data of each client, and local training."""

from random import Random

import torch
from flwr.app import ArrayRecord, Context
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, AutoTokenizer

EXAMPLES = 64  # of each client


def new_model(context: Context):
    """The base model with a fresh adapter, the same on all clients, and its tokenizer."""
    config = context.run_config
    network = AutoModelForCausalLM.from_pretrained(config["model"], dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(config["model"])
    torch.manual_seed(0)
    lora = LoraConfig(
        r=config["lora-rank"],
        lora_alpha=config["lora-alpha"],
        target_modules=["q_proj", "v_proj"],
        task_type="CAUSAL_LM",
    )
    return get_peft_model(network, lora), tokenizer


def load_model(arrays: ArrayRecord, context: Context):
    """The model with the adapter that `arrays` holds, and its tokenizer."""
    model, tokenizer = new_model(context)
    set_peft_model_state_dict(model, arrays.to_torch_state_dict())
    return model, tokenizer


def adapter(model) -> ArrayRecord:
    """The adapter, to be sent."""
    return ArrayRecord(get_peft_model_state_dict(model))


def load_data(context: Context) -> list[tuple[str, str]]:
    """The (question, answer) pairs of one client: sums, of numbers in a range of its own."""
    client = int(context.node_config["partition-id"])
    random = Random(client)
    pairs = [(random.randint(1, 20) + 10 * client, random.randint(1, 20)) for _ in range(EXAMPLES)]
    return [(f"What is {a} plus {b}?", f"{a} plus {b} is {a + b}.") for a, b in pairs]


def fine_tune(model, tokenizer, data: list[tuple[str, str]], context: Context) -> float:
    """A few steps of AdamW on the answers; the mean loss."""
    config = context.run_config
    optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), lr=config["learning-rate"])
    random, losses = Random(0), []
    model.train()
    for _ in range(config["local-steps"]):
        for question, answer in random.sample(data, config["batch-size"]):
            turn = [{"role": "user", "content": question}]
            asked = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
            prompt = tokenizer(asked, add_special_tokens=False)["input_ids"]
            whole = prompt + tokenizer(answer + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
            ids = torch.tensor([whole])
            labels = ids.clone()
            labels[:, : len(prompt)] = -100
            loss = model(input_ids=ids, labels=labels).loss
            (loss / config["batch-size"]).backward()
            losses.append(loss.item())
        optimizer.step()
        optimizer.zero_grad()
    return sum(losses) / len(losses)
