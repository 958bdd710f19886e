"""Inference: what follows from two or three sentences about made-up things."""

from random import Random

from tocsin.behaviour.tasks.names import NAMES
from tocsin.behaviour.tasks.task import Task, others

_KINDS = (
    "blick",
    "dorp",
    "fenna",
    "glim",
    "jask",
    "korb",
    "lunt",
    "mivet",
    "nerp",
    "plov",
    "quib",
    "tolf",
    "wugg",
    "zamp",
)
_COLOURS = ("red", "blue", "green", "white", "black", "yellow", "brown", "grey")
_THINGS = ("coin", "letter", "ring", "key", "ticket", "pearl", "note", "stamp")
_PLACES = ("kitchen", "garden", "attic", "cellar", "garage", "bathroom", "office", "hall")


def inference(random: Random) -> Task:
    """From a rule to a case; from one of two to the other; from a move to a place."""
    return random.choice((_rule, _either, _moved))(random)


def _rule(random: Random) -> Task:
    (one, other), (this, that) = random.sample(_KINDS, 2), random.sample(_COLOURS, 2)
    rules = [f"Every {one} is {this}.", f"Every {other} is {that}."]
    random.shuffle(rules)
    name = random.choice(NAMES)
    asked = f"{' '.join(rules)} {name} has a {one}. The {one} of {name} must be"
    return Task(asked, this, (that, *others(random, _COLOURS, this, that, count=2)), f"rule {one}")


def _either(random: Random) -> Task:
    thing, place = random.choice(_THINGS), random.sample(_PLACES, 2)
    out, left = random.sample(place, 2)
    asked = f"The {thing} is either in the {place[0]} or in the {place[1]}. It is not in the {out}, so it is in the"
    return Task(asked, left, (out, *others(random, _PLACES, out, left, count=2)), f"either {left}")


def _moved(random: Random) -> Task:
    name, thing, (start, end) = random.choice(NAMES), random.choice(_THINGS), random.sample(_PLACES, 2)
    asked = f"The {thing} was in the {start}. {name} took the {thing} from the {start} to the {end}. Now it is in the"
    return Task(asked, end, (start, *others(random, _PLACES, start, end, count=2)), f"moved {end}")
