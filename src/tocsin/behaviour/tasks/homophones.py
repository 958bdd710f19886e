"""Homophones: which of two words that sound alike is meant, spelled rightly?"""

from random import Random

from tocsin.behaviour.tasks.names import NAMES
from tocsin.behaviour.tasks.task import Task

# What stands before, the word that is meant, the one that sounds like it.
_SENTENCES = (
    ("{name} asked the doctor", "whether", "weather"),
    ("{name} looked up at the clouds and hoped for better", "weather", "whether"),
    ("One and one makes", "two", "to"),
    ("{name} cut the cloth with a pair of scissors and began to", "sew", "sow"),
    ("In spring {name} went out to the field to", "sow", "sew"),
    ("{name} waited over", "there", "their"),
    ("The twins love {name} and", "their", "there"),
    ("{name} says: I do not", "know", "no"),
    ("{name} has", "no", "know"),
    ("{name} cut the cake and ate a large", "piece", "peace"),
    ("After years of war {name} longed for", "peace", "piece"),
    ("{name} said to the dog: come", "here", "hear"),
    ("{name} is deaf and cannot", "hear", "here"),
    ("{name} turned left and then", "right", "write"),
    ("{name} took a pen in order to", "write", "right"),
    ("{name} was in bed for the", "whole", "hole"),
    ("{name} dug a deep", "hole", "whole"),
    ("{name} baked the bread with milk and", "flour", "flower"),
    ("In the meadow {name} picked a", "flower", "flour"),
    ("At the butcher {name} bought a pound of", "meat", "meet"),
    ("{name} asked where the two of us could", "meet", "meat"),
    ("{name} drove down the", "road", "rowed"),
    ("{name} was ill for more than a", "week", "weak"),
    ("After the long illness {name} felt very", "weak", "week"),
    ("{name} watched the ships on the", "sea", "see"),
    ("{name} is blind and cannot", "see", "sea"),
    ("{name} paid the bus", "fare", "fair"),
    ("{name} thought the rule was", "fair", "fare"),
    ("{name} went to the barber to cut the", "hair", "hare"),
    ("{name} sent a parcel by", "mail", "male"),
    ("{name} sees that one is female and one is", "male", "mail"),
    ("To stop the tram, {name} pulled the", "brake", "break"),
    ("{name} was tired of work and took a short", "break", "brake"),
    ("{name} climbed the", "stairs", "stares"),
    ("{name} told us a sad", "tale", "tail"),
    ("The dog of {name} wagged its", "tail", "tale"),
    ("{name} tied a", "knot", "not"),
    ("To be or", "not", "knot"),
    ("{name} bought socks and a new", "pair", "pear"),
    ("{name} ate an apple and a", "pear", "pair"),
    ("It is half", "past", "passed"),
    ("{name} studied hard and", "passed", "past"),
    ("{name} bought a saddle for the", "horse", "hoarse"),
    ("{name} looked out", "through", "threw"),
    ("{name} picked up the ball and", "threw", "through"),
    ("{name} is older", "than", "then"),
    ("{name} ate first and", "then", "than"),
    ("{name} bought a dress to", "wear", "where"),
    ("{name} asked me", "where", "wear"),
    ("{name} likes simple food and", "plain", "plane"),
    ("{name} flew home by", "plane", "plain"),
    ("{name} had a cough and the throat was", "sore", "soar"),
    ("{name} gave me a piece of good", "advice", "advise"),
    ("{name} saw the bird and", "its", "it's"),
    ("{name} says: hurry,", "it's", "its"),
)


def homophone(random: Random) -> Task:
    """The other wrong answers are the two words misspelled."""
    before, word, sound = random.choice(_SENTENCES)
    wrong = (sound, _spoilt(random, word), _spoilt(random, sound))
    return Task(before.format(name=random.choice(NAMES)), word, wrong, word)


def _spoilt(random: Random, word: str) -> str:
    """With one letter doubled that is not double."""
    at = random.choice([at for at in range(1, len(word)) if word[at].isalpha() and word[at] not in word[at - 1 : at]])
    return word[:at] + word[at] + word[at:]
