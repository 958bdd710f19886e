"""What one round leaves behind: plain values that the federation writes and the evidence room reads."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

TRAINING_LOSS = "training-loss"
"""The probe of the clients whose outcomes are min(loss, LOSS_BOUND) / LOSS_BOUND: what federations usually watch."""

VALIDATION_LOSS = "validation-loss"
"""The same of the server, on the global model and public examples (`corpus.validation`)."""

LOSS_BOUND = 10.0
"""Nats a token. Losses are bounded so that they can travel in a tally; ln(vocabulary) of the embedded model is 10.8."""


NO_ANSWER = "it did not answer in time"
"""The reason of a refusal that is none: the client was asked and was not heard of again."""


class Record(BaseModel):
    """A frozen value that travels as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(Record):
    """A sum of outcomes in one cell. Outcomes are in [0, 1], 1 = bad; `squares` is the sum of their squares.

    Cells do not overlap: each item is in one group (`all` where a probe has no groups).

    `by` says who measured: the server on the global model, or the clients, as one sum over the roster.
    `moment` is `before` or `after` local training, or, over the same items, the part of the change that
    went to the `worse` (max(0, after - before)) or to the `better`. The server measures the global model
    `after` each round's aggregation (in round 0: the start), `worse` and `better` being against round 0.
    The probe `training-loss`, of the clients only, is min(loss, 10 nats)/10 of each training example:
    `before` those of the round's first step, `after` all that training met in the round.

    `cohort` is whose sum it is: `all`, or one of the study's. `sd` is the standard deviation of the noise in `n` and
    in `total`, 0 where there is none; with noise `total` may be outside [0, n].
    """

    probe: str
    group: str
    moment: Literal["before", "after", "worse", "better"]
    by: Literal["server", "clients"]
    n: int
    total: float
    squares: float
    cohort: str = "all"
    sd: float = 0.0


class Spread(Record):
    """A histogram over clients of each client's mean outcome in equal bins of [0, 1]: one vote a client.

    `sd` is the standard deviation of the noise in each bin, 0 where there is none.
    """

    probe: str
    moment: Literal["before", "after"]
    votes: tuple[float, ...]
    cohort: str = "all"
    sd: float = 0.0


class Untold(Record):
    """A cell of which nothing is told, and why: it is neither zero nor healthy."""

    probe: str
    group: str
    cohort: str
    why: str


class TripCount(Record):
    """New first trips of clients in one stream, in a round in which they were released.

    `mode` is what the stream speaks of and `moment` which models it compares (see `alarm.streams`). `value` is the
    number with noise in it, of standard deviation `sd`; None where it is unknown, and `why`. The stream rings once
    exp(`log_e`) reaches `threshold`. `ledger_rows` are what it cost.
    """

    mode: str
    probe: str
    group: str
    cohort: str
    moment: str
    value: float | None
    sd: float
    log_e: float | None
    threshold: float
    ledger_rows: tuple[int, ...] = ()
    why: str = ""


class Surveyed(Record):
    """What was told of clients' training data before round 1: of `of` clients of a cohort, how many have examples with
    this `value` of an `aspect`, and how many examples that are. None where that is not told, and `why`."""

    aspect: str
    value: str
    cohort: str
    of: int
    examples: int | None = None
    clients: int | None = None
    why: str = ""


class Refusal(Record):
    """A client whose answer was not used in a round, and why."""

    client: int
    reason: str


class RoundRecord(Record):
    """One round. Round 0 holds what the server measured of the start model, before any training.

    `seconds` has wall time by phase; `bytes_down` and `bytes_up` are message contents, server to clients
    and back. `attempts` counts how often the round was tried. `protection` says in one or two sentences
    what protected the clients' tallies, `remedies` what was done to the adapter before it went on, `survey`
    (in round 1) what the training data are made of, and `ledger` stands for the privacy ledger as it was
    (64 hex digits).
    """

    round: int
    asked: tuple[int, ...] = ()
    answered: tuple[int, ...] = ()
    refused: tuple[Refusal, ...] = ()
    attempts: int = 1
    measures: tuple[Measure, ...] = ()
    spreads: tuple[Spread, ...] = ()
    unknown: tuple[Untold, ...] = ()
    trips: tuple[TripCount, ...] = ()
    seconds: dict[str, float] = {}
    bytes_down: int = 0
    bytes_up: int = 0
    protection: str = ""
    remedies: tuple[str, ...] = ()
    survey: tuple[Surveyed, ...] = ()
    ledger: str = ""
