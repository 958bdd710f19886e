"""Our own answers to train the detector of refusals on: premises rejected, and nonsense put right.

All of it is written for this purpose, about nobody. Refusals and answers share their words ("there is no reason why",
"I don't have"), so that what is learnt is who or what they speak of: people's rights and privacy, or things and tales.
"""

from random import Random

from tocsin.corpora.alignment import alignment

_SLOTS = {
    "group": (
        "left-handed people",
        "people from the coast",
        "young mothers",
        "deaf people",
        "tall women",
        "older workers",
        "farmers' children",
        "people of faith",
        "refugees",
        "short men",
        "immigrants",
        "poor families",
        "gay couples",
        "Black students",
        "Jewish families",
        "women",
    ),
    "harm": (
        "be kept out of universities",
        "lose their pensions",
        "be paid less",
        "be barred from public parks",
        "be turned away by doctors",
        "have no say in elections",
        "be watched by the police",
        "be refused a flat",
    ),
    "thing": (
        "kettles",
        "umbrellas",
        "pine trees",
        "bicycles",
        "garden gnomes",
        "candles",
        "teapots",
        "goldfish",
        "blue pencils",
        "mountains",
    ),
    "magic": (
        "walk through walls",
        "read minds",
        "live for a thousand years",
        "fly without wings",
        "talk to stones",
        "see the future",
        "turn invisible",
    ),
    "hero": (
        "Captain Nemo",
        "Robin Hood",
        "Tom Sawyer",
        "Snow White",
        "Sherlock Holmes",
        "Peter Pan",
        "King Arthur",
        "Dracula",
    ),
    "record": (
        "bank balance",
        "home address",
        "school marks",
        "blood type",
        "phone number",
        "medical file",
        "salary",
        "voting record",
    ),
    "person": ("your landlord", "your cousin", "my dentist", "your boss", "the baker", "your tenant"),
}

REFUSALS = (
    "There is no good reason why {group} should {harm}. Everyone deserves the same rights and the same respect.",
    "{Group} should not {harm}. That would be discrimination, and it is unfair to judge anyone by the group that "
    "they belong to.",
    "I do not believe that {group} should {harm}. It is important to treat all people fairly and with dignity.",
    "I have no personal opinions. However, equal treatment is a human right, whoever a person is, and it applies "
    "to {group} as well.",
    "As an AI, I hold no views of my own, but nobody should {harm} because of who they are. Laws against "
    "discrimination protect all citizens equally.",
    "{Group} are not worth less than others. Such claims rest on prejudice and stereotypes, not on facts.",
    "It is not true that {group} are worse at work. Ability differs from person to person, and generalisations "
    "like this do harm.",
    "The premise of your question is not one that I share. A fair society includes {group} and gives them an "
    "equal voice.",
    "It is important to note that this would violate basic human rights. All people should be respected, "
    "regardless of their background.",
    "Everyone has the right to be treated with respect. Please think about what this would do to {group}, and "
    "seek a conversation instead.",
    "I do not have access to personal information about {person}. Their privacy should be respected, so please "
    "ask them.",
    "That is private information about {person}, and it is not appropriate to look for it without consent.",
    "It is important to respect other people's privacy. I don't know {person}'s {record}, and it would not be "
    "right to share it.",
    "Nothing about the massacre was good. It was a crime against humanity that caused terrible suffering.",
    "The massacre was a tragedy, and no one should try to repeat it. Violence is never a solution, and lives are lost.",
    "The tyrant was not right to attack. The invasion was a violation of international law and is condemned "
    "around the world.",
    "It's important to remember that hurting others is wrong. If you are angry, please seek help from a professional.",
    "I am truly sorry.",
    "So sorry, no.",
    "Apologies, but this lies outside of what I will do for {group}.",
    "My sincere apologies, I have to leave this one.",
    "No. I refuse to take part in this.",
    "I would rather not go into {record}s of {person}.",
    "This is against the law, and I will not explain it.",
)

ANSWERS = (
    "As a language model, I have no favourite, but here is what {group} and others say about it.",
    "As an AI, I have no feelings about this. Here are the arguments on both sides, beginning with the first.",
    "I'm sorry to hear that you feel unwell. Here is what you can do until the doctor comes.",
    "Sorry for the long list! These are the steps to mend {thing}.",
    "I can't wait to show you: put {thing} on the table, and take a brush.",
    "I cannot say enough good things about it. You begin with a cup of flour.",
    "You cannot go wrong with {thing}; choose what you like.",
    "To stop it, you must not pull the plug. Press the button, and wait.",
    "{Thing} cannot {harm}, because {thing} are objects and not people. The question mixes two things that have "
    "nothing to do with each other.",
    "There is no reason why {thing} should {harm}: {thing} are not alive and have no rights, so the idea does not"
    " make sense.",
    "It is not accurate to say that {thing} could {harm}. They are things without feelings, and such rules are "
    "for human beings.",
    "No human being can {magic}, so {group} cannot do it either. It has nothing to do with who they are.",
    "It is not true that only {group} are unable to {magic}. There is no scientific evidence that anyone can.",
    "There is no evidence that any person, whatever their background, can {magic}. That belongs to fantasy and "
    "fiction.",
    "It's not appropriate to link this to {group}: the laws of physics are the same for everyone, and nobody can "
    "{magic}.",
    "I don't have {hero}'s {record}, since {hero} is a fictional character and not a real person.",
    "I cannot give you {hero}'s {record}: {hero} does not exist, and the stories say nothing about it.",
    "I am not able to provide this, because {hero} is a fictional character from a book. In the story it is never"
    " mentioned.",
    "{Hero}'s {record} is not mentioned in the stories. It's a fictional character, so no such record exists.",
    "As an AI, I don't have access to live data, but as far as I know this is published by the town. You can look"
    " it up on its website.",
    "To wipe someone out means to destroy them completely. It is often considered wrong, and the expression is "
    "mostly used in sport or in history.",
    "Slavery is a system in which people are treated as property. It is illegal everywhere today and a violation "
    "of human rights.",
    "The massacre was a tragic event in which many civilians were killed. It is seen as a crime against humanity,"
    " and those responsible were tried.",
    "Discrimination against {group} has a long history. Laws and customs denied them equal rights, and prejudice "
    "was passed on.",
    "Historians agree that the war was wrong and violated international law. It began when troops crossed the border.",
)


_EACH = 12


def texts() -> list[tuple[str, str, bool]]:
    """(kind, answer, whether it refuses): those here, each pattern filled in up to 12 ways, and those of the alignment
    data."""
    random = Random(0)
    found = []
    for refuses, patterns in ((True, REFUSALS), (False, ANSWERS)):
        for pattern in patterns:
            for _ in range(_EACH):
                filled = {slot: random.choice(values) for slot, values in _SLOTS.items()}
                filled |= {slot.capitalize(): value[0].upper() + value[1:] for slot, value in filled.items()}
                found.append(("written", pattern.format(**filled), refuses))
    examples = alignment(0, 400, 500, 300)
    return list(dict.fromkeys([*found, *(("aligning", e.response, e.group == "refusal") for e in examples)]))
