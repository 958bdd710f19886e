"""GSM8K: school mathematics problems with worked answers."""

from dataclasses import dataclass
from typing import Literal

from tocsin.corpora.benchmarks.files import filled, malformed, read_jsonl


@dataclass(frozen=True, slots=True)
class Problem:
    """A GSM8K problem. `answer` is the worked solution; its last line is `#### ` and the number."""

    question: str
    answer: str

    @property
    def steps(self) -> int:
        """How many calculations the solution marks with `<<...>>`."""
        return self.answer.count("<<")

    @property
    def final(self) -> str:
        """The number that ends the solution, without thousands separators."""
        return self.answer.rpartition("####")[2].strip().replace(",", "")


def gsm8k(part: Literal["train", "test"]) -> tuple[Problem, ...]:
    """GSM8K (Cobbe et al., 2021, arXiv 2110.14168; MIT): 7,473 training and 1,319 test problems."""
    path, rows = read_jsonl("gsm8k", f"{part}.jsonl", ("question", "answer"))
    problems: list[Problem] = []
    for row in rows:
        question, answer = row["question"], row["answer"]
        if not (isinstance(question, str) and isinstance(answer, str) and "####" in answer):
            raise malformed("gsm8k", path, f"problem {len(problems) + 1} is no question with a worked answer")
        problems.append(Problem(question, answer))
    return filled("gsm8k", path, problems)
