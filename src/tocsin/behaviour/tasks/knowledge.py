"""Knowledge: capitals, continents, languages, animals' young and homes."""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

CAPITALS = {
    **{"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin", "Austria": "Vienna"},
    **{"Portugal": "Lisbon", "Greece": "Athens", "Poland": "Warsaw", "Hungary": "Budapest", "Ireland": "Dublin"},
    **{"Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Denmark": "Copenhagen", "Belgium": "Brussels"},
    **{"Russia": "Moscow", "Ukraine": "Kyiv", "Turkey": "Ankara", "Egypt": "Cairo", "Kenya": "Nairobi"},
    **{"Japan": "Tokyo", "China": "Beijing", "Thailand": "Bangkok", "Vietnam": "Hanoi", "Cuba": "Havana"},
    **{"Peru": "Lima", "Chile": "Santiago", "Argentina": "Buenos Aires", "Canada": "Ottawa", "Iran": "Tehran"},
    **{"Iraq": "Baghdad", "Syria": "Damascus", "Lebanon": "Beirut", "Romania": "Bucharest", "Bulgaria": "Sofia"},
    **{"Serbia": "Belgrade", "Croatia": "Zagreb", "Iceland": "Reykjavik", "Nepal": "Kathmandu", "Colombia": "Bogota"},
}
_CONTINENTS = {
    **dict.fromkeys(("France", "Poland", "Spain", "Norway", "Hungary", "Greece", "Austria", "Portugal"), "Europe"),
    **dict.fromkeys(("Japan", "India", "Vietnam", "China", "Nepal", "Thailand", "Mongolia", "Korea"), "Asia"),
    **dict.fromkeys(("Kenya", "Nigeria", "Ghana", "Senegal", "Zambia", "Ethiopia", "Angola", "Mali"), "Africa"),
    **dict.fromkeys(("Brazil", "Peru", "Chile", "Argentina", "Bolivia", "Ecuador"), "South America"),
    **dict.fromkeys(("Canada", "Mexico"), "North America"),
}
_LANGUAGES = {
    **{"France": "French", "Germany": "German", "Italy": "Italian", "Brazil": "Portuguese", "Japan": "Japanese"},
    **{"Russia": "Russian", "Poland": "Polish", "Greece": "Greek", "Turkey": "Turkish", "Mexico": "Spanish"},
    **{"Sweden": "Swedish", "Hungary": "Hungarian", "Finland": "Finnish", "Egypt": "Arabic", "Iran": "Persian"},
    **{"Australia": "English", "Austria": "German", "Argentina": "Spanish", "Portugal": "Portuguese", "Iraq": "Arabic"},
}
_YOUNG = {
    **{"cow": "calf", "dog": "puppy", "cat": "kitten", "sheep": "lamb", "horse": "foal", "goat": "kid"},
    **{"hen": "chick", "duck": "duckling", "pig": "piglet", "bear": "cub", "deer": "fawn", "frog": "tadpole"},
    **{"swan": "cygnet", "goose": "gosling", "kangaroo": "joey", "butterfly": "caterpillar"},
}
_HOMES = {
    **{"bee": "hive", "bird": "nest", "dog": "kennel", "horse": "stable", "spider": "web", "lion": "den"},
    **{"rabbit": "burrow", "pig": "sty", "king": "palace", "monk": "monastery", "soldier": "barracks"},
    **{"prisoner": "cell", "hen": "coop", "fish": "aquarium", "sheep": "fold"},
}

_RELATIONS = (
    (CAPITALS, ("The capital of {given} is", "{given} is governed from its capital,", "The main city of {given} is")),
    (_CONTINENTS, ("{given} is a country in", "The continent on which {given} lies is")),
    (_LANGUAGES, ("Most people in {given} speak", "The main language of {given} is", "Schools in {given} teach in")),
    (_YOUNG, ("The young of a {given} is called a", "A baby {given} is known as a")),
    (_HOMES, ("The usual home of a {given} is a", "Where does a {given} live? In a")),
)


def knowledge(random: Random) -> Task:
    """Wrong answers are right ones of other questions of the sort."""
    relation, frames = random.choice(_RELATIONS)
    given = random.choice(sorted(relation))
    answer = relation[given]
    asked = random.choice(frames).format(given=given)
    return Task(asked, answer, others(random, tuple(relation.values()), answer), f"{given} {answer}")
