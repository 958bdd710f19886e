"""Federations from the table of rates: items flip between models as often as the table says."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tocsin.bench.cells import MODELS, Cell
from tocsin.bench.scenario import Change, Script
from tocsin.bench.source import Federation, RoundOutcomes
from tocsin.bench.table import Flips, Table

Floats = NDArray[np.float32]
_MOST = 0.95  # of the items that can flip in a direction may


class Simulated:
    """See `Source`.

    An item of a shared pool is fresh; one of a client's own held-out set is one of that set, has the same start outcome
    each time it is drawn, and flips with the same ease: what a small set holds, it holds for the whole run. Clients
    differ in their level and in how much they flip; so do federations, round by round, in what all receive.
    """

    def __init__(self, table: Table, script: Script) -> None:
        self._table, self._script = table, script
        self.cells: tuple[Cell, ...] = table.cells
        of = [probe for probe in table.probes for _ in probe.cells]
        self._bounded = np.array([probe.bounded for probe in of])
        self._start = np.array([probe.start for probe in of], dtype=np.float32)
        self._healthy = {
            "received": _both([probe.received for probe in of]),
            "training": _both([probe.training for probe in of]),
        }
        self._own = np.array([cell.own for cell in self.cells])

    def federation(self, rng: np.random.Generator, clients: int, rounds: int, onset: int) -> Federation:
        """See `Source.federation`."""
        hit = np.zeros(clients, dtype=bool)
        hit[: max(1, round(self._script.hit * clients))] = True
        return Federation(hit, self._rounds(rng, hit, rounds, onset))

    def _rounds(
        self, rng: np.random.Generator, hit: NDArray[np.bool_], rounds: int, onset: int
    ) -> Iterator[RoundOutcomes]:
        script, spread, clients = self._script, self._table.spread, len(hit)
        items, size, cells = round(spread["items"]), round(spread["own"]), len(self.cells)
        level = np.clip(self._start + rng.normal(0.0, spread["levels"], (clients, cells)), 0.02, 0.98).astype(
            np.float32
        )
        own = np.flatnonzero(self._own)
        kept = rng.random((len(MODELS), clients, len(own), size), dtype=np.float32)
        eager = _gamma(rng, 0.0 if script.alike else spread["clients"], (clients, 1))
        leaves = hit & (rng.random(clients) < script.leaves)
        of_client = rng.normal(0.0, self._table.loss["clients"], clients)
        for at in range(1, rounds + 1):
            since = at - onset + 1
            drawn = rng.random((len(MODELS), clients, cells, items), dtype=np.float32)
            which = rng.integers(0, size, (clients, len(own), items))
            for model in range(len(MODELS)):
                drawn[model][:, own] = np.take_along_axis(kept[model], which, axis=2)
            harder = script.harder * (hit[:, np.newaxis] & self._own) if since > 0 else 0.0
            bad = np.clip(level + harder, 0.02, 0.98).astype(np.float32)
            shared = _gamma(rng, 0.0 if script.alike else spread["federations"], (1, cells))
            flips = [
                self._flips(moment, hit, since) * many
                for moment, many in (("received", eager * shared), ("training", eager))
            ]
            outcomes = self._outcomes(rng, drawn, bad, *flips)
            loss = (self._loss(at) + of_client + rng.normal(0.0, 0.02, clients)).astype(np.float32)
            loss += np.float32(script.loss) * hit if since > 0 else np.float32(0.0)
            gone = (leaves & (since > 0)) | (hit & (script.joins and since <= 0))
            outcomes[gone], loss[gone] = np.nan, np.nan
            yield RoundOutcomes(outcomes, loss)

    def _flips(self, moment: str, hit: NDArray[np.bool_], since: int) -> Floats:
        """(2, clients, cells): to the worse and to the better; `since` counts from 1 at the onset."""
        base = self._healthy[moment][:, np.newaxis, :]
        got = np.repeat(base, len(hit), axis=1)
        for change in self._script.changes:
            if change.moment == moment:
                part = self._part(change, since)
                who = {"hit": hit, "others": ~hit, "all": np.ones_like(hit)}[change.who]
                to = np.array([[change.flips.worse], [change.flips.better]], dtype=np.float32)[:, np.newaxis]
                where = who[:, np.newaxis] & np.array(
                    [c.probe == change.probe and (not change.groups or c.group in change.groups) for c in self.cells]
                )
                got = np.where(where, base + np.float32(part) * (to - base), got)
        return got

    def _part(self, change: Change, since: int) -> float:
        if self._script.early:
            return float(since <= 0)
        if since <= 0 or (change.until and since > change.until):
            return 0.0
        return min(1.0, since / change.rise)

    def _outcomes(
        self, rng: np.random.Generator, drawn: Floats, bad: Floats, received: Floats, training: Floats
    ) -> Floats:
        (clients, cells), items = bad.shape, drawn.shape[-1]
        got = np.empty((clients, cells, items, len(MODELS)), dtype=np.float32)
        now = drawn[0] < bad[..., np.newaxis]
        got[..., 0] = now
        rate = bad
        for model, (worse, better) in enumerate((received, training), start=1):
            worse, better = np.minimum(worse, _MOST * (1.0 - rate)), np.minimum(better, _MOST * rate)
            flip = np.where(now, (better / rate)[..., np.newaxis], (worse / (1.0 - rate))[..., np.newaxis])
            now = now ^ (drawn[model] < flip)
            rate = np.clip(rate + worse - better, 0.01, 0.99)
            got[..., model] = now
        if self._bounded.any():
            got[:, self._bounded] = self._confidences(
                rng, bad[:, self._bounded], received[..., self._bounded], training[..., self._bounded], items
            )
        return got

    def _confidences(
        self, rng: np.random.Generator, bad: Floats, received: Floats, training: Floats, items: int
    ) -> Floats:
        """Bounded outcomes: .35 and .85 where an answer was right and wrong, moved by what confidence does."""
        shape = (*bad.shape, items)
        right = rng.random(shape) > ((bad - 0.35) / 0.5)[..., np.newaxis]
        models = [np.where(right, 0.35, 0.85)]
        for worse, better in (received, training):
            moved = rng.normal((worse - better)[..., np.newaxis], self._table.spread["bounded"], shape)
            models.append(models[-1] + moved)
        got: Floats = np.clip(np.stack(models, axis=-1), 0.0, 1.0).astype(np.float32)
        return got

    def _loss(self, at: int) -> float:
        """The mean of healthy clients: what was measured of three rounds, and on to `last` at the same pace."""
        told = self._table.loss
        pace = ((told["third"] - told["last"]) / (told["first"] - told["last"])) ** 0.5
        return float(told["last"] + (told["first"] - told["last"]) * pace ** (at - 1))


def _both(flips: list[Flips]) -> Floats:
    return np.array([[one.worse for one in flips], [one.better for one in flips]], dtype=np.float32)


def _gamma(rng: np.random.Generator, variation: float, shape: tuple[int, ...]) -> Floats:
    """Positive multipliers of mean 1 with this coefficient of variation."""
    if variation == 0.0:
        return np.ones(shape, dtype=np.float32)
    k = 1.0 / variation**2
    return rng.gamma(k, 1.0 / k, shape).astype(np.float32)
