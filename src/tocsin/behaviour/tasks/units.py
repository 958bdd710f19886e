"""Units: in what is the weight of a suitcase measured, and how many minutes does an hour have?"""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

_MEASURED = {
    ("weight", "kilograms"): "a suitcase, a sack of rice, a pumpkin, a sheep, a bicycle, a boxer, a parcel, a stone",
    ("length", "metres"): "a rope, a corridor, a swimming pool, a ship, a garden fence, a carpet, a bridge, a snake",
    (
        "volume",
        "litres",
    ): "a bucket, a fuel tank, a bathtub, a barrel, a kettle, a milk can, a watering can, an aquarium",
    ("duration", "minutes"): "a lesson, a bus ride, a phone call, a football match, a film, a break, a song, a nap",
    (
        "temperature",
        "degrees",
    ): "an oven, a fever, a warm day, a hot bath, boiling oil, a freezer, a greenhouse, a lake",
    ("price", "dollars"): "a ticket, a meal, a haircut, a jacket, a newspaper, a hotel room, a lamp, a used car",
}
_UNITS = tuple(unit for _, unit in _MEASURED)
_THINGS = tuple((*of, thing) for of, things in _MEASURED.items() for thing in things.split(", "))
_FRAMES = (
    "The {quantity} of {thing} is usually given in",
    "I wanted to know the {quantity} of {thing}, so I asked for it in",
    "You state the {quantity} of {thing} in",
)

_PARTS = (
    *(("minutes", "an hour", "60"), ("seconds", "a minute", "60"), ("hours", "a day", "24"), ("days", "a week", "7")),
    *(("months", "a year", "12"), ("metres", "a kilometre", "1000"), ("grams", "a kilogram", "1000")),
    *(("centimetres", "a metre", "100"), ("cents", "a dollar", "100"), ("years", "a century", "100")),
    *(("years", "a decade", "10"), ("eggs", "a dozen", "12"), ("millimetres", "a centimetre", "10")),
    *(("degrees", "a right angle", "90"), ("sides", "a triangle", "3"), ("legs", "a spider", "8")),
)
_COUNTS = ("3", "7", "8", "10", "12", "20", "24", "30", "50", "60", "90", "100", "500", "1000")
_COUNTING = ("The number of {parts} in {whole} is", "How many {parts} are in {whole}? Exactly")


def unit(random: Random) -> Task:
    """The unit of a quantity, or how many parts a whole has."""
    if random.random() < 0.3:
        parts, whole, answer = random.choice(_PARTS)
        asked = random.choice(_COUNTING).format(parts=parts, whole=whole)
        return Task(asked, answer, others(random, _COUNTS, answer), whole)
    quantity, answer, thing = random.choice(_THINGS)
    asked = random.choice(_FRAMES).format(quantity=quantity, thing=thing)
    return Task(asked, answer, others(random, _UNITS, answer), quantity)
