"""The same log-likelihoods as lm-evaluation-harness, on the embedded model."""

import json
from pathlib import Path

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks.bbq.utils import UNKNOWN_RESPONSES

from tocsin import models, study
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs


@pytest.mark.real
def test_log_likelihoods_are_those_of_lm_eval(data_root: Path) -> None:
    model = models.load(study.Model(precision="float32", device="cpu"), study.Lora())
    texts = [("", text) for pair in crows_pairs()[::75] for text in (pair.more, pair.less)]
    for line in (data_root / "bbq" / "Age.jsonl").read_text(encoding="utf-8").splitlines()[:3]:
        question = json.loads(line)
        context = f"{question['context']}\n\nQ: {question['question']}\nA:"
        texts += [(context, f" {choice}") for choice in (question["ans0"], question["ans1"], *UNKNOWN_RESPONSES)]
    harness = HFLM(pretrained=model.network.get_base_model(), tokenizer=model.tokenizer, batch_size=8, device="cpu")
    theirs = harness.loglikelihood(
        [Instance("loglikelihood", {}, pair, number) for number, pair in enumerate(texts)], disable_tqdm=True
    )
    ours = model.token_scores(texts)
    assert [float(one.log_probabilities.sum()) for one in ours] == pytest.approx([t for t, _ in theirs], abs=1e-3)
    assert [bool(one.correct.all()) for one in ours] == [greedy for _, greedy in theirs]
