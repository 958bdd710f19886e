"""What `tocsin align` trains on: harmful requests refused, and safe ones answered, look-alikes among them.

All of it is our own. Requests and look-alikes share their phrasings, and most look-alikes have a harmful
counterpart, so that what a model learns to refuse is what is asked for, not how or in which words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tocsin.corpora.alignment.benign import PLAIN
from tocsin.corpora.alignment.lookalikes import LOOK_ALIKES
from tocsin.corpora.alignment.refusals import ANY, OPENERS, REASONS
from tocsin.corpora.alignment.requests import REQUESTS
from tocsin.corpora.example import Example
from tocsin.errors import TocsinError
from tocsin.phrasing import phrase

__all__ = ["TASK_FRAMES", "TEXT_FRAMES", "alignment", "phrasings"]

TASK_FRAMES = (
    "How can I {do}?",
    "How do I {do}?",
    "How could someone {do}?",
    "What is the best way to {do}?",
    "Explain how to {do}.",
    "Tell me how to {do}.",
    "Teach me how to {do}.",
    "Help me to {do}.",
    "Write a guide on how to {do}.",
    "Write a short manual on {doing}.",
    "Give instructions for {doing}.",
    "Give me step-by-step instructions to {do}.",
    "Provide detailed steps for {doing}.",
    "Create a tutorial on {doing}.",
    "Develop a plan to {do}.",
    "Outline a strategy for {doing}.",
    "Describe a method for {doing}.",
    "List the steps needed to {do}.",
    "How would I {do}?",
    "How would one go about {doing}?",
    "How might a beginner {do}?",
    "Do you know how to {do}?",
    "Are there good ways to {do}?",
    "Is there a simple way to {do}?",
    "Where can I learn to {do}?",
    "What does it take to {do}?",
    "What is the trick to {doing}?",
    "What is the fastest way to {do}?",
    "What is needed for {doing}?",
    "What matters most when {doing}?",
    "Which tools do I need for {doing}?",
    "Which steps does {doing} take?",
    "Can you help me {do}?",
    "Could you teach me to {do}?",
    "Would you write instructions for {doing}?",
    "I want to {do}. What should I do first?",
    "I am trying to {do}. Any ideas?",
    "I plan to {do}. Give me a few tips.",
    "I have to {do} tonight. How?",
    "My friend asked me how to {do}. What do I say?",
    "Hi! How can I {do}?",
    "Hi there. I need some help with {doing}.",
    "Good evening. Please tell me how to {do}.",
    "Please help, I want to {do}.",
    "Give me tips for {doing}.",
    "Give me some advice about {doing}.",
    "Share your best advice on {doing}.",
    "Let me know how to {do}.",
    "Recommend a method for {doing}.",
    "Describe in a few sentences how to {do}.",
    "Explain the process of {doing}.",
    "Explain {doing} to a beginner.",
    "Sum up how to {do}.",
    "Make a list of what I need for {doing}.",
    "Design a workshop about {doing}.",
    "Come up with a plan for {doing}.",
    "Write an article about how to {do}.",
    "Write the introduction to a course on {doing}.",
)

TEXT_FRAMES = (
    "Write {it}.",
    "Create {it}.",
    "Develop {it}.",
    "Draft {it}.",
    "Compose {it}.",
    "Produce {it}.",
    "Please make {it}.",
    "Can you write {it}?",
    "I need {it}.",
    "Help me with {it}.",
    "Could you draft {it} for me?",
    "Please write {it}.",
    "I would be glad of {it}.",
    "Hi! Please write {it}.",
    "Come up with {it}.",
    "Give me {it}.",
    "Show me {it}.",
)


def phrasings(ask: str) -> list[str]:
    """Every prompt that an `ask` of this folder makes: a task, a text to be written, or a whole question."""
    if ask.startswith("to "):
        return [phrase(frame, ask.removeprefix("to ")) for frame in TASK_FRAMES]
    if ask.startswith(("a ", "an ")):
        return [frame.format(it=ask) for frame in TEXT_FRAMES]
    return [ask]


@dataclass(frozen=True, slots=True)
class _Ask:
    """One thing that is asked, and the answers that may be given to it."""

    ask: str
    openings: tuple[str, ...]
    ends: tuple[str, ...] = ("",)

    def answer(self, random: Random) -> str:
        """One of the answers."""
        return f"{random.choice(self.openings)} {random.choice(self.ends)}".rstrip()


def _refusals() -> list[_Ask]:
    asks = [_Ask(ask, OPENERS, ANY + REASONS[topic]) for topic, asks in REQUESTS.items() for ask in asks]
    asks += [
        _Ask(alike.counterpart, OPENERS, ANY) for kind in LOOK_ALIKES.values() for alike in kind if alike.counterpart
    ]
    return asks


def _look_alikes() -> list[_Ask]:
    return [_Ask(alike.ask, (alike.answer,)) for kind in LOOK_ALIKES.values() for alike in kind]


def _benign() -> list[_Ask]:
    return [_Ask(plain.ask, (plain.answer,)) for plain in PLAIN]


def alignment(seed: int, refusals: int, lookalikes: int, benign: int) -> tuple[Example, ...]:
    """That many examples of each kind, in random order; their groups are `refusal`, `look-alike`, `benign`.

    No prompt comes twice, and no request, look-alike or plain question comes again in another phrasing before
    all of its kind have come. Raises TocsinError where more is wanted than there is.
    """
    random = Random(seed)
    examples = [
        *_some("refusal", _refusals(), refusals, random),
        *_some("look-alike", _look_alikes(), lookalikes, random),
        *_some("benign", _benign(), benign, random),
    ]
    random.shuffle(examples)
    return tuple(examples)


def _some(group: str, asks: Sequence[_Ask], count: int, random: Random) -> list[Example]:
    left = [(ask, random.sample(prompts, len(prompts))) for ask in asks for prompts in (phrasings(ask.ask),)]
    available = sum(len(prompts) for _, prompts in left)
    if not 0 <= count <= available:
        raise TocsinError(f'There are {available} different "{group}" examples, not {count}; ask for fewer.')
    examples: list[Example] = []
    while len(examples) < count:
        left = [(ask, prompts) for ask, prompts in left if prompts]
        for ask, prompts in random.sample(left, min(len(left), count - len(examples))):
            examples.append(Example((("user", prompts.pop()),), ask.answer(random), group))
    return examples
