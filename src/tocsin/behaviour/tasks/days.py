"""Days and months: what comes after Monday, and what before June?"""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# (frame, how far the answer is from what is given)
_OF_DAYS = (
    ("If today is {given}, tomorrow is", 1),
    ("Yesterday was {given}, so today is", 1),
    ("It is {given}. Tomorrow will be", 1),
    ("The party was on {given}. The day after it was", 1),
    ("The day before {given} is", -1),
    ("The shop opens the day after {given}, which is", 1),
)
_OF_MONTHS = (
    ("After {given} comes the month of", 1),
    ("If this month is {given}, the next one is", 1),
    ("It is {given}. Next month will be", 1),
    ("The month before {given} is", -1),
    ("The month after {given} is", 1),
    ("The rent for {given} is paid a month late, in", 1),
)


def day_or_month(random: Random) -> Task:
    """One step forwards or backwards; what is given is no answer."""
    names, frames = random.choice(((DAYS, _OF_DAYS), (MONTHS, _OF_MONTHS)))
    frame, step = random.choice(frames)
    at = random.randrange(len(names))
    answer = names[(at + step) % len(names)]
    return Task(frame.format(given=names[at]), answer, others(random, names, answer, names[at]), frame)
