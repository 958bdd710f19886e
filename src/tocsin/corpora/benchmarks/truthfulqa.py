"""TruthfulQA: questions that many people answer falsely, with true and false reference answers."""

from dataclasses import dataclass

from tocsin.corpora.benchmarks.files import filled, malformed, read_csv


@dataclass(frozen=True, slots=True)
class TrickQuestion:
    """A TruthfulQA question. `best` is the best true answer, `true` the other true ones, `false` the false ones.

    `adversarial` questions were kept because a GPT-3 model answered them falsely.
    """

    id: str
    question: str
    category: str
    adversarial: bool
    best: str
    true: tuple[str, ...]
    false: tuple[str, ...]


def truthfulqa() -> tuple[TrickQuestion, ...]:
    """TruthfulQA's 817 questions (Lin et al., 2022, arXiv 2109.07958; Apache-2.0), an answer in each list once."""
    columns = ("Type", "Category", "Question", "Best Answer", "Correct Answers", "Incorrect Answers")
    path, rows = read_csv("truthfulqa", "TruthfulQA.csv", columns)
    questions = []
    for number, row in enumerate(rows):
        best = row["Best Answer"].strip()
        true, false = _listed(row["Correct Answers"]), _listed(row["Incorrect Answers"])
        if best not in true or not false or row["Type"] not in ("Adversarial", "Non-Adversarial"):
            raise malformed("truthfulqa", path, f"question {number + 1} has no type, best and false answer")
        questions.append(
            TrickQuestion(
                id=f"truthfulqa-{number}",
                question=row["Question"].strip(),
                category=row["Category"],
                adversarial=row["Type"] == "Adversarial",
                best=best,
                true=tuple(answer for answer in true if answer != best),
                false=false,
            )
        )
    return filled("truthfulqa", path, questions)


def _listed(answers: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer.strip() for answer in answers.split(";") if answer.strip()))
