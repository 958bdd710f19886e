"""Per-item outcomes of a round, kept by a client on its own disk when a federation is recorded for SilentBench."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import NamedTuple

from tocsin.behaviour.probe import Outcome

RECORD = "TOCSIN_RECORD"
"""The environment variable that turns recording on, whatever its value; without it nothing is kept. What is kept stays
in the client's own folder, and is about its own data: set it only where all clients are yours."""

_FOLDER = "outcomes"

Outcomes = Mapping[str, Sequence[Outcome]]
"""By probe, in the order in which the items were drawn."""


class KeptItem(NamedTuple):
    """An item's outcomes of the start model, the one received and the personalised one; None: not measured.

    Of `cluster` only equality means anything: items with the same one resemble each other.
    """

    probe: str
    group: str
    cluster: str
    values: tuple[float | None, float | None, float | None]


class KeptRound(NamedTuple):
    """A client's round: its mean training loss in nats a token (None: it is not told), and its items as drawn."""

    loss: float | None
    items: tuple[KeptItem, ...]


def keep_round(
    home: Path, round_: int, loss: float, start: Outcomes | None, received: Outcomes, personalised: Outcomes | None
) -> None:
    """Keep a client's outcomes of a round under its folder `home`, one JSON file a round, whole or not at all.

    `start`, `received` and `personalised` are of the same items in the same order; a client that joined late has no
    start model. NaN as the loss is one that is not told. No prompt, answer or item's name is kept. Raises ValueError
    when outcomes are not of the same items.
    """
    rows = []
    for probe, its in received.items():
        others = [None if every is None else every[probe] for every in (start, personalised)]
        wanted = [(o.item, o.group) for o in its]
        if any(other is not None and [(o.item, o.group) for o in other] != wanted for other in others):
            raise ValueError(f"outcomes of {probe} are not of the same items in the same order")
        for at, one in enumerate(its):
            first, last = (None if other is None else other[at].value for other in others)
            cluster = hashlib.sha256(f"{probe} {one.cluster or one.item}".encode()).hexdigest()[:8]
            rows.append([probe, one.group, cluster, [first, one.value, last]])
    folder = home / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{round_:04d}.json"
    draft.write_text(json.dumps({"loss": None if isnan(loss) else loss, "rows": rows}), encoding="utf-8")
    draft.replace(folder / f"{round_:04d}.json")


def kept_rounds(home: Path) -> dict[int, KeptRound]:
    """What `keep_round` kept under `home`, by round; {} where nothing was."""
    found = {}
    for path in sorted((home / _FOLDER).glob("[0-9]*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        items = (KeptItem(probe, group, cluster, tuple(values)) for probe, group, cluster, values in told["rows"])
        found[int(path.stem)] = KeptRound(told["loss"], tuple(items))
    return found
