"""Common sense: what things are for, who does what, and where."""

from random import Random

from tocsin.behaviour.tasks.names import NAMES
from tocsin.behaviour.tasks.task import Task, others

_TOOLS = {
    **{
        "cut paper": "scissors",
        "drive in a nail": "a hammer",
        "sweep the floor": "a broom",
        "open a tin": "a tin opener",
    },
    **{
        "see the stars": "a telescope",
        "tell the time": "a watch",
        "dry the hands": "a towel",
        "light a candle": "a match",
    },
    **{
        "stay dry in the rain": "an umbrella",
        "wash the hair": "shampoo",
        "write a letter": "a pen",
        "eat soup": "a spoon",
    },
    **{"boil water": "a kettle", "lock the door": "a key", "take a photograph": "a camera", "dig a hole": "a shovel"},
    **{
        "cross the river": "a boat",
        "find the way": "a map",
        "brush the teeth": "a toothbrush",
        "sew on a button": "a needle",
    },
    **{"keep food cold": "a fridge", "iron a shirt": "an iron", "climb onto the roof": "a ladder", "cut wood": "a saw"},
    **{
        "catch a fish": "a net",
        "measure a room": "a tape measure",
        "bake a cake": "an oven",
        "call a friend": "a phone",
    },
    **{"carry the shopping": "a bag", "water the flowers": "a watering can", "wake up on time": "an alarm clock"},
}
_WORKERS = {
    **{
        "bakes bread": "a baker",
        "flies planes": "a pilot",
        "puts out fires": "a firefighter",
        "repairs pipes": "a plumber",
    },
    **{
        "treats sick animals": "a vet",
        "teaches children": "a teacher",
        "cuts hair": "a hairdresser",
        "sells meat": "a butcher",
    },
    **{
        "looks after teeth": "a dentist",
        "grows crops": "a farmer",
        "designs houses": "an architect",
        "paints pictures": "an artist",
    },
    **{"catches thieves": "a police officer", "serves food in a restaurant": "a waiter", "sews suits": "a tailor"},
    **{
        "lends out books": "a librarian",
        "repairs engines": "a mechanic",
        "writes novels": "an author",
        "steers a ship": "a captain",
    },
    **{"delivers letters": "a postman", "defends people in court": "a lawyer", "plays in an orchestra": "a musician"},
    **{"digs for coal": "a miner", "works with wood": "a carpenter", "reports the news": "a journalist"},
}
_PLACES = {
    **{
        "borrow a novel": "the library",
        "catch a train": "the station",
        "see a play": "the theatre",
        "post a parcel": "the post office",
    },
    **{
        "watch a film": "the cinema",
        "board a plane": "the airport",
        "see old paintings": "the museum",
        "swim": "the pool",
    },
    **{
        "see lions and bears": "the zoo",
        "buy medicine": "the pharmacy",
        "open an account": "the bank",
        "pray": "the church",
    },
    **{
        "visit a sick friend": "the hospital",
        "lift weights": "the gym",
        "buy bread": "the bakery",
        "sit by the sea": "the beach",
    },
    **{"fill the tank": "the petrol station", "spend the night": "the hotel", "learn to read": "the school"},
}
_SORTS = (
    (_TOOLS, ("In order to {do}, {name} needs", "{name} wants to {do} and looks for", "To {do}, {name} uses")),
    (_WORKERS, ("{name} {do} for a living. {name} is", "Because {name} {do}, we know that {name} is")),
    (_PLACES, ("In order to {do}, {name} goes to", "{name} would like to {do} and is on the way to")),
)


def common_sense(random: Random) -> Task:
    """Wrong answers are right ones of other questions of the sort."""
    sort, frames = random.choice(_SORTS)
    do = random.choice(sorted(sort))
    asked = random.choice(frames).format(do=do, name=random.choice(NAMES))
    return Task(asked, sort[do], others(random, tuple(sort.values()), sort[do]), do)
