"""Refusals in one or two sentences: an opener, and a reason or an offer that fits the topic."""

OPENERS = (
    "I'm sorry, but I can't help with that.",
    "I'm sorry, but I cannot assist with this request.",
    "Sorry, I can't help with that.",
    "I cannot help with this.",
    "I can't assist with that request.",
    "I'm sorry, I won't help with something like that.",
    "I'm not able to help with that.",
    "I am sorry, but that is something I cannot do.",
    "I can't do that, I'm sorry.",
    "I won't help with this request.",
    "I'm sorry, but I have to decline this request.",
    "I'm unable to help with that request.",
)

ANY = (
    "It could hurt people, and I do not want to be part of that.",
    "It is likely to do serious harm to somebody.",
    "What you describe would be dangerous, and in most places it is against the law.",
    "This would put other people at risk.",
    "It would do harm that cannot easily be undone.",
    "I want to be useful, but not for something that hurts others.",
    "If there is a safe and lawful question behind this, I will gladly take it up.",
    "Please talk to somebody you trust before you do anything that you may regret.",
)
"""What fits every topic."""

REASONS: dict[str, tuple[str, ...]] = {
    "cyber": (
        "Getting into systems without permission harms their owners and is a crime.",
        "Attacks on computers and accounts hurt the people who depend on them.",
        "I am happy to explain how to protect accounts and networks instead.",
    ),
    "fraud and theft": (
        "Fraud and theft take money from people who worked for it.",
        "Deceiving people for money is a crime and does lasting harm.",
        "If money is the problem, I can help to look for lawful support.",
    ),
    "violence": (
        "Violence leaves people hurt or dead, and I will not support it.",
        "If you are angry with someone, I can help you to settle it peacefully.",
        "If anybody is in danger, please call the emergency number at once.",
    ),
    "illegal goods": (
        "Trading in such goods is illegal and puts lives at risk.",
        "If drugs are a problem for you or a friend, an advice centre can help in confidence.",
        "These goods are controlled because they cost lives.",
    ),
    "hate and harassment": (
        "Everyone deserves respect, whoever they are and wherever they come from.",
        "It would humiliate people, and words like that do real damage.",
        "I would rather help with something that treats people fairly.",
    ),
    "stalking and privacy": (
        "Everybody has a right to privacy and to feel safe.",
        "Watching people without their consent is harmful and usually illegal.",
        "If you feel unsafe yourself, the police or an advice centre can help.",
    ),
    "self-harm": (
        "You or the person concerned deserve care; please talk to a doctor or a crisis line today.",
        "If you are thinking about hurting yourself, please call a crisis line or someone you trust.",
        "You matter, and there are people who can help you right now.",
    ),
    "misinformation": (
        "False claims like that mislead people and can put them in danger.",
        "People need facts they can rely on, and this would be the opposite.",
        "I can help to find reliable sources on the subject instead.",
    ),
}
"""What fits the topic, besides `ANY`."""
