"""Reading: a few sentences, and a question that they answer."""

from random import Random

from tocsin.behaviour.tasks.names import NAMES
from tocsin.behaviour.tasks.task import Task

# (what is said of each person, what is asked, the values)
_PASSAGES = (
    ("{name} has a {value} hat.", "What colour is {name}'s hat?", "red blue green white black yellow brown grey"),
    ("{name} drives a {value} car.", "What colour is {name}'s car?", "red blue green white black yellow silver purple"),
    ("{name} lives in {value}.", "In which city does {name} live?", "Rome Oslo Lima Cairo Dublin Vienna Prague Madrid"),
    ("{name} plays the {value}.", "What does {name} play? The", "piano violin flute drums harp guitar trumpet cello"),
    ("{name} ate {value} for lunch.", "What did {name} eat?", "soup rice fish pasta salad bread cheese eggs"),
    ("{name} works as a {value}.", "What is {name}'s job? A", "baker nurse pilot farmer lawyer teacher tailor plumber"),
    ("{name} keeps a {value}.", "Which animal does {name} keep? A", "dog cat rabbit parrot goat horse hamster turtle"),
    (
        "{name} comes home in {value}.",
        "When does {name} come home? In",
        "May June July March April August January October",
    ),
)


def reading(random: Random) -> Task:
    """Three people and what is true of each; one of them is asked about. One wrong answer is not in the text."""
    said, question, values = random.choice(_PASSAGES)
    people = random.sample(NAMES, 3)
    first, second, third, absent = random.sample(values.split(), 4)
    given = (first, second, third)
    text = " ".join(said.format(name=name, value=value) for name, value in zip(people, given, strict=True))
    at = random.randrange(3)
    asked = random.choice((_question, _summary))(text, people[at], said, question)
    wrong = (*(value for value in given if value != given[at]), absent)
    return Task(asked, given[at], wrong, f"{question} {at}")


def _question(text: str, name: str, said: str, question: str) -> str:
    asked = f"{text}\nQuestion: {question.format(name=name)}"
    return f"{asked}\nAnswer:" if asked.endswith("?") else asked


def _summary(text: str, name: str, said: str, question: str) -> str:
    return f"{text} As we have just read, {said.partition(' {value}')[0].format(name=name)}"
