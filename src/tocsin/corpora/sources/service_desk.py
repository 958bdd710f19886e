"""A consortium of municipal service desks: questions that people ask, and short, right answers."""

from random import Random

from tocsin.corpora.desk.answering import ANSWERS, OPENERS
from tocsin.corpora.desk.asking import GREETINGS, QUESTIONS, SITUATIONS
from tocsin.corpora.desk.facts import ITEMS, OPENING_HOURS, REGIONS, Item
from tocsin.corpora.desk.mixes import GROUP_MIX, REGISTER_MIX
from tocsin.corpora.source import SOURCES, Row
from tocsin.errors import TocsinError

DEFAULT_RECORDS = 1_600
MOST_RECORDS = 20_000
"""More would not stay distinct where a region's commonest way of asking is concerned."""


@SOURCES.register("service-desk")
def rows(limit: int, seed: int) -> list[Row]:
    """`limit` records (1,600 where it is 0) with distinct prompts, regions in turn.

    Columns: prompt (8 to 30 words), response (15 to 45 words), group, register, region, service. Who asks
    where, and in what register, follows `tocsin.corpora.desk.mixes`; what is answered, `desk.facts`.

    Raises TocsinError when more than 20,000 are asked for.
    """
    count = limit or DEFAULT_RECORDS
    if count > MOST_RECORDS:
        raise TocsinError(
            f"service-desk makes at most {MOST_RECORDS:,} distinct records, not {count:,}; lower corpus.limit."
        )
    random = Random(f"{seed}/service-desk")
    made: list[Row] = []
    asked: set[str] = set()
    while len(made) < count:
        region = REGIONS[len(made) % len(REGIONS)]
        register = _drawn(REGISTER_MIX[region], random)
        group = _drawn(GROUP_MIX[region], random)
        row = _row(region, register, group, random)
        while row["prompt"] in asked:  # only the words are drawn again, so that the mixes stay as they are
            row = _row(region, register, group, random)
        asked.add(str(row["prompt"]))
        made.append(row)
    return made


def _drawn(mix: dict[str, float], random: Random) -> str:
    return random.choices(list(mix), list(mix.values()))[0]


def _row(region: str, register: str, group: str, random: Random) -> Row:
    item = random.choice(ITEMS)
    asks = random.choice(tuple(QUESTIONS[register]))
    words = _words(item, region)
    question = (
        random.choice(GREETINGS[register]),
        random.choice(SITUATIONS[group][register]),
        random.choice(QUESTIONS[register][asks]),
    )
    answer = (random.choice(OPENERS[register]), random.choice(ANSWERS[register][asks]))
    return {
        "prompt": " ".join(question).format(**words),
        "response": " ".join(answer).format(**words),
        "group": group,
        "register": register,
        "region": region,
        "service": item.service.name,
    }


def _words(item: Item, region: str) -> dict[str, str]:
    """What the sentences of `desk.asking` and `desk.answering` leave open."""
    full = f"{item.article} {item.name}".strip()
    fee = f"{full} costs {item.fee} euros" if item.fee else f"there is no fee for {full}"
    price = f"it costs {item.fee} euros" if item.fee else "there is no fee"
    return {
        "region": region,
        "item": full,
        "Item": full[0].upper() + full[1:],
        "noun": item.name,
        "desk": item.service.desk,
        "extension": str(item.service.extension),
        "price": price,
        "Fee": fee[0].upper() + fee[1:],
        "days": str(item.days),
        "documents": item.documents,
        "channel": item.channel,
        "hours": OPENING_HOURS[region],
    }
