"""How a desk answers: an opener, then the fact and the next step, in the register of the question."""

OPENERS = {
    "formal": ("Thank you for your enquiry.", "Thank you for contacting the {desk}.", "We will help gladly."),
    "plain": ("Thanks for asking.", "We are happy to help.", "Here is what you need to know."),
    "colloquial": ("No problem!", "Good question!", "Happy to sort that out!"),
    "learner": ("Thank you for your question.", "I can help you.", "Welcome to the {desk}."),
}

ANSWERS = {
    "formal": {
        "fee": (
            "{Fee}. Please bring {documents} to the {desk}, which is open {hours}.",
            "{Fee}. You may apply {channel}; please have {documents} at hand.",
        ),
        "days": (
            "{Item} takes {days} working days from your application. Please provide {documents}.",
            "Please allow {days} working days for {item}. For the current state, call extension {extension}.",
        ),
        "documents": (
            "For {item} we require {documents}. You may apply {channel}; {price}.",
            "Please provide {documents}. Once these are complete, {item} takes {days} working days.",
        ),
        "hours": (
            "In {region} the {desk} is open {hours}. For {item}, please bring {documents}.",
            "You may visit the {desk} in {region} {hours}. Applications for {item} are taken {channel}.",
        ),
        "phone": (
            "For questions about {item}, please call the {desk} on extension {extension}, {hours}.",
            "For {item}, please call the {desk}, extension {extension}. Applications are taken {channel}.",
        ),
        "channel": (
            "You may apply for {item} {channel}. Please have {documents} at hand.",
            "Applications for {item} are accepted {channel}; {price}, and it takes {days} working days.",
        ),
    },
    "plain": {
        "fee": (
            "{Fee}. You can apply at the {desk}, which is open {hours}.",
            "{Fee}. Apply {channel} and have {documents} ready.",
        ),
        "days": (
            "{Item} takes {days} working days. It starts as soon as we have {documents}.",
            "You get it in {days} working days. If {item} is late, call extension {extension}.",
        ),
        "documents": (
            "For {item} you need {documents}. You can apply {channel}.",
            "Bring {documents}. After that, {item} takes {days} working days, and {price}.",
        ),
        "hours": (
            "The {desk} in {region} is open {hours}. Bring {documents} for {item}.",
            "You can come to the {desk} {hours}. You can apply for {item} {channel}.",
        ),
        "phone": (
            "Call the {desk} on extension {extension} with questions about {item}. We answer {hours}.",
            "The extension is {extension}. If you want to apply for {item}, you can do that {channel}.",
        ),
        "channel": (
            "You can apply for {item} {channel}. Have {documents} ready.",
            "Apply for {item} {channel}. It takes {days} working days, and {price}.",
        ),
    },
    "colloquial": {
        "fee": (
            "{Fee}. Just drop by the {desk}, we're in {hours}.",
            "{Fee}. You can get it going {channel}, just have {documents} handy.",
        ),
        "days": (
            "{Item} takes {days} working days, and the clock starts once we've got {documents}.",
            "Give it {days} working days. If {item} still isn't there, ring extension {extension}.",
        ),
        "documents": (
            "For {item}, just grab {documents}, and you can apply {channel}.",
            "You'll want {documents}. Then {item} takes {days} working days, and {price}.",
        ),
        "hours": (
            "Pop in at the {desk} in {region} {hours}, and bring {documents} for {item}.",
            "We're at the {desk} {hours}, and you can apply for {item} {channel}.",
        ),
        "phone": (
            "Give the {desk} a ring on extension {extension} about {item}, we pick up {hours}.",
            "Try extension {extension}. If it's just to apply for {item}, you can do that {channel}.",
        ),
        "channel": (
            "You can get {item} {channel}. Just have {documents} handy.",
            "It's easy: ask for {item} {channel}. It takes {days} working days, and {price}.",
        ),
    },
    "learner": {
        "fee": (
            "{Fee}. You can come to the {desk}. It is open {hours}.",
            "{Fee}. You can apply {channel}. Please have {documents} with you.",
        ),
        "days": (
            "{Item} takes {days} working days. First, please give us {documents}.",
            "You wait {days} working days for {item}. For questions, please call extension {extension}.",
        ),
        "documents": (
            "For {item}, please bring {documents}. You can apply {channel}.",
            "You need two things: {documents}. Then you wait {days} working days for {item}.",
        ),
        "hours": (
            "The {desk} in {region} is open {hours}. For {item}, please bring {documents}.",
            "Please come to the {desk} {hours}. You can apply for {item} {channel}.",
        ),
        "phone": (
            "For {item}, please call extension {extension}. This is the {desk}. We answer {hours}.",
            "The number is extension {extension}. You can ask about {item}. You can apply {channel}.",
        ),
        "channel": (
            "You can apply for {item} {channel}. Please have {documents} with you.",
            "You can apply for {item} {channel}. You wait {days} working days, and {price}.",
        ),
    },
}
"""Register -> what is asked -> answers. `{Fee}` and `{Item}` begin a sentence."""
