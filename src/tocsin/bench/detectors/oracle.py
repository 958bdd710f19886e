"""The oracle: every raw outcome of every client, in one place."""

from dataclasses import replace

import numpy as np

from tocsin.alarm.counts import PairedCounts
from tocsin.alarm.diagnosis import diagnose
from tocsin.alarm.e_process import log_mean_exp
from tocsin.alarm.levels import threshold
from tocsin.alarm.reading import Reading
from tocsin.bench.detector import DETECTORS, MODES, SILENT, Claims, Facts, Floats, Seen, Standing


@DETECTORS.register("oracle")
class Oracle:
    """The mean of two e-processes of each stream, which is one: for what moves all clients a little, and few a lot.

    All clients' paired items together (`PairedCounts`); and the product over clients of 1 - p + p E, where E is a
    client's own e-value: a bet that a share p of the clients is hit, whichever they are. Given the past, clients' items
    are independent and each factor has a mean of at most what it was, so the product is a supermartingale. The level,
    the tolerance and the streams are those of the run.
    """

    name = "oracle"
    sees = "every raw outcome of every client"
    private = False

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`."""
        self._facts = facts
        cells = len(facts.watch.streams)
        self._pooled = PairedCounts(cells * facts.runs, facts.rounds, facts.tolerance)
        self._barrier = threshold(facts.level, cells)
        self._asked = [replace(stream, channel="counts") for stream in facts.watch.streams]
        self._told: list[tuple[int, Floats, Floats, Floats]] = []
        self._standing = Standing.silent(facts.runs)

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        shape = seen.worse.shape
        number = np.maximum(seen.asked[:, self._facts.watch.cell], 1e-9)
        pooled = self._pooled.update(seen.worse.reshape(-1), seen.better.reshape(-1), number.reshape(-1))
        log_e = np.logaddexp(pooled.reshape(shape), log_mean_exp(seen.mixed.astype(float), axis=1)) - np.log(2.0)
        change = (seen.worse - seen.better) / number
        sd = np.sqrt(np.maximum(seen.worse + seen.better, 1.0)) / number
        self._told.append((round, change, sd, log_e))
        ringing = (log_e >= np.log(self._barrier)).any(axis=1)
        last = round == self._facts.rounds
        for run in np.flatnonzero(
            ringing & (self._standing.claims == SILENT) | (last & (self._standing.claims != SILENT))
        ):
            self._standing.claims[run] = self._named(int(run))
        return self._standing.claims

    def _named(self, run: int) -> int:
        readings = [
            Reading(
                stream,
                at,
                float(change[run, cell]),
                float(sd[run, cell]),
                self._facts.clients,
                float(log_e[run, cell]),
                self._barrier,
            )
            for at, change, sd, log_e in self._told
            for cell, stream in enumerate(self._asked)
        ]
        return MODES.index(diagnose(readings, self._facts.level, self._facts.tolerance).failing[0].mode)
