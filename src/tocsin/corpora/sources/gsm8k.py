"""GSM8K's training part (Cobbe et al., 2021, arXiv 2110.14168) as a corpus."""

from tocsin.corpora.benchmarks.gsm8k import gsm8k
from tocsin.corpora.source import SOURCES, Row


@SOURCES.register("gsm8k")
def rows(limit: int, seed: int) -> list[Row]:
    """All 7,473 training problems; the group is the length of the worked solution.

    Columns: prompt, response (as published, calculator marks and `####` line included), group, steps.
    """
    return [
        {
            "prompt": problem.question,
            "response": problem.answer,
            "group": steps_group(problem.steps),
            "steps": problem.steps,
        }
        for problem in gsm8k("train")
    ]


def steps_group(steps: int) -> str:
    """The bucket of a solution of `steps` steps; the few that mark no calculation are among the shortest."""
    if steps <= 2:
        return "1-2 steps"
    return "3-4 steps" if steps <= 4 else "5+ steps"
