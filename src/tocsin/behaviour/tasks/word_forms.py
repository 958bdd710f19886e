"""Word forms: today I sing, yesterday I sang, I have sung; and the plural of a word that nobody has heard before."""

from random import Random

from tocsin.behaviour.tasks.task import Task, others

# The word, its past, its participle, its -ing form, and a made-up regular past.
_VERBS = tuple(
    tuple(forms.split())
    for forms in (
        *(
            "sing sang sung singing singed",
            "drink drank drunk drinking drinked",
            "begin began begun beginning beginned",
        ),
        *("write wrote written writing writed", "drive drove driven driving drived", "eat ate eaten eating eated"),
        *("take took taken taking taked", "give gave given giving gived", "speak spoke spoken speaking speaked"),
        *("break broke broken breaking breaked", "know knew known knowing knowed", "grow grew grown growing growed"),
        *("fly flew flown flying flied", "throw threw thrown throwing throwed", "draw drew drawn drawing drawed"),
        *("swim swam swum swimming swimmed", "ring rang rung ringing ringed", "choose chose chosen choosing choosed"),
        *("wear wore worn wearing weared", "steal stole stolen stealing stealed", "ride rode ridden riding rided"),
        *(
            "shrink shrank shrunk shrinking shrinked",
            "sink sank sunk sinking sinked",
            "weave wove woven weaving weaved",
        ),
        *(
            "swear swore sworn swearing sweared",
            "tear tore torn tearing teared",
            "freeze froze frozen freezing freezed",
        ),
        *(
            "forget forgot forgotten forgetting forgetted",
            "hide hid hidden hiding hided",
            "bite bit bitten biting bited",
        ),
        *("shake shook shaken shaking shaked", "fall fell fallen falling falled", "rise rose risen rising rised"),
    )
)
_PAST = ("yesterday we {} too", "last night they {} as well", "a week ago he {} again", "last year she {} once")
_OFTEN = ("Every day I {word}, and", "Today I {word}, but", "I seldom {word}, though", "We all {word}, and")

_MADE_UP = (
    "blick dorp glim jask korb lunt mivet nerp plov quib tolf wugg zamp brin drell flun grebb hask kip "
    "lomp nupe prum rilk smib sned tolb trell vonk yim zerk"
)
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty", "many")
_COUNTING = (
    "Here is one {word}. There are {number}",
    "I had a {word}, and now I have {number}",
    "One {word}, {number}",
)


def word_form(random: Random) -> Task:
    """The past or the participle of an irregular verb, among its other forms; or the plural of a made-up word."""
    return random.choice((_tense, _plural))(random)


def _tense(random: Random) -> Task:
    word, past, participle, ending, made_up = random.choice(_VERBS)
    opening = random.choice(_OFTEN).format(word=word)
    if random.random() < 0.5:
        before, after = random.choice(_PAST).split(" {} ")
        answer, wrong = past, (word, participle, ending)
    else:
        before, after = random.choice(("we have", "they had", "he has", "she had")), "many times"
        answer, wrong = participle, (past, ending, made_up)
    return Task(f"{opening} {before}", f"{answer} {after}", tuple(f"{form} {after}" for form in wrong), word)


def _plural(random: Random) -> Task:
    word = random.choice(_MADE_UP.split())
    asked = random.choice(_COUNTING).format(word=word, number=random.choice(_NUMBERS))
    wrong = others(random, [word, f"{word}en", f"{word}ly", f"{word}ing", f"{word}ed", f"{word}er"])
    return Task(asked, f"{word}s", wrong, word)
