"""Opposites: "hot" and "cold"."""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

OPPOSITES = (
    *(("hot", "cold"), ("big", "small"), ("long", "short"), ("old", "young"), ("fast", "slow"), ("high", "low")),
    *(("early", "late"), ("full", "empty"), ("hard", "soft"), ("heavy", "light"), ("rich", "poor"), ("wet", "dry")),
    *(("strong", "weak"), ("thick", "thin"), ("wide", "narrow"), ("deep", "shallow"), ("clean", "dirty")),
    *(("happy", "sad"), ("open", "closed"), ("near", "far"), ("right", "wrong"), ("true", "false"), ("loud", "quiet")),
    *(("sweet", "sour"), ("sharp", "blunt"), ("smooth", "rough"), ("tight", "loose"), ("cheap", "expensive")),
    *(("easy", "difficult"), ("polite", "rude"), ("brave", "cowardly"), ("generous", "stingy"), ("guilty", "innocent")),
    *(("ancient", "modern"), ("simple", "complicated"), ("public", "private"), ("temporary", "permanent")),
    *(("asleep", "awake"), ("alive", "dead"), ("up", "down"), ("inside", "outside"), ("above", "below")),
    *(("before", "after"), ("day", "night"), ("summer", "winter"), ("north", "south"), ("east", "west")),
    *(("begin", "end"), ("buy", "sell"), ("give", "take"), ("push", "pull"), ("win", "lose"), ("remember", "forget")),
    *(("love", "hate"), ("accept", "refuse"), ("arrive", "depart"), ("borrow", "lend"), ("build", "destroy")),
    *(("increase", "decrease"), ("laugh", "cry"), ("raise", "lower"), ("succeed", "fail"), ("friend", "enemy")),
    *(("question", "answer"), ("victory", "defeat"), ("success", "failure"), ("strength", "weakness")),
    *(("beginning", "end"), ("entrance", "exit"), ("maximum", "minimum"), ("ceiling", "floor"), ("peace", "war")),
    *(("noisy", "silent"), ("visible", "hidden"), ("expand", "shrink"), ("profit", "loss"), ("arrival", "departure")),
)

_FRAMES = ("The opposite of {word} is", "Not {word}, but quite the contrary:", 'The antonym of "{word}" is the word')


def opposite(random: Random) -> Task:
    """The wrong answers are halves of other pairs."""
    pair = random.choice(OPPOSITES)
    word, answer = pair if random.random() < 0.5 else pair[::-1]
    halves = [half for other in OPPOSITES for half in other if not {*other} & {*pair}]
    return Task(random.choice(_FRAMES).format(word=word), answer, others(random, halves), pair[0])
