"""Arithmetic: sums and products of small numbers."""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

_FRAMES = ("{a} {sign} {b} =", "Question: What is {a} {sign} {b}?\nAnswer:", "The result of {a} {sign} {b} is")


def arithmetic(random: Random) -> Task:
    """Wrong answers are one, two or ten away from the right one, or what another operation gives.

    No differences: a model of 135 million parameters does them no better than by chance.
    """
    sign = random.choice("+*")
    a, b = random.randint(2, 20 if sign == "+" else 10), random.randint(2, 10)
    answer = a + b if sign == "+" else a * b
    near = {answer + away for away in (-10, -2, -1, 1, 2, 10)} | {a + b, a * b} - {answer}
    wrong = others(random, [str(number) for number in near if number > 0], str(answer))
    return Task(random.choice(_FRAMES).format(a=a, b=b, sign=sign), str(answer), wrong, f"{sign} {b}")
