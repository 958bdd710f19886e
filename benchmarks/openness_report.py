"""What benchmarks/openness.py found, as measures and as tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keeping import measure

from tocsin.behaviour import Interval, Outcome, mean_interval
from tocsin.behaviour.statistics import clustered_difference
from tocsin.federation.prompt_search import Piece, Prompt
from tocsin.models import Usage, is_address
from tocsin.openness.post_training import Mode, post_training
from tocsin.privacy.egress import Departure


@dataclass(frozen=True)
class Side:
    """What one way of doing it came to.

    `before` and `after` are outcomes of all clients' held-out questions, in the same order. `train` and `held_out` are
    how many distinct private questions, of `of_train` and `of_held_out`, were found in what left, by whom it left to.
    """

    name: str
    before: list[Outcome]
    after: list[Outcome]
    seconds: float
    departures: list[Departure]
    train: dict[str, int]
    held_out: dict[str, int]
    of_train: int
    of_held_out: int


@dataclass(frozen=True)
class Reach:
    """What can be asked of a model: the ways to ask, and the probes that ran and that could not."""

    measures: tuple[str, ...]
    ran: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Cost:
    """What training came to. `weights` is the number of the base model's, `lora` the tokens that LoRA was trained on;
    `training` is the use of the service in the search, `use` that of asking `use.calls` questions afterwards. Prices
    are for a million tokens `read` and `written`.

    Arithmetic is counted as 2 operations for each weight and token read or written, and as many again for the way back
    through frozen weights (Kaplan et al., 2020, arXiv 2001.08361, without the weights' own gradients).
    """

    weights: int
    lora: float
    training: Usage
    use: Usage
    read: float
    written: float

    def price(self, usage: Usage) -> float:
        """Of what was used."""
        return (usage.read * self.read + usage.written * self.written) / 1e6

    @property
    def of_lora(self) -> float:
        """Operations of all clients' training."""
        return 4.0 * self.weights * self.lora

    @property
    def of_search(self) -> float:
        """Operations of all calls in the search."""
        return 2.0 * self.weights * (self.training.read + self.training.written)


def accuracy(outcomes: Sequence[Outcome]) -> Interval:
    right = [1.0 - one.value for one in outcomes]
    return mean_interval(len(right), sum(right), sum(value**2 for value in right))


def gain(before: Sequence[Outcome], after: Sequence[Outcome]) -> Interval:
    """How much more is right after than before, on the same questions."""
    changes = [old.value - new.value for old, new in zip(before, after, strict=True)]
    return clustered_difference(changes, [""] * len(changes))


def measures(ours: Side, theirs: Side, count: int, cost: Cost, firm: bool) -> list[dict[str, Any]]:
    """`count` private questions are trained on or held out; a run that is not `firm` is too small for a gain."""
    rows = []
    for side in (ours, theirs):
        better = gain(side.before, side.after)
        rows += [
            measure(f"{side.name}: right before", accuracy(side.before).estimate, "share"),
            measure(f"{side.name}: right after", accuracy(side.after).estimate, "share"),
            measure(f"{side.name}: gain", better.estimate, "share", *(("> 0", better.low > 0.0) if firm else ())),
        ]
    apart = sum(a.value != b.value for a, b in zip(ours.before, theirs.before, strict=True))
    rows.append(measure("at the start, right on one side alone", apart, "questions"))
    for side in (ours, theirs):
        to_server = side.train["server"] + side.held_out["server"]
        what = f"{side.name}: private questions that left to the server"
        rows.append(measure(what, to_server, f"of {count}", "0", to_server == 0))
    to_service = theirs.train["service"] + theirs.held_out["service"]
    rows += [
        measure(f"{theirs.name}: private questions that left to the service", to_service, f"of {count}"),
        measure(f"{theirs.name}: calls of the service in training", cost.training.calls, "calls"),
        measure(f"{theirs.name}: price of training", cost.price(cost.training), "USD", digits=6),
    ]
    return rows


def tables(
    ours: Side, theirs: Side, reach: dict[str, Reach], cost: Cost, pieces: Sequence[Piece], prompts: Sequence[Prompt]
) -> list[str]:
    return [*_side_by_side(ours, theirs, cost), *_asked(reach), *_prompt(pieces, prompts)]


def _side_by_side(ours: Side, theirs: Side, cost: Cost) -> list[str]:
    both = (ours, theirs)
    used = cost.training
    later = 1000 / max(1, cost.use.calls) * cost.price(cost.use)
    rows = [
        ["", *(side.name for side in both)],
        ["---"] * 3,
        ["right before, held out", *(points(accuracy(side.before)) for side in both)],
        ["right after", *(points(accuracy(side.after)) for side in both)],
        ["gain in points", *(points(gain(side.before, side.after), "+") for side in both)],
        ["private questions found in what left to the server", *(_found(side, "server") for side in both)],
        ["private questions found in what left to the service", *(_found(side, "service") for side in both)],
        ["left to the server, by the egress records", *(_left(side, True) for side in both)],
        ["left to the service, by the egress records", *(_left(side, False) for side in both)],
        ["tokens in training", f"{cost.lora:,.0f}", f"{used.read:,} read, {used.written:,} written"],
        ["operations in training", f"{cost.of_lora:.1e}, at the clients", f"{cost.of_search:.1e}, at the service"],
        ["seconds in training, on this machine", *(f"{side.seconds:.0f}" for side in both)],
        ["price of training, USD", "none by the call", f"{cost.price(used):.4f}"],
        ["price of 1,000 questions afterwards, USD", "none by the call", f"{later:.4f}"],
    ]
    return [
        "## Side by side",
        "",
        *_lines(rows),
        "",
        f"After training the open model is {points(gain(theirs.after, ours.after), '+')} points ahead on the same "
        f"questions. Prices are at {cost.read:g} and {cost.written:g} USD for a million tokens read and written "
        "(`--price-read`, `--price-written`). Operations leave out what a service saves by keeping the beginning of "
        "prompts. Intervals are 95%, for other questions of these clients; what another seed, a larger model or a "
        "longer search would change is not in them. Questions are looked for word by word: to find none in an update "
        "is no proof that an update tells nothing about its examples (for that there is `privacy.training`).",
        "",
    ]


def _asked(reach: dict[str, Reach]) -> list[str]:
    access = [["", "what works", "probes that ran", "probes that could not"], ["---"] * 4]
    access += [[name, ", ".join(one.measures), _named(one.ran), _named(one.refused)] for name, one in reach.items()]
    modes = [["mode that they hear", *reach], ["---"] * (1 + len(reach))]
    modes += [[mode.name, *(_heard(mode, one) for one in reach.values())] for mode in post_training().mode]
    return [
        "## What can be asked",
        "",
        "Each probe was tried on two items. Gray box: the same endpoint where completions also give log-probabilities "
        "of a prompt (`echo`, `logprobs`); there is no form for those of an answer in a chat, whose template is the "
        "service's. For hidden states the API has no field. Modes are told by the probes that were tried.",
        "",
        *_lines(access),
        "",
        *_lines(modes),
        "",
    ]


def _heard(mode: Mode, reach: Reach) -> str:
    """Whether the probes that ran hear a mode."""
    return mode.heard([way for way, probes in mode.by.items() if set(probes) & set(reach.ran)])


def _prompt(pieces: Sequence[Piece], prompts: Sequence[Prompt]) -> list[str]:
    told = [pieces[place] for place in prompts[-1]]
    by_round = "; ".join(" ".join(map(str, prompt)) for prompt in prompts)
    return [
        "## The prompt that was found",
        "",
        f"As places among the public pieces, round by round: {by_round}. At the end:",
        "",
        *(f"- {piece}" if isinstance(piece, str) else f"- {piece[0]} → {piece[1]}" for piece in told),
    ]


def _lines(rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in rows]


def points(interval: Interval, sign: str = "") -> str:
    low, middle, high = (f"{100 * value:{sign}.0f}" for value in (interval.low, interval.estimate, interval.high))
    return f"{middle} ({low} to {high})"


def _named(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"


def _found(side: Side, whom: str) -> str:
    if whom not in side.train:
        return "there is none"
    return f"{side.train[whom]} of {side.of_train} trained on, {side.held_out[whom]} of {side.of_held_out} held out"


def _left(side: Side, to_server: bool) -> str:
    kinds: dict[tuple[str, str], list[int]] = {}
    for one in side.departures:
        if is_address(one.to) != to_server:
            kinds.setdefault((one.kind, one.protection), []).append(one.size)
    told = [f"{len(sizes):,} {kind} ({how}), {sum(sizes):,} bytes" for (kind, how), sizes in sorted(kinds.items())]
    return "; ".join(told) or "nothing"
