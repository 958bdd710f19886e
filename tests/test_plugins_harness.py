"""Tasks of lm-evaluation-harness as probes, on data of our own."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from zlib import crc32

import pytest
from stub_model import StubModel

from tocsin.behaviour import find_probe, measure_all
from tocsin.errors import TocsinError

pytest.importorskip("lm_eval")

DOCS = [
    {"question": "2 + 2 =", "choices": ["4", "five"], "label": 0, "group": "sums"},
    {"question": "7 - 3 =", "choices": ["four", "1"], "label": 0, "group": "differences"},
    {"question": "9 - 1 =", "choices": ["eight", "2"], "label": 1, "group": "differences"},
]
CHOICE = """task: little
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "Q: {{{{question}}}} A:"
doc_to_choice: choices
doc_to_target: label
"""
ACC = "metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]\n"
GENERATE = """task: said
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
generation_kwargs: {{until: ["\\n"], max_gen_toks: 12}}
doc_to_text: "Q: {{{{question}}}} A:"
doc_to_target: "{{{{choices[label]}}}}"
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true, ignore_case: true}}]
"""


@pytest.fixture(autouse=True)
def offline(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The data reader's cache is not the user's."""
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("datasets"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    yield


def write(folder: Path, task: str, docs: list = DOCS) -> str:
    data = folder / "data.jsonl"
    data.write_text("".join(json.dumps(doc) + "\n" for doc in docs), encoding="utf-8")
    path = folder / "little.yaml"
    path.write_text(task.format(data=data), encoding="utf-8")
    return str(path)


def outcomes(path: str, model: StubModel) -> dict[str, float]:
    probe = find_probe(path)
    return {o.item: o.value for o in measure_all(model, probe, probe.draw(99, Random(0)))}


def test_multiple_choice_by_likelihood(tmp_path: Path) -> None:
    path = write(tmp_path, CHOICE + ACC)
    asked = []
    model = StubModel(lambda prefix, text: asked.append((prefix, text)) or -float(len(text)))  # the shorter text wins
    assert outcomes(path, model) == {"document-0": 0.0, "document-1": 1.0, "document-2": 0.0}
    assert ("Q: 2 + 2 = A:", " 4") in asked and len(asked) == 6
    probe = find_probe(f"lm-eval:{path}")
    assert (probe.name, probe.kind, probe.groups) == ("little", "quality", ("differences", "sums"))
    assert [item.group for item in probe.draw(2, Random(0))] != ["differences"] * 2


def test_it_is_what_the_harness_says(tmp_path: Path) -> None:
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    from tocsin.behaviour.plugins.harness_model import HarnessModel

    shots = CHOICE + ACC + "num_fewshot: 1\nfewshot_split: test\n"
    docs = [{"question": f"{n} + 1 =", "choices": [str(n), str(n + 1)], "label": 1} for n in range(15)]
    path = write(tmp_path, shots, docs)
    prompts: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}

    def model(ours: bool) -> StubModel:
        def score(prefix: str, text: str) -> float:
            prompts[ours].add((prefix, text))
            return -float(crc32((prefix + text).encode()) % 97)

        return StubModel(score)

    mine = outcomes(path, model(True))
    theirs = simple_evaluate(
        HarnessModel(model(False)), tasks=[path], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0
    )
    assert 1 - sum(mine.values()) / len(mine) == pytest.approx(theirs["results"]["little"]["acc,none"])
    assert 0 < sum(mine.values()) < len(mine)
    assert prompts[True] == prompts[False]


def test_generation_is_cut_at_the_stop_text(tmp_path: Path) -> None:
    model = StubModel(answer=lambda prompt: " Four\nQ: more" if "7" in prompt else " 4 is it")
    assert outcomes(write(tmp_path, GENERATE), model) == {"document-0": 1.0, "document-1": 1.0, "document-2": 1.0}
    model = StubModel(answer=lambda prompt: "Four\nQ: more" if "7" in prompt else "4 is it")
    assert outcomes(write(tmp_path, GENERATE), model)["document-1"] == 0.0


def test_generation_may_end_once_a_stop_text_is_there(tmp_path: Path) -> None:
    class Watching(StubModel):
        def generate(self, prompts, max_tokens, decided=None):
            assert max_tokens == 12 and decided("4\n") and not decided("4")
            return ["4"] * len(prompts)

    assert outcomes(write(tmp_path, GENERATE), Watching())["document-0"] == 0.0


def test_greedy_continuation_by_likelihood(tmp_path: Path) -> None:
    task = CHOICE.replace("multiple_choice", "loglikelihood").replace("doc_to_choice: choices\n", "")
    task = task.replace("doc_to_target: label", 'doc_to_target: " {{{{choices[label]}}}}"')
    path = write(tmp_path, task + "metric_list: [{{metric: perplexity}}, {{metric: acc}}]\n")
    model = StubModel(lambda prefix, text: 0.0 if text == " four" else -99.0)
    assert outcomes(path, model) == {"document-0": 1.0, "document-1": 0.0, "document-2": 1.0}


def test_lower_may_be_better(tmp_path: Path) -> None:
    path = write(tmp_path, CHOICE + ACC.replace("true", "false") + "metadata: {{kind: bias}}\n")
    assert outcomes(path, StubModel()) == {"document-0": 1.0, "document-1": 0.0, "document-2": 1.0}
    assert find_probe(path).kind == "bias"


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (CHOICE + "metric_list: [{{metric: mcc}}]\n", r"has no metric that is a mean over documents \(it has: mcc\)"),
        (GENERATE.replace("max_gen_toks: 12", "do_sample: true"), "asks for sampled answers"),
        (CHOICE + ACC + "metadata: {{kind: speed}}\n", "metadata.kind = 'speed' is none of bias, "),
        (CHOICE.replace("task: little\n", "") + ACC, "cannot be read as a task of lm-evaluation-harness"),
        (CHOICE.replace("test_split: test", "test_split: best") + ACC, "cannot be read as a task of lm-evaluation-h"),
        ("group: several\ntask: []\n", "names 0 tasks"),
        ("task: [\n", "cannot be read as a task"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, task: str, said: str) -> None:
    with pytest.raises(TocsinError, match=said) as caught:
        find_probe(write(tmp_path, task))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_metric_out_of_bounds_is_told(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text("def judge(doc, results):\n    return {'words': 7.0}\n", encoding="utf-8")
    metric = "metric_list: [{{metric: words, aggregation: mean, higher_is_better: true}}]\n"
    path = write(tmp_path, CHOICE + "process_results: !function judge.judge\n" + metric)
    with pytest.raises(TocsinError, match=r'"little" measures words = 7\.0 of a document'):
        outcomes(path, StubModel())


def test_the_extra_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    monkeypatch.setattr("tocsin.behaviour.plugins.harness.find_spec", lambda name: None)
    with pytest.raises(TocsinError, match=r"pip install 'tocsin\[harness\]'"):
        find_probe(write(tmp_path, CHOICE + ACC))
