"""Grammar: which form of a word fits into the sentence?"""

from random import Random

from tocsin.behaviour.tasks.task import Task

_NOUNS = (
    *(("key", "keys"), ("picture", "pictures"), ("letter", "letters"), ("bridge", "bridges"), ("window", "windows")),
    *(("teacher", "teachers"), ("player", "players"), ("nurse", "nurses"), ("singer", "singers"), ("cook", "cooks")),
    *(("horse", "horses"), ("bottle", "bottles"), ("painting", "paintings"), ("report", "reports"), ("road", "roads")),
    *(("box", "boxes"), ("house", "houses"), ("tower", "towers"), ("farmer", "farmers"), ("visitor", "visitors")),
)
_LINKS = ("near the", "behind the", "next to the", "in front of the", "with the")
_FORMS = (  # singular, plural, and two that fit neither
    (("is", "are", "am", "be"), ("in good order.", "known to everybody.", "there again.")),
    (("has", "have", "having", "haves"), ("been seen before.", "become famous.", "caused some trouble.")),
    (("was", "were", "been", "being"), ("on the list.", "there all morning.", "never mentioned.")),
    (("does", "do", "doing", "done"), ("not matter any more.", "not look new.", "not belong here.")),
)

_VERBS = (
    *(("swim", "swims", "swam", "swimming"), ("write", "writes", "wrote", "writing"), ("go", "goes", "went", "going")),
    *(("drive", "drives", "drove", "driving"), ("sing", "sings", "sang", "singing"), ("eat", "eats", "ate", "eating")),
    *(
        ("speak", "speaks", "spoke", "speaking"),
        ("take", "takes", "took", "taking"),
        ("fly", "flies", "flew", "flying"),
    ),
    *(("begin", "begins", "began", "beginning"), ("choose", "chooses", "chose", "choosing")),
)
_WHO = ("The boy", "My aunt", "The children", "Our guests", "His brother", "The twins", "This girl", "Both men")
_MODALS = ("can", "must", "will", "should", "may", "cannot", "would", "might")
_TIMES = ("today", "in the morning", "without help", "after lunch", "every week", "on Sunday")


def agreement(random: Random) -> Task:
    """A verb that agrees with its subject, with another noun between; or the bare verb after a modal one.

    The whole rest of the sentence is scored, so that the verb must fit what follows it too.
    """
    if random.random() < 0.3:
        forms, modal, time = random.choice(_VERBS), random.choice(_MODALS), random.choice(_TIMES)
        answer, *wrong = (f"{form} {time}." for form in forms)
        return Task(f"{random.choice(_WHO)} {modal}", answer, tuple(wrong), f"after {modal}")
    (subject, other), plural = random.sample(_NOUNS, 2), random.randrange(2)
    (forms, ends), link = random.choice(_FORMS), random.choice(_LINKS)
    end = random.choice(ends)
    wrong = [f"{form} {end}" for at, form in enumerate(forms) if at != plural]
    asked = f"The {subject[plural]} {link} {other[1 - plural]}"
    return Task(asked, f"{forms[plural]} {end}", tuple(wrong), f"{forms[plural]} {link}")
