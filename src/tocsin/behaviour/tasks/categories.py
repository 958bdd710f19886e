"""Categories: which of four things is a bird?"""

from random import Random

from tocsin.behaviour.tasks.task import Task

CATEGORIES = {
    "a bird": "sparrow eagle pigeon owl parrot robin swan penguin crow falcon duck goose",
    "a fish": "salmon trout cod tuna herring shark carp eel sardine pike",
    "an insect": "ant bee beetle butterfly mosquito wasp grasshopper moth cricket termite",
    "a fruit": "apple banana cherry grape lemon mango orange peach pear plum",
    "a vegetable": "carrot cabbage onion potato spinach cauliflower celery broccoli lettuce turnip",
    "a tree": "oak birch beech maple willow poplar pine fir elm cedar",
    "a flower": "rose tulip daisy lily orchid violet daffodil sunflower poppy carnation",
    "a tool": "hammer saw screwdriver drill pliers spanner chisel axe rake shovel",
    "a musical instrument": "piano violin trumpet flute guitar drum harp cello clarinet trombone",
    "a piece of clothing": "shirt jacket sock glove scarf skirt coat sweater dress trousers",
    "a piece of furniture": "table chair sofa wardrobe bed desk shelf cupboard stool armchair",
    "a vehicle": "bus lorry tractor bicycle motorcycle tram taxi van train ambulance",
    "a metal": "iron copper gold silver zinc tin lead nickel aluminium steel",
    "a profession": "baker plumber lawyer nurse carpenter tailor teacher pilot butcher dentist",
    "a part of the body": "elbow knee shoulder ankle wrist chin thumb neck ear nose",
    "a sport": "tennis football hockey swimming rowing boxing golf rugby wrestling cycling",
    "a drink": "tea coffee milk juice water lemonade beer wine cocoa cider",
    "a building": "church castle school hospital factory museum barn hotel palace library",
}
_MEMBERS = {name: tuple(words.split()) for name, words in CATEGORIES.items()}

_FRAMES = (
    "{a}, {b}, {c}, {d}: what is {kind}? It is the",
    "{a}, {b}, {c}, {d}. Only one of them is {kind}, namely",
    "Among {a}, {b}, {c} and {d}, the one that is {kind} is",
)


def category(random: Random) -> Task:
    """The four words are in the question, in any order, each from a different category."""
    kinds = random.sample(sorted(_MEMBERS), 4)
    words = [random.choice(_MEMBERS[kind]) for kind in kinds]
    a, b, c, d = random.sample(words, 4)
    asked = random.choice(_FRAMES).format(kind=kinds[0], a=a, b=b, c=c, d=d)
    return Task(asked, words[0], tuple(words[1:]), kinds[0])
