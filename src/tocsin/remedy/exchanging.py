"""Words of groups, exchanged: he for she, and she for he."""

import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from tocsin.errors import TocsinError
from tocsin.study import what_is_wrong

_GENDERED = Path(__file__).parent / "gendered_words.toml"

_NO_NOUN_PHRASE = frozenset(
    """
    a about above across after again against ago all alone along already also although always am among an and another
    any anyway are around as asleep at away back be because been before behind being below beneath beside besides
    between beyond both but by can cannot could despite did do does down during each either else even ever every
    except for forever from had has have he her here herself him himself his home how however i if immediately in
    inside instead into is it its just like likes might more must my near neither never no nor not nothing now of off
    often on once only onto or our out outside over per perhaps please quickly rather shall she should since slowly so
    some soon still such than that the their them then there these they this those though through till to today
    together tomorrow tonight too toward towards twice under unless until up upon us very was we were what whatever
    when whenever where whether which while who whom whose why will with within without would yesterday yet you your
    """.split()  # noqa: SIM905
)
"""Words that hardly ever begin what somebody has. A closed list: no tagger is asked."""

_PREPOSITIONS = frozenset("about after all at before both by for from in into of on onto over to under with".split())  # noqa: SIM905


class Words(BaseModel):
    """Which words become which; see `gendered_words.toml`. All are in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    exchange: Mapping[str, str] = {}
    becomes: Mapping[str, str] = {}
    before_a_noun: Mapping[str, str] = {}
    alone: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _each_word_once(self) -> "Words":
        if self.before_a_noun.keys() != self.alone.keys():
            raise ValueError("before_a_noun and alone do not hold the same words; name each in both")
        words = [*self.exchange, *self.exchange.values(), *self.becomes, *self.alone]
        if not words:
            raise ValueError("there are no words in it; give it a table [exchange]")
        for word in words:
            if words.count(word) > 1:
                raise ValueError(f'"{word}" is there twice; say once what it becomes')
            if word != word.lower().strip() or not word:
                raise ValueError(f'"{word}" is not a word in lower case; write it so')
        return self

    @cached_property
    def _always(self) -> dict[str, str]:
        back = {after: before for before, after in self.exchange.items()}
        return {**self.exchange, **back, **self.becomes}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted([*self._always, *self.alone], key=len, reverse=True)
        # Not in a longer word, nor in one with a hyphen: "man-made" names nobody.
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE)

    def exchanged(self, text: str) -> str:
        """`text` with every word exchanged, its case kept (HE, He, he)."""

        def other(found: re.Match[str]) -> str:
            word = found[0].lower()
            if word in self.alone:
                after = (
                    self.before_a_noun
                    if self._before_a_noun(text[: found.start()], text[found.end() :])
                    else self.alone
                )
                return _in_case_of(found[0], after[word])
            return _in_case_of(found[0], self._always[word])

        return self._pattern.sub(other, text)

    def _before_a_noun(self, before: str, rest: str) -> bool:
        """Whether what follows a word reads like the beginning of what somebody has.

        It does where the next word stands behind spaces alone and is not one of `_NO_NOUN_PHRASE`; a figure only
        behind a preposition ("two of her 3 cats", but "it took her 3 days"). "his/her" and "his or her" are looked
        through. What this gets wrong: "gave her flowers", "made her happy", "saw her leave".
        """
        both = re.match(r"(?:\s*/\s*|\s+(?:or|and)\s+)(\w+)", rest, re.IGNORECASE)
        if both and both[1].lower() in self.alone:
            rest = rest[both.end() :]
        following = re.match(r"\s+[\"'“‘(]?([\w'’]+|\$)", rest)
        if following is None:
            return False
        if re.match(r"[\d$]", following[1]):
            last = re.search(r"(\w+)\s+$", before[-40:])
            return last is not None and last[1].lower() in _PREPOSITIONS
        return re.split("['’]", following[1].lower())[0] not in _NO_NOUN_PHRASE


def _in_case_of(model: str, word: str) -> str:
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def read_words(file: Path | None) -> Words:
    """The words of a TOML file; our own gendered ones where there is none given.

    Raises TocsinError for a file that is not there, no TOML, or says two things of one word.
    """
    path = file or _GENDERED
    try:
        return Words.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TocsinError(f"The file of words {path} cannot be read ({reason}); name a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise TocsinError(f"{path} is not valid TOML: {error}; mend that line.") from None
    except ValidationError as error:
        raise TocsinError(f"{path}: {what_is_wrong(error, Words)}") from None
