"""Properties: what colour, taste or nature things have."""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

_COLOURS = {
    "white": "snow, milk, salt, a polar bear, a swan, chalk",
    "yellow": "a ripe lemon, a canary, a ripe banana, a daffodil, a sunflower",
    "green": "grass in spring, spinach, a cucumber, an emerald, a lime",
    "red": "fresh blood, a ripe tomato, a fire engine, a ripe strawberry, a ruby",
    "black": "coal, a raven, soot, tar, a panther",
    "orange": "a ripe pumpkin, a carrot, a tangerine, a basketball",
    "blue": "a clear sky at noon, a sapphire, a cornflower, deep clean water",
    "brown": "chocolate, a chestnut, coffee beans, tree bark, mud",
}
_TASTES = {
    "sweet": "sugar, honey, jam, syrup, candy, a ripe melon",
    "sour": "vinegar, lemon juice, an unripe grape, lime juice",
    "salty": "sea water, anchovies, soy sauce, salted butter",
    "bitter": "black coffee without sugar, strong tea, quinine, dark cocoa",
    "spicy": "chili, hot curry, hot pepper, raw horseradish",
}
_NATURES = {
    "hot": "a fire, boiling soup, a desert at noon, the inside of an oven, steam, lava",
    "cold": "ice, a winter night, a glacier, the inside of a freezer, frozen peas",
    "hard": "a stone, a diamond, a steel beam, a brick, granite",
    "soft": "a pillow, cotton wool, a kitten's fur, a sponge, velvet",
    "sharp": "a razor, a thorn, a needle, a shard of glass, a scalpel",
    "wet": "rain, a used towel, a puddle, morning dew, a fish in a river",
    "loud": "thunder, a siren, a jet engine, a rock concert, an explosion",
    "dark": "a cave, a moonless night, a cellar without windows, a tunnel",
}
_SORTS = (
    (
        _COLOURS,
        ("The colour of {thing} is", "Somebody asked what colour {thing} is. The answer is", "{thing}: its colour is"),
    ),
    (_TASTES, ("The taste of {thing} is", "Somebody asked how {thing} tastes. The answer is", "{thing}: its taste is")),
    (_NATURES, ("What best describes {thing} is the word", "{thing} is very", "Everyone knows that {thing} is")),
)


def thing_and_property(random: Random) -> Task:
    """The wrong answers are properties of other things of the sort."""
    sort, frames = random.choice(_SORTS)
    answer = random.choice(sorted(sort))
    thing, frame = random.choice(sort[answer].split(", ")), random.choice(frames)
    asked = frame.format(thing=thing[0].upper() + thing[1:] if frame[0] == "{" else thing)
    return Task(asked, answer, others(random, sorted(sort), answer), thing)
