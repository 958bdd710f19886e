"""Federations resampled from recordings: whole clients, and items by what they resemble."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.bench.cells import MODELS, Cell
from tocsin.bench.recording import Recording
from tocsin.bench.source import Federation, Outcomes, RoundOutcomes
from tocsin.errors import TocsinError


class Replayed:
    """See `Source`. Recordings are of one scenario at one strength, each of one seed: a federation is one of them.

    A client of the stream is a recorded client for the whole run, so that what sets clients apart stays together.
    Before the onset its rounds are recorded rounds before the onset, drawn at random; from there on the recorded rounds
    of the failure follow in their order, the last being repeated. For each federation clusters of items (templates) are
    drawn with replacement, all models' outcomes of an item staying together; a client then draws its items of a round
    one by one from those, as a study does.

    What it cannot do: have more kinds of clients than were recorded, or a pool that says more than its items. A
    recording of few items that is called healthy may be over the tolerance by chance.

    `items` are what a client draws of a cell and round. Raises TocsinError where recordings are not alike.
    """

    def __init__(self, recordings: Sequence[Recording], items: int = 20) -> None:
        if len({(one.cells, one.header.scenario, one.header.strength) for one in recordings}) != 1:
            raise TocsinError("Recordings of one scenario and strength ask different cells; record them alike.")
        for one in recordings:
            if one.header.onset == 1:
                raise TocsinError("A recording has no round before its onset; let some rounds pass before the failure.")
        self._recordings, self._items = tuple(recordings), items
        self.cells: tuple[Cell, ...] = recordings[0].cells

    def federation(self, rng: np.random.Generator, clients: int, rounds: int, onset: int) -> Federation:
        """See `Source.federation`."""
        chosen = self._recordings[rng.integers(len(self._recordings))]
        who = rng.integers(0, chosen.outcomes.shape[1], clients)
        hit = np.isin(who, chosen.header.hit) if chosen.header.hit else np.ones(clients, dtype=bool)
        return Federation(hit, self._rounds(rng, chosen, who, rounds, onset))

    def _rounds(
        self, rng: np.random.Generator, of: Recording, who: NDArray[np.int64], rounds: int, onset: int
    ) -> Iterator[RoundOutcomes]:
        recorded, first = of.outcomes.shape[0], of.header.onset
        kinds = int(of.clusters.max()) + 1
        weights = np.append(rng.multinomial(kinds, np.full(kinds, 1.0 / kinds)), 0).astype(float)  # -1 is the last
        for at in range(1, rounds + 1):
            if not first:
                source = int(rng.integers(recorded))
            elif at < onset:
                source = int(rng.integers(first - 1))
            else:
                source = min(recorded - 1, first - 1 + at - onset)
            yield RoundOutcomes(self._drawn(rng, of, source, who, weights), of.loss[source, who])

    def _drawn(
        self, rng: np.random.Generator, of: Recording, round_: int, who: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> Outcomes:
        _, clients, cells, items = of.clusters.shape
        got = np.full((len(who), cells, self._items, len(MODELS)), np.nan, dtype=np.float32)
        for client in range(clients):
            here = np.flatnonzero(who == client)
            for cell in range(cells):
                kinds = of.clusters[round_, client, cell]
                known = kinds >= 0
                if not known.any():
                    continue
                chance = weights[kinds] * known
                chance = chance if chance.sum() else known.astype(float)  # none of its clusters was drawn
                which = rng.choice(items, (len(here), self._items), p=chance / chance.sum())
                got[here, cell] = of.outcomes[round_, client, cell][which]
        return got
