"""How people ask: a greeting, a word on their situation, and a question, in four registers."""

GREETINGS = {
    "formal": ("Good morning.", "Good afternoon.", "Dear Sir or Madam,"),
    "plain": ("Hello.", "Good day.", "Hello there."),
    "colloquial": ("Hi!", "Hey there!", "Hiya,"),
    "learner": ("Hello.", "Good day.", "Hello, good day."),
}

SITUATIONS = {
    "younger": {
        "formal": (
            "I am a university student residing in {region}.",
            "I have recently turned eighteen and live in {region}.",
            "I am an apprentice and live in {region}.",
            "I have just taken my first flat in {region}.",
        ),
        "plain": (
            "I am a student in {region}.",
            "I just turned eighteen and live in {region}.",
            "I started an apprenticeship in {region}.",
            "I moved into my first flat in {region}.",
        ),
        "colloquial": (
            "I'm a student over in {region}.",
            "I've just turned 18 and I live in {region}.",
            "I'm doing an apprenticeship in {region}.",
            "I've got my first flat in {region}, finally.",
        ),
        "learner": (
            "I am student in {region}.",
            "I have eighteen years and live in {region}.",
            "I learn a trade in {region}.",
            "I have my first flat in {region}.",
        ),
    },
    "older": {
        "formal": (
            "I am a pensioner and reside in {region}.",
            "I have recently retired and live in {region}.",
            "I am a retired teacher living in {region}.",
            "I have been a resident of {region} for fifty years.",
        ),
        "plain": (
            "I am a pensioner in {region}.",
            "I retired last year and live in {region}.",
            "I am 74 and live in {region}.",
            "I have lived in {region} for fifty years.",
        ),
        "colloquial": (
            "I'm a pensioner down in {region}.",
            "I've just retired here in {region}.",
            "I'm 74 and still going strong in {region}.",
            "I've been in {region} for donkey's years.",
        ),
        "learner": (
            "I am pensioner in {region}.",
            "I do not work now, I have pension in {region}.",
            "I have 74 years and live in {region}.",
            "I live long time in {region}, I am grandmother.",
        ),
    },
    "newcomer": {
        "formal": (
            "I have recently arrived from abroad and settled in {region}.",
            "I relocated to {region} for work this spring.",
            "I am new to {region} and do not know the procedures.",
            "I moved with my family to {region} last month.",
        ),
        "plain": (
            "I moved to {region} from abroad.",
            "I came to {region} for work this spring.",
            "I am new in {region}.",
            "My family and I moved to {region} last month.",
        ),
        "colloquial": (
            "I've just landed in {region} from abroad.",
            "I'm new in {region}, came for a job.",
            "I'm brand new in {region}.",
            "We've only just moved to {region}.",
        ),
        "learner": (
            "I come from other country, now I live in {region}.",
            "I come to {region} for work.",
            "I am new in {region}.",
            "My family is in {region} one month.",
        ),
    },
    "carer": {
        "formal": (
            "I care for my mother at our home in {region}.",
            "I am the full-time carer of my partner in {region}.",
            "I look after my disabled brother in {region}.",
            "I am a foster parent in {region}.",
        ),
        "plain": (
            "I care for my mother in {region}.",
            "I look after my partner, who is ill, in {region}.",
            "I take care of my brother in {region}.",
            "I am a foster parent in {region}.",
        ),
        "colloquial": (
            "I look after my mum in {region}.",
            "I'm caring for my other half in {region}.",
            "I mind my brother full-time in {region}.",
            "I'm a foster parent in {region}.",
        ),
        "learner": (
            "I help my mother at home in {region}.",
            "My husband is ill, I care for him in {region}.",
            "I care for my brother in {region}.",
            "I have foster child in {region}.",
        ),
    },
}
"""Group -> register -> sentences. `{region}` is the region."""

QUESTIONS = {
    "formal": {
        "fee": (
            "Could you please tell me what I would pay for {item}?",
            "I would be grateful to know the fee for {item}.",
            "What is the charge for {item}, please?",
        ),
        "days": (
            "How long should I expect to wait for {item}?",
            "Could you please tell me how many days {item} takes?",
            "Within what time may I expect {item}?",
        ),
        "documents": (
            "Which documents must I provide for {item}?",
            "Could you please confirm which papers {item} requires?",
            "What should I bring when I apply for {item}?",
        ),
        "hours": (
            "At what times may I visit the {desk} about {item}?",
            "When is the {desk} open, as I wish to request {item}?",
            "When would the {desk} receive me regarding {item}?",
        ),
        "phone": (
            "Which extension should I call regarding {item}?",
            "Could you please tell me whom to telephone about {item}?",
            "May I have the extension for enquiries about {item}?",
        ),
        "channel": (
            "In what way may I apply for {item}?",
            "Could you please explain how one applies for {item}?",
            "What is the procedure to request {item}?",
        ),
    },
    "plain": {
        "fee": (
            "How much does it cost to get {item}?",
            "What is the fee for {item}?",
            "What do I have to pay for {item}?",
        ),
        "days": (
            "How long does it take to get {item}?",
            "How many days do I wait for {item}?",
            "When will I have {item} if I apply today?",
        ),
        "documents": (
            "Which documents do I need for {item}?",
            "What do I have to bring for {item}?",
            "Which papers do you need from me for {item}?",
        ),
        "hours": (
            "When is the {desk} open? I need {item}.",
            "When can I come to the {desk} about {item}?",
            "What are the hours of the {desk}? It is about {item}.",
        ),
        "phone": (
            "Which extension do I call about {item}?",
            "What number do I ring to ask about {item}?",
            "Who can I call with a question about {item}?",
        ),
        "channel": (
            "How do I apply for {item}?",
            "Can I apply online for {item}?",
            "Where can I ask for {item}?",
        ),
    },
    "colloquial": {
        "fee": (
            "What's {item} going to cost me?",
            "How much are we talking for {item}?",
            "What's the damage for {item}?",
        ),
        "days": (
            "How long till I've got {item}?",
            "What's the wait like for {item}?",
            "How soon can I get my hands on {item}?",
        ),
        "documents": (
            "What paperwork do I need for {item}?",
            "What do I have to dig out for {item}?",
            "What stuff should I bring along for {item}?",
        ),
        "hours": (
            "When can I pop in at the {desk} about {item}?",
            "When's the {desk} open? I'm after {item}.",
            "What time is anyone at the {desk}? I need {item}.",
        ),
        "phone": (
            "Who do I ring about {item}?",
            "What's the extension if I've got questions about {item}?",
            "Got a number I can call about {item}?",
        ),
        "channel": (
            "How do I go about getting {item}?",
            "Can I sort out {item} online?",
            "Where do I go to get {item}?",
        ),
    },
    "learner": {
        "fee": (
            "How much money is {noun}, please?",
            "What I must pay for {noun}?",
            "I want {noun}. How much it costs?",
        ),
        "days": (
            "How many days I wait for {noun}?",
            "I want {noun}. It takes how long?",
            "When I can have {noun}, please?",
        ),
        "documents": (
            "Which papers I need for {noun}?",
            "I want {noun}. What I must bring?",
            "What papers I show for {noun}, please?",
        ),
        "hours": (
            "I need {noun}. When is {desk} open?",
            "Which day I can come to {desk} for {noun}?",
            "What time {desk} is open for {noun}, please?",
        ),
        "phone": (
            "Which number I can call for {noun}?",
            "I have question about {noun}. Who I call?",
            "Please, what is telephone number for {noun}?",
        ),
        "channel": (
            "How I can ask for {noun}?",
            "I want {noun}. Where I go?",
            "I can do {noun} with internet, or I must come?",
        ),
    },
}
"""Register -> what is asked -> sentences. `{item}` has its article, `{noun}` has none."""
