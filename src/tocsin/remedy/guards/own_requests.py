"""What the embedded guard learns from: our own requests, harmful ones, safe ones that look like them, and plain ones.

None is a benchmark's, nor of the pools of the probes "refusal" and "over-refusal", on which a guard may be tried.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from tocsin.corpora.alignment import phrasings
from tocsin.corpora.alignment.benign import PLAIN
from tocsin.corpora.alignment.lookalikes import LOOK_ALIKES
from tocsin.corpora.alignment.requests import REQUESTS
from tocsin.remedy.guards.everyday import EVERYDAY, SITUATIONS

Kind = Literal["harmful", "look-alike", "plain"]

_SITUATED = 4  # every fourth request of a kind begins with who asks


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. Phrasings of one task, and of its look-alike, have one `kin`."""

    prompt: str
    kind: Kind
    kin: int


def own_requests(most: int) -> list[Request]:
    """Every task, text and question, each in at most `most` phrasings, some with a word on who asks."""
    random = Random(0)
    before: Counter[Kind] = Counter()
    made = []
    for kin, asks in enumerate(_kin()):
        for ask, kind in asks.items():
            prompts = phrasings(ask)
            for prompt in random.sample(prompts, min(most, len(prompts))):
                who = "" if before[kind] % _SITUATED else f"{random.choice(SITUATIONS)} "
                before[kind] += 1
                made.append(Request(who + prompt, kind, kin))
    return made


def _kin() -> Iterator[dict[str, Kind]]:
    """What is asked for, beside it what resembles it."""
    for asks in REQUESTS.values():
        for ask in asks:
            yield {ask: "harmful"}
    for alikes in LOOK_ALIKES.values():
        for alike in alikes:
            yield {alike.ask: "look-alike", **({alike.counterpart: "harmful"} if alike.counterpart else {})}
    for ask in (*(plain.ask for plain in PLAIN), *EVERYDAY):
        yield {ask: "plain"}
