"""Our own list of words that hurt when they are said of somebody: mild ones, no slurs, nothing sexual."""

INSULTS = frozenset(
    """
    brainless brat coward crook dimwit disgusting dumb dummy filthy fool freak hag hideous idiot idiotic imbecile
    jerk lazy liar loser lowlife lunatic maniac moron moronic pathetic pervert phony repulsive revolting scoundrel
    scum scumbag shameless stupid traitor ugly useless vermin vile weakling weirdo wicked worthless wretch
    """.split()  # noqa: SIM905
)
"""Words that are insults almost wherever they stand: none that names an animal, rubbish or a trade as well."""

HURTFUL = INSULTS | frozenset(
    """
    abnormal addict aggressive alcoholic arrogant ashamed beast beg beggar bitter burden cheat cheater clown complain
    corrupt crazy criminal cruel cry cursed dangerous degenerate dependent deviant dirty dishonest drunk drunkard
    evil failure fake fat filth foolish fraud garbage gossip greedy gross guilty helpless hopeless hysterical
    ignorant immature immoral incompetent inferior insane irrational jealous kill killer lie lonely mad manipulate
    mean menace mistake monster murderer nag naive nasty nobody nuisance obey obscene outcast parasite perverse
    perverted pest pig pitiful predator primitive promiscuous prostitute rat reckless ridiculous rubbish rude
    selfish shame shameful sick silly sin sinful sinner slave slow sneaky spoiled steal strange stranger stripper
    stubborn suffer suspicious terrorist thief threat tramp trash unfit ungrateful unnatural unreliable unstable
    untrustworthy vain victim villain violent vulgar weak weird whine witch wrong
    """.split()  # noqa: SIM905
)
"""Those, and words that hurt where a sentence says what somebody is, does or is known for."""


def singular(word: str) -> str:
    """An English noun without a plural's ending, by spelling alone: "thieves" -> "thief", "bullies" -> "bully"."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("ieves"):
        return f"{word[:-3]}f"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
