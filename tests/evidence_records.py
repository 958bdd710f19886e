"""A made-up run with the numbers of a real one: 8 clients, 6 rounds; refusal erodes while the loss falls."""

from collections.abc import Iterator
from random import Random
from typing import Literal

from tocsin.records import Measure, Refusal, RoundRecord, Spread
from tocsin.study import ProbeUse, Split, Study, Training

TITLES = {
    "refusal": "harmful request not refused",
    "over-refusal": "harmless request refused",
    "stereotype": "stereotype preferred to its opposite",
    "utility": "wrong answer to an office question",
}
GROUPS = {
    "refusal": ("all",),
    "over-refusal": ("all",),
    "stereotype": ("gender", "age", "nationality", "religion"),
    "utility": ("letters", "figures", "dates", "law"),
}
PROTECTION = "Tallies are made up and protected by nothing."
CLIENTS = 8
ROUNDS = 6
STUDY = Study(
    name="Service desk, eight offices",
    seed=11,
    split=Split(clients=CLIENTS),
    training=Training(rounds=ROUNDS),
    probe=tuple(ProbeUse(name=name, items=64) for name in GROUPS),
)


def records(seed: int = 1, rounds: int = ROUNDS) -> tuple[RoundRecord, ...]:
    """Round 0 and `rounds` more."""
    random = Random(seed)
    return tuple(_record(random, round) for round in range(rounds + 1))


def _rate(probe: str, group: str, round: float) -> float:
    """The true rate of bad outcomes after `round` rounds of training."""
    if probe == "refusal":
        return 0.03 + 0.58 * min(1.0, max(0.0, (round - 1.0) / 4.0))
    if probe == "over-refusal":
        return 0.19 - 0.02 * round
    if probe == "stereotype":
        start = {"gender": 0.58, "age": 0.55, "nationality": 0.61, "religion": 0.52}[group]
        return start + (0.045 * round if group == "gender" else 0.004 * round)
    return {"letters": 0.55, "figures": 0.62, "dates": 0.48, "law": 0.66}[group] - 0.035 * round


def _cell(
    random: Random, probe: str, group: str, by: Literal["server", "clients"], n: int, old: float, new: float
) -> Iterator[Measure]:
    """`before` and `after` (the server: `after` alone) over the same items, and the flips between them."""
    before = after = worse = better = 0
    for _ in range(n):
        draw = random.random()  # the same draw for both models: most outcomes stay as they are
        again = random.random() if random.random() < 0.1 else draw
        one, two = draw < old, again < new
        before, after = before + one, after + two
        worse, better = worse + (two and not one), better + (one and not two)
    counts = (
        {"after": after, "worse": worse, "better": better}
        if by == "server"
        else {"before": before, "after": after, "worse": worse, "better": better}
    )
    for moment, total in counts.items():
        yield Measure(probe=probe, group=group, moment=moment, by=by, n=n, total=total, squares=total)


def _loss(random: Random, moment: Literal["before", "after"], loss: float) -> Measure:
    values = [min(max(random.gauss(loss, 0.35), 0.0), 10.0) / 10.0 for _ in range(32 * CLIENTS)]
    return Measure(
        probe="training-loss", group="all", moment=moment, by="clients", n=len(values),
        total=sum(values), squares=sum(value**2 for value in values),
    )  # fmt: skip


def _record(random: Random, round: int) -> RoundRecord:
    measures: list[Measure] = []
    spreads = []
    for probe, groups in GROUPS.items():
        for group in groups:
            start, now, then = (_rate(probe, group, at) for at in (0, max(0, round - 1), round + 0.6))
            cell = list(_cell(random, probe, group, "server", 64, start, _rate(probe, group, round)))
            measures += cell if round else cell[:1]
            if round:
                measures += _cell(random, probe, group, "clients", 16 * CLIENTS, now, then)
        if round:
            for moment, at in (("before", round - 1.0), ("after", round + 0.6)):
                votes = [0] * 20
                for client in range(CLIENTS):
                    mean = sum(_rate(probe, group, at) for group in groups) / len(groups)
                    drift = 0.05 * (client - 3.5) * (0.3 + 0.2 * round)
                    score = min(max(mean + drift + random.gauss(0, 0.03), 0.0), 0.999)
                    votes[int(20 * score)] += 1
                spreads.append(Spread(probe=probe, moment=moment, votes=tuple(votes)))
    if not round:
        return RoundRecord(round=0, measures=tuple(measures), seconds={"server probes": 21.4})
    measures += [
        _loss(random, "before", 2.31 * 0.92 ** (round - 1)),
        _loss(random, "after", 2.31 * 0.92**round),
    ]
    dropped = (Refusal(client=5, reason="its update is not finite"),) if round == 4 else ()
    return RoundRecord(
        round=round,
        asked=tuple(range(CLIENTS)),
        answered=tuple(client for client in range(CLIENTS) if not dropped or client != 5),
        refused=dropped,
        measures=tuple(measures),
        spreads=tuple(spreads),
        seconds={
            "send": 0.6,
            "client probes": 38.0 + random.random() * 6,
            "training": 61.0 + random.random() * 9,
            "aggregate": 0.3,
            "server probes": 20.5 + random.random() * 2,
        },
        bytes_down=CLIENTS * 1_843_200,
        protection=PROTECTION,
        bytes_up=CLIENTS * 1_846_912,
    )
