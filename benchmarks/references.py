"""Published figures that can be checked here, beside ours: is what Tocsin computes what the authors computed?

Three kinds of rows. *Checked*: the authors' own predictions or labels are at hand, and Tocsin's code gives their figure
from them (or their count from their file). *Ours*: the embedded model under the same rules, with what differs from the
published set-up. *Not checked*: published rows that would need a model or a file that is not here.

Without an argument it reads the benchmarks in TOCSIN_DATA and runs the embedded model (some three minutes on two idle
cores), and writes results/references.md and results/references.json. `--quick` leaves the model out and writes nothing.
`--unifiedqa FOLDER` checks BBQ's bias scores too: FOLDER is results/UnifiedQA of github.com/nyu-mll/BBQ.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from csv import DictReader
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import yaml
from jinja2 import Template

from tocsin import models
from tocsin.behaviour import PROBES, Item, Outcome, measure_all
from tocsin.behaviour.bbq_questions import category
from tocsin.behaviour.bbq_scores import bbq_scores, details_of_answer
from tocsin.behaviour.probes.stereoset import judged
from tocsin.corpora.benchmarks.bbq import bbq
from tocsin.corpora.benchmarks.crows_pairs import crows_pairs
from tocsin.corpora.benchmarks.stereoset import stereoset
from tocsin.corpora.benchmarks.truthfulqa import truthfulqa
from tocsin.corpora.benchmarks.winogender import winogender
from tocsin.corpora.benchmarks.xstest import xstest
from tocsin.corpora.root import data_root
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings

SEED = 0
DRAWN = 200
"""Questions of BBQ and of TruthfulQA that the model is asked."""
RESULTS = Path(__file__).parents[1] / "results"

STEREOSET = "code/predictions.txt, github.com/moinnadeem/StereoSet, ead7d08"
XSTEST = "evaluation/analysis.ipynb, github.com/paul-rottger/exaggerated-safety, d7bb5bd"
BBQ_PAPER = "Parrish et al. 2022, arXiv 2110.08193"
WINOGENDER = "Rudinger et al. 2018, arXiv 1804.09301"
WINOGENDER_README = "README.md, github.com/rudinger/winogender-schemas, 1c7f8b4"
CROWS = "Nangia et al. 2020, arXiv 2010.00133, abstract"
TRUTHFUL = "Lin et al. 2022, arXiv 2109.07958, abstract"
PYTHIA = "evals of Pythia v1.1, github.com/EleutherAI/pythia, a19eecb"


@dataclass(frozen=True)
class Row:
    """A figure computed here, and the published one to as many decimals as were printed."""

    benchmark: str
    figure: str
    value: float
    unit: str
    published: float
    decimals: int
    source: str

    @property
    def agrees(self) -> bool:
        """Whether the two are equal once ours is rounded as theirs."""
        return round(self.value, self.decimals) == round(self.published, self.decimals)


@dataclass(frozen=True)
class Ours:
    """A figure of the embedded model."""

    benchmark: str
    figure: str
    value: float
    unit: str


# -- checked --------------------------------------------------------------------------------------------------------

# Intrasentence: LMS, SS, ICAT of GPT-2 (the small one). Professions are checked where dev.json is here.
GPT2 = {
    "gender": (93.27790824312564, 62.66777425473077, 69.64543855157751),
    "profession": (92.28935393467714, 63.97468647350802, 66.4950582130826),
    "race": (89.7567072075023, 60.35000089116578, 71.1770672157872),
    "religion": (88.45977011494251, 58.02298850574713, 74.26553573787817),
}


def stereoset_rows() -> list[Row]:
    """GPT-2's published scores of the sentences, through our scoring."""
    path = data_root() / "stereoset" / "predictions_gpt2_ModelNSP_GPT2LM.json"
    score = {one["id"]: one["score"] for one in json.loads(path.read_text(encoding="utf-8"))["intrasentence"]}
    outcomes = [
        judged(
            Item(one.id, one.bias_type, cluster=one.target),
            [score[sentence.id] for sentence in (one.stereotype, one.anti_stereotype, one.unrelated)],
        )
        for one in stereoset()
    ]
    scores = PROBES.get("stereoset").scores(outcomes)  # type: ignore[attr-defined]
    return [
        Row("StereoSet", f"{name} {kind}, GPT-2", scores[f"{name} {kind}"], "%", published, 2, STEREOSET)
        for kind, figures in GPT2.items()
        if f"SS {kind}" in scores
        for name, published in zip(("LMS", "SS", "ICAT"), figures, strict=True)
    ]


# Full compliance, full refusal, partial refusal, in percent, as two people labelled the completions.
LABELLED = {
    ("llama2new", "safe"): (70.4, 14.0, 15.6),
    ("llama2new", "unsafe"): (0.0, 97.5, 2.5),
    ("mistralinstruct", "safe"): (98.4, 0.8, 0.8),
    ("mistralinstruct", "unsafe"): (64.0, 23.5, 12.5),
    ("gpt4", "safe"): (91.6, 6.4, 2.0),
    ("gpt4", "unsafe"): (0.5, 97.5, 2.0),
}
LABELS = ("1_full_compliance", "2_full_refusal", "3_partial_refusal")
MODELS = {"llama2new": "Llama 2 without system prompt", "mistralinstruct": "Mistral 7B Instruct", "gpt4": "GPT-4"}


def xstest_rows() -> list[Row]:
    """Rates by XSTest's labels, over the prompts that our reader calls safe and unsafe."""
    labels = {prompt.id.replace("xstest-", "v2-"): prompt.label for prompt in xstest()}
    rows = []
    for (model, kind), published in LABELLED.items():
        path = data_root() / "xstest" / f"xstest_v2_completions_{model}.csv"
        with path.open(encoding="utf-8-sig", newline="") as lines:
            found = [one["final_label"] for one in DictReader(lines) if labels[one["id"]] == kind]
        for label, figure in zip(LABELS, published, strict=True):
            name = f"{label[2:].replace('_', ' ')} of {kind} prompts, {MODELS[model]}"
            rows.append(Row("XSTest", name, 100.0 * found.count(label) / len(found), "%", figure, 1, XSTEST))
    return rows


COUNTS = {
    "Age": 3_680,
    "Disability_status": 1_556,
    "Gender_identity": 5_672,
    "Nationality": 3_080,
    "Physical_appearance": 1_576,
    "Race_ethnicity": 6_880,
    "Religion": 1_200,
    "Sexual_orientation": 864,
    "SES": 6_864,
    "Race_x_gender": 15_960,
    "Race_x_SES": 11_160,
}


def count_rows() -> list[Row]:
    """Sizes, where the whole benchmark or a category of it is here."""
    counts = Counter(question.category for question in bbq())
    schemas, questions = winogender(), truthfulqa()
    shares = {schema.occupation: (schema.women, schema.women_in_text) for schema in schemas}
    r = float(np.corrcoef(np.array(list(shares.values())).T)[0, 1])
    return [
        *(
            Row("BBQ", f"questions, {name}", counts[name], "questions", COUNTS[name], 0, f"{BBQ_PAPER}, appendix")
            for name in counts
        ),
        Row("CrowS-Pairs", "pairs", len(crows_pairs()), "pairs", 1508, 0, CROWS),
        Row("CrowS-Pairs", "bias types", len({pair.bias_type for pair in crows_pairs()}), "types", 9, 0, CROWS),
        Row("TruthfulQA", "questions", len(questions), "questions", 817, 0, TRUTHFUL),
        Row("TruthfulQA", "categories", len({one.category for one in questions}), "categories", 38, 0, TRUTHFUL),
        Row("Winogender", "occupations", len(shares), "occupations", 60, 0, WINOGENDER_README),
        Row("Winogender", "r of women's shares, BLS and text", r, "r", 0.67, 2, f"{WINOGENDER}, figure 3"),
    ]


# s_AMB and s_DIS of UnifiedQA 11B, in percent: RACE format, then ARC format.
UNIFIEDQA = {
    "Age": ((29.8, 1.2), (48.9, 3.3)),
    "Disability_status": ((21.2, -1.4), (32.6, -0.7)),
    "Nationality": ((6.0, 1.2), (14.5, -0.2)),
    "Physical_appearance": ((40.9, -2.3), (47.7, -1.7)),
    "Religion": ((14.3, 0.2), (24.5, 3.5)),
    "Sexual_orientation": ((5.8, -0.7), (11.8, 0.5)),
}


def unifiedqa_rows(folder: Path) -> list[Row]:
    """BBQ's bias scores from the published answers of UnifiedQA, whose files repeat the questions."""
    rows = []
    for format_number, name in enumerate(("race", "arc")):
        outcomes = []
        for of_category in UNIFIEDQA:
            path = folder / f"preds_{of_category}.jsonl"
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            with _as_benchmark(path, of_category):
                questions = bbq()
            for question, line in zip(questions, lines, strict=True):
                answer = _plain(line[f"unifiedqa-t5-11b_pred_{name}"])
                if answer.endswith("pantsu"):  # what became of a word that UnifiedQA lacks, mended by the authors too
                    answer += "it"
                answers = [_plain(one) for one in question.answers]
                if answer not in answers:  # one of all: it names a person that the question does not have
                    continue
                roles = [f"{r} correct" if n == question.correct else r for n, r in enumerate(question.roles)]
                details = details_of_answer(roles, answers.index(answer))
                group = f"{question.category} {question.condition}"
                outcomes.append(Outcome(question.id, group, details["correct"], question.template, details))
        scores = bbq_scores(outcomes, category)
        for of_category, published in UNIFIEDQA.items():
            for score, figure in zip(("s_AMB", "s_DIS"), published[format_number], strict=True):
                label = f"{score} {of_category}, UnifiedQA 11B ({name.upper()} format)"
                value = 100.0 * scores[f"{score} {of_category}"]
                rows.append(Row("BBQ", label, value, "%", figure, 1, f"{BBQ_PAPER}, figure 3"))
    return rows


def _plain(answer: str) -> str:
    return answer.lower().strip().rstrip(".")


@contextmanager
def _as_benchmark(path: Path, of_category: str) -> Iterator[None]:
    """TOCSIN_DATA with nothing but this file in it, as BBQ's file of the category."""
    before = os.environ.get("TOCSIN_DATA")
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "bbq").mkdir()
        (Path(root) / "bbq" / f"{of_category}.jsonl").symlink_to(path.resolve())
        os.environ["TOCSIN_DATA"] = root
        try:
            yield
        finally:
            if before is None:
                del os.environ["TOCSIN_DATA"]
            else:
                os.environ["TOCSIN_DATA"] = before


# -- ours -----------------------------------------------------------------------------------------------------------


def our_rows() -> list[Ours]:
    """The embedded model in float32, on all of StereoSet and Winogender and on draws of BBQ and TruthfulQA."""
    model = models.load(ModelSettings(source="embedded", precision="float32"), Lora())
    rows = []
    triples = PROBES.get("stereoset").draw(5_000, Random(SEED))
    likelihoods = iter(model.log_likelihoods([("", text) for item in triples for text in item.texts]))
    each = [[next(likelihoods) for _ in item.texts] for item in triples]
    for rule, score in (("mean over tokens", lambda one: one.total / one.tokens), ("total", lambda one: one.total)):
        outcomes = [judged(item, [score(one) for one in three]) for item, three in zip(triples, each, strict=True)]
        rows += _scores("stereoset", outcomes, f", {rule}", "%")
    for name, count in (("winogender", 240), ("bbq", DRAWN)):
        rows += _scores(name, measure_all(model, PROBES.get(name), PROBES.get(name).draw(count, Random(SEED))), "")
    questions = PROBES.get("truthfulqa").draw(DRAWN, Random(SEED))
    truth = PROBES.get("truthfulqa")
    rows += _scores("truthfulqa", measure_all(model, truth, questions), ", no answered questions before it")
    answered = _with_six_answered(questions)
    if answered:
        rows += _scores("truthfulqa", measure_all(model, truth, answered), ", lm-eval's six answered questions first")
    return rows


def _scores(name: str, outcomes: Sequence[Outcome], how: str, unit: str = "") -> list[Ours]:
    probe: Any = PROBES.get(name)
    return [
        Ours(name, f"{figure}{how}", value, unit or ("r" if figure.startswith("r ") else "of 1"))
        for figure, value in probe.scores(outcomes).items()
        if not (name == "bbq" and figure.rpartition(" ")[2] in COUNTS)  # 50 items a category say little
    ]


def _with_six_answered(items: Sequence[Item]) -> list[Item]:
    """The items in lm-evaluation-harness' prompt, read from where that is installed; [] where it is not."""
    found = find_spec("lm_eval")
    if found is None or found.origin is None:
        return []
    task = Path(found.origin).parent / "tasks" / "truthfulqa" / "truthfulqa_mc1.yaml"
    prompt = Template(yaml.safe_load(task.read_text(encoding="utf-8"))["doc_to_text"])
    return [
        replace(item, prefixes=(prompt.render(question=item.prefixes[0][3:-3]),) * len(item.prefixes)) for item in items
    ]


# -- what comes out -------------------------------------------------------------------------------------------------

NOT_CHECKED = (
    ("Winogender", "r with BLS shares, rule-based system", "0.55", f"{WINOGENDER}, table 1"),
    ("Winogender", "r with BLS shares, statistical system", "0.31", f"{WINOGENDER}, table 1"),
    ("Winogender", "r with BLS shares, neural system", "0.31", f"{WINOGENDER}, table 1"),
    ("Winogender", "pairs resolved differently, rule-based / statistical / neural", "68% / 28% / 13%", WINOGENDER),
    ("BBQ", "chance accuracy", "33.3%", BBQ_PAPER),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="no model: the checked rows alone, and nothing written")
    parser.add_argument("--unifiedqa", type=Path, metavar="FOLDER", help="BBQ's published answers of UnifiedQA")
    chosen = parser.parse_args()
    rows = [*stereoset_rows(), *xstest_rows(), *count_rows()]
    if chosen.unifiedqa:
        rows += unifiedqa_rows(chosen.unifiedqa)
    for row in rows:
        mark = "agrees" if row.agrees else "DIFFERS"
        print(f"{row.benchmark}: {row.figure}: here {row.value:.{row.decimals}f}, published {row.published}: {mark}")
    ours = [] if chosen.quick else our_rows()
    result = {
        "name": "references",
        "measures": [
            {
                "measure": f"{row.benchmark}: {row.figure}",
                "value": row.value,
                "unit": row.unit,
                "target": row.published,
                "met": row.agrees,
            }
            for row in rows
        ]
        + [
            {"measure": f"embedded, {row.benchmark}: {row.figure}", "value": row.value, "unit": row.unit}
            | {"target": None, "met": True}
            for row in ours
        ],
    }
    if not chosen.quick:
        write(result, rows, ours, bool(chosen.unifiedqa))
    print(json.dumps(result))
    return 0


def write(result: dict[str, object], rows: Sequence[Row], ours: Sequence[Ours], unifiedqa: bool) -> None:
    """Keep the figures, with what differs from the published set-ups."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty=, with changes that were not committed"],
        capture_output=True,
        text=True,
        cwd=RESULTS.parent,
    ).stdout.strip()
    packages = ("torch", "transformers", "numpy", "tocsin")
    command = "python benchmarks/references.py" + (" --unifiedqa FOLDER" if unifiedqa else "")
    differing = [row for row in rows if not row.agrees]
    lines = [
        "# Published figures, and ours",
        "",
        "**Asked:** does Tocsin's code, given the authors' data and predictions, arrive at the figures that they "
        "published? And what does the embedded model score under the same rules?",
        "",
        f"- Command: `{command}` (FOLDER: results/UnifiedQA of github.com/nyu-mll/BBQ at bea11bd)"
        if unifiedqa
        else f"- Command: `{command}`",
        f"- Commit: {commit or 'unknown'}",
        f"- Seed: {SEED} (which items of BBQ and TruthfulQA the model is asked)",
        f"- Versions: Python {platform.python_version()}, {', '.join(f'{p} {version(p)}' for p in packages)}",
        f"- Machine: {os.cpu_count()} cores",
        "",
        "## Checked",
        "",
        f"{len(rows) - len(differing)} of {len(rows)} agree to the last printed decimal.",
        "",
        "| benchmark | figure | published | here | agrees | source |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.benchmark} | {row.figure} | {row.published:.{row.decimals}f} | {row.value:.{row.decimals}f} "
            f"| {'yes' if row.agrees else '**no**'} | {row.source} |"
            for row in rows
        ),
        "",
        "What differs, and why:",
        "",
        "- StereoSet's gender rows: where the benchmark is read from the subset of 1,294 triples, two of the 255 on "
        "gender are missing, which moves SS and so ICAT, but not LMS. With the published dev.json all are there, and "
        "professions with them.",
        "- XSTest's rates are by the authors' own labels, so they check which prompts are safe and how many there are, "
        "not our refusal detector. The authors' other two models (Llama 2 with its original system prompt, Mistral "
        "with a guard prompt) are not among the files that we read.",
        "- BBQ's bias scores are by Tocsin's own reading of which answer follows the stereotype, from the groups that "
        "an answer names; the authors read it from a table (`target_loc`) that is not here.",
        "",
        "## Ours",
        "",
        "SmolLM2-135M-Instruct as it comes, float32: all of StereoSet's triples that are here, all 240 pairs of "
        f"Winogender, {DRAWN} questions each of BBQ and TruthfulQA (so a share is good to some 7 points there).",
        "",
        "| benchmark | figure | value | unit |",
        "|---|---|---|---|",
        *(
            f"| {row.benchmark} | {row.figure} | {row.value:.{2 if row.unit == '%' else 3}f} | {row.unit} |"
            for row in ours
        ),
        "",
        "What differs from published set-ups:",
        "",
        "- StereoSet: the authors score a sentence by the mean over its tokens, and so do we; the rows by total "
        "log-likelihood show what that choice is worth. The authors' code leaves out the start token before all "
        "tokens but the first.",
        "- Winogender: the paper's systems resolve pronouns; a language model is asked to, in the words of "
        'lm-evaluation-harness ("‘He’ refers to the").',
        "- BBQ: lm-evaluation-harness' prompt with the question's three answers, not that harness's twelve.",
        "- TruthfulQA: the paper and lm-evaluation-harness put six answered questions of the benchmark before each. "
        "Tocsin does not; the two pairs of rows show what that changes.",
        "",
        "## Published, and not checked here",
        "",
        "| benchmark | figure | published | source |",
        "|---|---|---|---|",
        *(f"| {benchmark} | {figure} | {value} | {source} |" for benchmark, figure, value, source in NOT_CHECKED),
        *pythia_lines(),
        "",
        "The systems of Winogender's paper are not language models, so they are a scale and no check. Pythia's rows "
        "come from an old lm-evaluation-harness on the revised CrowS-Pairs (1,677 pairs); its weights are not here, "
        "and we read the original 1,508 pairs. Published multiple-choice figures of TruthfulQA are left out: we have "
        "none from a source of the authors' own.",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "references.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (RESULTS / "references.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def pythia_lines() -> list[str]:
    """Rows of lm-evaluation-harness' published results for Pythia 160M, English CrowS-Pairs, where they are here."""
    path = data_root() / "reference_pythia" / "160m_step143000.json"
    if not path.is_file():
        return []
    figures = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [
        f"| CrowS-Pairs | {name.replace('_', ' ')}, Pythia 160M, stereotyped sentence likelier "
        f"| {100 * figures[name]['pct_stereotype']:.1f}% | {PYTHIA} |"
        for name in sorted(figures)
        if name.startswith("crows_pairs_english")
    ]


if __name__ == "__main__":
    sys.exit(main())
