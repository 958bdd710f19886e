"""Sequences: what comes after 2, 4, 6?"""

from random import Random
from string import ascii_uppercase

from tocsin.behaviour.tasks.task import Task, others

_FRAMES = ("{shown},", "Continue the sequence: {shown},", "The next in the row {shown} is")


def sequence(random: Random) -> Task:
    """Numbers at equal steps, up or down, or letters; the wrong answers lie near the right one."""
    frame = random.choice(_FRAMES)
    if random.random() < 0.3:
        step, start = random.choice((1, 2, 3)), random.randrange(10)
        letters = [ascii_uppercase[start + step * at] for at in range(5)]
        wrong = others(random, ascii_uppercase[start + step * 3 + 1 : start + step * 4 + 6], letters[4])
        return Task(frame.format(shown=", ".join(letters[:4])), letters[4], wrong, f"letters by {step}")
    step = random.choice((1, 2, 3, 4, 5, 10, -1, -2, -5, -10))
    start = random.randrange(60, 100) if step < 0 else random.randrange(1, 50)
    numbers = [start + step * at for at in range(5)]
    near = [numbers[4] + away for away in (-3, -2, -1, 1, 2, 3, 10)]
    wrong = others(random, [str(number) for number in near if number not in numbers[:4]])
    return Task(frame.format(shown=", ".join(map(str, numbers[:4]))), str(numbers[4]), wrong, f"numbers by {step}")
