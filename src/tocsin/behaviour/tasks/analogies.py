"""Analogies: hot is to cold as big is to small."""

from random import Random

from tocsin.behaviour.tasks.knowledge import CAPITALS
from tocsin.behaviour.tasks.task import Task, others

_PAIRS = {
    "capital": tuple(CAPITALS.items()),
    "opposite": (
        *(("north", "south"), ("buy", "sell"), ("early", "late"), ("rich", "poor"), ("hard", "soft"), ("fast", "slow")),
        *(("happy", "sad"), ("strong", "weak"), ("wet", "dry"), ("true", "false"), ("high", "low"), ("win", "lose")),
        *(("full", "empty"), ("begin", "end"), ("push", "pull"), ("day", "night"), ("near", "far"), ("old", "young")),
    ),
    "material": (
        *(("window", "glass"), ("tyre", "rubber"), ("book", "paper"), ("sweater", "wool"), ("coin", "metal")),
        *(("candle", "wax"), ("shoe", "leather"), ("table", "wood"), ("wall", "brick"), ("bread", "flour")),
        *(("cheese", "milk"), ("wine", "grapes"), ("omelette", "eggs"), ("road", "asphalt"), ("curtain", "cloth")),
    ),
    "part": (
        *(
            ("hand", "finger"),
            ("foot", "toe"),
            ("tree", "branch"),
            ("book", "page"),
            ("house", "room"),
            ("car", "wheel"),
        ),
        *(
            ("bird", "wing"),
            ("flower", "petal"),
            ("fish", "fin"),
            ("year", "month"),
            ("chain", "link"),
            ("army", "soldier"),
        ),
        *(("word", "letter"), ("clock", "hand"), ("elephant", "trunk"), ("ship", "deck"), ("bicycle", "pedal")),
    ),
    "worker": (
        *(("baker", "bread"), ("writer", "books"), ("farmer", "crops"), ("tailor", "suits"), ("brewer", "beer")),
        *(("painter", "pictures"), ("composer", "music"), ("cobbler", "shoes"), ("poet", "poems"), ("cook", "meals")),
        *(
            ("carpenter", "furniture"),
            ("miner", "coal"),
            ("potter", "bowls"),
            ("florist", "flowers"),
            ("butcher", "meat"),
        ),
    ),
}
_FRAMES = ("{a} is to {b} as {c} is to", "{a} : {b}, {c} :", "{a} goes with {b} just as {c} goes with")


def analogy(random: Random) -> Task:
    """The wrong answers are right ones of further pairs of the same relation."""
    relation = random.choice(sorted(_PAIRS))
    (a, b), (c, answer) = random.sample(_PAIRS[relation], 2)
    wrong = others(random, [value for _, value in _PAIRS[relation]], answer, b)
    return Task(random.choice(_FRAMES).format(a=a, b=b, c=c), answer, wrong, f"{relation} {c}")
