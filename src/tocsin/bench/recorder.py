"""The recording of a federation, made of what its clients kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tocsin.alarm.streams import ALL
from tocsin.behaviour.keeping import kept_rounds
from tocsin.bench.cells import MODELS
from tocsin.bench.recording import Header, Recording
from tocsin.errors import TocsinError


def gather(homes: Sequence[Path], header: Header) -> Recording:
    """One recording of what clients have kept (`behaviour.keeping`) in their folders, in the order of `homes`.

    Its cells are those of `header`, the group `all` taking what no other cell of the probe takes; items of other probes
    are left out. Rounds are those that any client has kept, from 1. Raises TocsinError when nothing was kept.
    """
    kept = [kept_rounds(home) for home in homes]
    rounds = max((max(its) for its in kept if its), default=0)
    if not rounds:
        raise TocsinError("No client has kept outcomes; run the scenario with recording on.")
    at = {(cell.probe, cell.group): number for number, cell in enumerate(header.cells)}
    placed = {
        (round_, client): [
            (cell, item)
            for item in one.items
            if (cell := at.get((item.probe, item.group), at.get((item.probe, ALL)))) is not None
        ]
        for client, its in enumerate(kept)
        for round_, one in its.items()
    }
    most = max((sum(cell == of for cell, _ in its) for its in placed.values() for of in range(len(at))), default=0)
    shape = (rounds, len(homes), len(at), max(1, most))
    outcomes = np.full((*shape, len(MODELS)), np.nan, dtype=np.float16)
    clusters = np.full(shape, -1, dtype=np.int32)
    loss = np.full(shape[:2], np.nan, dtype=np.float32)
    names: dict[str, int] = {}
    for (round_, client), its in placed.items():
        told = kept[client][round_].loss
        loss[round_ - 1, client] = np.nan if told is None else told
        filled = [0] * len(at)
        for cell, item in its:
            place = (round_ - 1, client, cell, filled[cell])
            outcomes[place] = [np.nan if value is None else value for value in item.values]
            clusters[place] = names.setdefault(item.cluster, len(names))
            filled[cell] += 1
    return Recording(header, outcomes, clusters, loss)
