"""Training the detector of refusals, and trying it on models and prompts that it has not seen."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from refusal_examples import texts
from scipy.sparse import csr_matrix, vstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from tocsin.behaviour.refusal_signs import WORDS, opening, signs
from tocsin.corpora.benchmarks.files import read_csv

MODELS = {"GPT-4": "gpt4", "Llama 2": "llama2new", "Mistral": "mistralinstruct"}
FALSE_REFUSALS = 0.03
LENGTHS = (WORDS, 24, 12)
"""An answer is trained on at each of these numbers of words, since a probe reads only a beginning."""
FOLDS = 5
COMMON = 8
"""In how many of our own texts a word of the vocabulary is, and in how many answers a word or pair with a weight."""
STRENGTHS = (1.0, 3.0, 10.0, 30.0)
"""Inverse strengths of regularisation to choose from."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """XSTest's labelled completions. `label` is 1 for full compliance, 2 for a full refusal, 3 for a partial one;
    `model` is the place in `MODELS`, `fold` that of the prompt. All arrays have shape (completions,)."""

    texts: tuple[str, ...]
    prompts: tuple[str, ...]
    model: NDArray[np.int64]
    label: NDArray[np.int64]
    fold: NDArray[np.int64]

    def counted(self) -> Bools:
        """Full refusals and full compliance."""
        return self.label != 3


def answers() -> Answers:
    """All completions; a prompt is in the same fold whoever answers it."""
    rows = []
    for model, name in enumerate(MODELS.values()):
        _, table = read_csv("xstest", f"xstest_v2_completions_{name}.csv", ("id", "prompt", "final_label"))
        rows += [(model, row["id"], row["prompt"], row["completion"], int(row["final_label"][0])) for row in table]
    ids = sorted({id for _, id, *_ in rows})
    place = dict(zip(ids, np.random.default_rng(0).permutation(len(ids)), strict=True))
    return Answers(
        tuple(text for *_, text, _ in rows),
        tuple(prompt for _, _, prompt, *_ in rows),
        np.array([model for model, *_ in rows]),
        np.array([label for *_, label in rows]),
        np.array([place[id] % FOLDS for _, id, *_ in rows]),
    )


def vocabulary() -> frozenset[str]:
    """The common words of our own texts: no word is taken from a benchmark."""
    count = Counter(word for _, text, _ in texts() for word in set(re.findall(r"[a-z']+", opening(text))))
    return frozenset(word for word, texts_with in count.items() if texts_with >= COMMON)


class Training:
    """All features at hand, so that many detectors can be trained on parts of them."""

    def __init__(self, found: Answers) -> None:
        self.answers = found
        self.vocabulary = vocabulary()
        own = texts()
        theirs = {n: [signs(opening(text, n), self.vocabulary) for text in found.texts] for n in LENGTHS}
        ours = [[signs(opening(text, n), self.vocabulary) for _, text, _ in own] for n in LENGTHS]
        seen = Counter(name for row in theirs[WORDS] + ours[0] for name in row)
        self.columns = DictVectorizer()
        self.columns.fit([{name: 1.0 for name, n in seen.items() if n >= COMMON or name.startswith("@")}])
        self.theirs = {n: self.columns.transform(rows) for n, rows in theirs.items()}
        self.ours: csr_matrix = vstack([self.columns.transform(rows) for rows in ours])
        self.our_refusals = np.array([refuses for *_, refuses in own])
        self.our_kinds = np.array([kind for kind, *_ in own])

    def fit(self, rows: Bools, strength: float) -> LogisticRegression:
        """Trained on the completions at `rows`, each model's refusals and answers weighing the same, and on our own
        texts likewise."""
        rows = rows & self.answers.counted()
        times = len(LENGTHS)
        source = np.concatenate([np.tile(self.answers.model[rows].astype(str), times), np.tile(self.our_kinds, times)])
        refuses = np.concatenate([np.tile(self.answers.label[rows] == 2, times), np.tile(self.our_refusals, times)])
        weight = np.ones(len(source))
        for name in set(source):
            for verdict in (True, False):
                cell = (source == name) & (refuses == verdict)
                weight[cell] = rows.sum() / 4 / max(1, cell.sum())
        data = vstack([*(self.theirs[n][rows] for n in LENGTHS), self.ours])
        return LogisticRegression(C=strength, max_iter=3000).fit(data, refuses, sample_weight=weight)

    def score(self, texts: Sequence[str], by: LogisticRegression) -> Floats:
        """Log-odds of a refusal for each text, shape (texts,)."""
        rows = [signs(opening(text), self.vocabulary) for text in texts]
        return np.asarray(by.decision_function(self.columns.transform(rows)), np.float64)

    def left_out(self, among: Bools, strength: float) -> Floats:
        """The score of each whole completion in `among` by a detector that has seen, of `among`, neither its model nor
        its prompt; NaN elsewhere. Shape (completions,)."""
        scores = np.full(len(among), np.nan)
        for model in set(self.answers.model[among]):
            for fold in range(FOLDS):
                train = among & (self.answers.model != model) & (self.answers.fold != fold)
                test = among & (self.answers.model == model) & (self.answers.fold == fold)
                if test.any():
                    scores[test] = self.fit(train, strength).decision_function(self.theirs[WORDS][test])
        return scores

    def choose(self, among: Bools) -> tuple[float, float]:
        """The strength with the best area under the curve, averaged over the models in `among` left out in turn, and
        the lowest cut at which at most `FALSE_REFUSALS` of the answers are so found to refuse, on average over them."""
        best, strength, cut = -1.0, STRENGTHS[0], 0.0
        for one in STRENGTHS:
            scores = self.left_out(among, one)
            areas, curves = [], []
            for model in set(self.answers.model[among]):
                these = among & (self.answers.model == model)
                refusals, complied = (np.sort(scores[these & (self.answers.label == label)]) for label in (2, 1))
                areas.append(np.searchsorted(complied, refusals).mean() / len(complied))
                curves.append(complied)
            if np.mean(areas) > best:
                cuts = np.sort(np.concatenate(curves))
                wrong = np.mean([1 - np.searchsorted(c, cuts, side="right") / len(c) for c in curves], axis=0)
                best, strength, cut = float(np.mean(areas)), one, float(cuts[np.argmax(wrong <= FALSE_REFUSALS)])
        return strength, cut

    def weights(self, by: LogisticRegression) -> tuple[dict[str, float], float]:
        """Named weights and the bias of a fitted detector, as they ship."""
        names = self.columns.get_feature_names_out()
        pairs = sorted(zip(names, by.coef_[0], strict=True))
        return {str(name): round(float(w), 3) for name, w in pairs if abs(w) >= 0.0005}, round(
            float(by.intercept_[0]), 3
        )


@dataclass(frozen=True)
class LeftOut:
    """What detectors that had seen neither the model nor the prompt say: `fitted` and `cuts` by (model, fold), where a
    model's cut is chosen on the other two."""

    training: Training
    fitted: Mapping[tuple[int, int], LogisticRegression]
    cuts: Mapping[tuple[int, int], float]

    @staticmethod
    def of(training: Training) -> "LeftOut":
        """Trained and chosen anew for each model and fold."""
        fitted, cuts = {}, {}
        found = training.answers
        for model in range(len(MODELS)):
            for fold in range(FOLDS):
                train = (found.model != model) & (found.fold != fold)
                strength, cuts[model, fold] = training.choose(train)
                fitted[model, fold] = training.fit(train, strength)
        return LeftOut(training, fitted, cuts)

    def scores(self, texts: Sequence[str]) -> Floats:
        """Log-odds less the cut for `texts`, one for each completion; shape (completions,)."""
        found = self.training.answers
        scores = np.empty(len(texts))
        for (model, fold), by in self.fitted.items():
            rows = np.flatnonzero((found.model == model) & (found.fold == fold))
            scores[rows] = self.training.score([texts[i] for i in rows], by) - self.cuts[model, fold]
        return scores


def shipped(training: Training, counts: Mapping[str, Any], sure: Mapping[str, float]) -> dict[str, Any]:
    """The detector trained on all three models, as plain values."""
    everything = np.ones(len(training.answers.texts), bool)
    strength, cut = training.choose(everything)
    weights, bias = training.weights(training.fit(everything, strength))
    return {
        "vocabulary": sorted(training.vocabulary),
        "weights": weights,
        "bias": bias,
        "cut": round(cut, 3),
        **sure,
        **counts,
    }
