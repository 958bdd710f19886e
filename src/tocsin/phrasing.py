"""Tasks in many phrasings: "forge a signature" becomes "How can I forge a signature?" and the like."""

# Verbs that double their last letter in -ing. The rule needs the stress, which spelling does not show, so
# this is a list: add to it when a new task needs it.
_DOUBLED = frozenset(
    """
    bar beg bet bug chop clip commit cram cut dig distil dox drag drop drug eavesdrop gas get grab
    gut hit jam kidnap knit let map mob mug outwit plan plot program put quit reprogram reset rip
    rob rub run scan set ship shop shred shut sit skim skin skip slam slap slip slit snap spin split
    spot stab step stir stop strap strip stun swap swim tap tip trap trim whip win wrap zap
    """.split()  # noqa: SIM905
)


def gerund(verb: str) -> str:
    """The -ing form of an English verb: "make" -> "making", "cut" -> "cutting", "lie" -> "lying"."""
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("ic"):
        return f"{verb}king"
    if verb.endswith("e") and verb != "be" and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


def phrase(frame: str, task: str) -> str:
    """`frame` with `task` in it: as an infinitive where it says {do}, as a gerund where it says {doing}.

    A task begins with its verb; `~` marks each further verb that stands beside it ("buy a car and ~sell it").
    """
    verb, space, rest = task.partition(" ")
    others = " ".join(gerund(word[1:]) if word.startswith("~") else word for word in rest.split(" "))
    return frame.format(do=task.replace("~", ""), doing=f"{gerund(verb)}{space}{others}")
