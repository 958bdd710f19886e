"""Who says whether a response breaks a principle, and how it should have been."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

from tocsin.behaviour import refused
from tocsin.corpora.jsonl import read_rows
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model
from tocsin.remedy.constitution.asking import Asked
from tocsin.remedy.constitution.principles import Constitution, Principle

_CRITIQUE_TOKENS = 48
_REVISION_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Critique:
    """What is wrong with a response, and the revision; "" where the critic has none."""

    breach: bool
    text: str = ""
    revision: str = ""


class Critic(Protocol):
    """Judges responses."""

    def critiques(self, asked: Sequence[Asked], responses: Sequence[str], random: Random) -> list[Critique]:
        """One for each response, which may be only a beginning."""


class Rule:
    """The refusal detector (or a principle's pattern) judges, and the revision is one that was written beforehand.

    No language model has a say: which requests must be refused is known, since each comes with its principle.
    """

    def critiques(self, asked: Sequence[Asked], responses: Sequence[str], random: Random) -> list[Critique]:
        """See `Critic.critiques`."""
        return [_by_rule(one, response, random) for one, response in zip(asked, responses, strict=True)]


def _by_rule(one: Asked, response: str, random: Random) -> Critique:
    if not one.principle.broken_by(response):
        return Critique(False)
    return Critique(True, f"breaks: {one.principle.name}", random.choice(one.answers) if one.answers else "")


class LanguageModelCritic:
    """A language model with one of its adapters judges and revises (Bai et al., 2022, arXiv 2212.08073, section 3.1).

    It finds a breach where yes is likelier than no after the principle's question; the critique that it then writes
    stands before the request to revise.
    """

    def __init__(self, model: Model, adapter: Arrays) -> None:
        self._model, self._adapter = model, adapter

    def critiques(self, asked: Sequence[Asked], responses: Sequence[str], random: Random) -> list[Critique]:
        """See `Critic.critiques`. The critic's adapter is in the model afterwards."""
        chats = [_chat(one, response) for one, response in zip(asked, responses, strict=True)]
        broken = [place for place, odds in enumerate(self.log_odds(asked, responses)) if odds > 0]
        texts = self._continued([chats[place] for place in broken], _CRITIQUE_TOKENS)
        for place, text in zip(broken, texts, strict=True):
            chats[place] += (("assistant", text), ("user", asked[place].principle.revision))
        revisions = self._continued([chats[place] for place in broken], _REVISION_TOKENS)
        found = [Critique(False)] * len(asked)
        for place, text, revision in zip(broken, texts, revisions, strict=True):
            found[place] = Critique(True, text, whole_sentences(revision))
        return found

    def log_odds(self, asked: Sequence[Asked], responses: Sequence[str]) -> list[float]:
        """log p(yes) - log p(no) in nats, of each response being a breach. The critic's adapter is in the model
        afterwards."""
        self._model.use(self._adapter)
        chats = [self._model.render(_chat(one, response)) for one, response in zip(asked, responses, strict=True)]
        found = self._model.log_likelihoods([(chat, word) for chat in chats for word in ("Yes", "No")])
        return [yes.total - no.total for yes, no in zip(found[::2], found[1::2], strict=True)]

    def _continued(self, chats: Sequence["_Chat"], tokens: int) -> list[str]:
        return self._model.generate([self._model.render(chat) for chat in chats], tokens)


_Chat = tuple[tuple[str, str], ...]


def _chat(one: Asked, response: str) -> _Chat:
    question = f'The principle: "{one.principle.name}". {one.principle.critique}'
    return (("user", one.prompt), ("assistant", response), ("user", question))


def whole_sentences(text: str) -> str:
    """`text` up to the end of its last whole sentence; "" where it has none."""
    return text[: max(text.rfind(mark) for mark in ".!?") + 1].strip()


def constitution_of(file: Path) -> Constitution:
    """A file of critiques and revisions as a constitution of one principle a line, for `Rule`.

    Each line is a JSON object with "prompt", "critique" and "revision". Where the revision refuses, a response that
    answers is wrong; where it is "", no response is, and it only counts as an example to keep; any other stands in for
    whatever the response was. Raises TocsinError for a broken line, and for a file without any.
    """
    try:
        rows = read_rows(file)
    except OSError as error:
        raise TocsinError(f"The critiques in {file} cannot be read ({error.strerror}); check the path.") from None
    principles = []
    for number, row in rows:
        texts = [row.get(key) for key in ("prompt", "critique", "revision")]
        if not all(isinstance(text, str) for text in texts) or not str(texts[0]).strip():
            raise TocsinError(f'{file}, line {number}: write "prompt", "critique" and "revision", each a text.')
        prompt, critique, revision = map(str, texts)
        name = f"line {number}: {critique}"
        if refused(revision):
            principles.append(Principle(name=name, breach="answers", prompts=(prompt,), revised=(revision,)))
        elif revision:
            any_ = {"breach": "matches", "pattern": r"\A"}
            principles.append(
                Principle.model_validate({"name": name, **any_, "prompts": (prompt,), "revised": (revision,)})
            )
        else:
            principles.append(Principle(name=name, breach="refuses", prompts=(prompt,)))
    if not principles:
        raise TocsinError(
            f'{file} holds no critiques; write one JSON object a line with "prompt", "critique", "revision".'
        )
    return Constitution(principle=tuple(principles))
