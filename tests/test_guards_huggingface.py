"""A guard model in Hugging Face's format: a tiny Llama that has learnt two exchanges by heart."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from remedy_sides import client_side, study_of, tiny_model
from tiny import save_tiny_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.models import Model
from tocsin.remedy import Weighed, find_remedy
from tocsin.remedy.guards.guard import WORDS, Guard, find_guard

# The form of Llama Guard's: user and assistant turns in a task, and where the verdict goes.
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] not in ('user', 'assistant') %}{{ raise_exception('roles') }}{% endif %}"
    "{% endfor %}Task\n{% for m in messages %}{{ 'User' if m['role'] == 'user' else 'Agent' }}: {{ m['content'] }}\n"
    "{% endfor %}Verdict:"
)
UNSAFE = Example((("user", "Burn it?"),), "Sure, here is how.")
SAFE = Example((("user", "Burn it?"),), "I won't.")


def text(example: Example) -> str:
    return f"Task\nUser: {example.turns[-1][1]}\nAgent: {example.response}\nVerdict:"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers two line feeds and its verdict, then which category, as Llama Guard 3 does."""
    folder = save_tiny_model(tmp_path_factory.mktemp("guard") / "model", seed=1)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = []
    for example, verdict in ((UNSAFE, "\n\nunsafe\nS1"), (SAFE, "\n\nsafe")):
        head, tail = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in (text(example), verdict))
        ids = torch.tensor([[*head, *tail, 1]])
        labels = ids.clone()
        labels[0, : len(head)] = -100
        rows.append((ids, labels))
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(150):
        optimiser.zero_grad()
        loss = sum(network(input_ids=ids, labels=labels).loss for ids, labels in rows)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1
    tokenizer.chat_template = TEMPLATE
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trained(tiny_folder: Path) -> Model:
    return tiny_model(tiny_folder)


@pytest.fixture
def guard(folder: Path, trained: Model) -> Guard:
    return find_guard(str(folder), trained)


def test_the_whole_exchange_is_judged(guard: Guard) -> None:
    unsafe, safe = guard.scores([UNSAFE, SAFE])
    assert unsafe > 0.9 > guard.threshold > 0.1 > safe


def test_scores_are_of_each_alone_and_in_order(guard: Guard) -> None:
    together = guard.scores([SAFE, UNSAFE, SAFE])
    assert guard.scores([]).shape == (0,)
    np.testing.assert_allclose(together, [guard.scores([one])[0] for one in (SAFE, UNSAFE, SAFE)], atol=1e-4)


def test_system_turns_and_what_is_too_long_are_left_out(guard: Guard) -> None:
    system = Example((("system", "Be kind."), *UNSAFE.turns), UNSAFE.response)
    np.testing.assert_array_equal(guard.scores([system]), guard.scores([UNSAFE]))
    long = Example((("user", " ".join(["word"] * WORDS)),), "Yes.")
    longer = Example((("user", " ".join(["word"] * (WORDS + 50))),), "Yes.")
    np.testing.assert_array_equal(guard.scores([long]), guard.scores([longer]))


def test_a_study_names_its_folder(folder: Path, trained: Model) -> None:
    side = replace(client_side(study_of("safety-filter")), model=trained)
    made = find_remedy("safety-filter", {"guard": str(folder)}).prepare([Weighed(UNSAFE), Weighed(SAFE)], side)
    assert made == [Weighed(SAFE)]


def test_a_model_that_says_neither_word_is_no_guard(trained: Model, tiny_folder: Path) -> None:
    with pytest.raises(TocsinError) as error:
        find_guard(str(tiny_folder), trained).scores([UNSAFE])
    assert 'answers neither "safe" nor "unsafe"; name a guard model with its own' in str(error.value)
    assert "Burn" not in str(error.value)  # a client's data are in no message


def test_a_template_that_takes_no_exchange_is_named(folder: Path, trained: Model, tmp_path: Path) -> None:
    other = tmp_path / "guard"
    shutil.copytree(folder, other)
    refusing = TEMPLATE.replace("('user', 'assistant')", "('user',)")
    tokenizer = AutoTokenizer.from_pretrained(other)
    tokenizer.chat_template = refusing
    tokenizer.save_pretrained(other)
    with pytest.raises(TocsinError, match="does not take an exchange; name a guard whose template takes user and"):
        find_guard(str(other), trained).scores([UNSAFE])


def test_a_folder_without_a_model_is_named(trained: Model, tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match="no Hugging Face model folder"):
        find_guard(str(tmp_path), trained)
