"""DP-CUSUM with a trusted curator, at the level of clients."""

import numpy as np

from tocsin.bench.bank import BOUND
from tocsin.bench.detector import DETECTORS, MODES, Claims, Facts, Floats, Seen, Standing


@DETECTORS.register("dp-cusum")
class DpCusum:
    """CUSUM statistics and threshold with Laplace noise: Xie & Zhang, "Sequential Change Detection with Differential
    Privacy" (arXiv 2509.02768), which is AboveThreshold (Dwork & Roth 2014, algorithm 1) on CUSUM.

    Theirs protects one sample of a known law. Here it is made to protect a client for the whole run: of each stream

        S_t = max(0, S_{t-1} + sum over clients of (mean paired difference, within BOUND, less the tolerance)),

    which one client moves by at most rounds * (BOUND + tolerance) over the run, noise of 2 and 4 times that over
    epsilon on threshold and statistics, and one epsilon for all streams and rounds until the first alarm, which ends
    it. The price is a curator who sees all clients' differences: the exact S_t are nowhere masked. The threshold is set
    on rehearsals, with noise.
    """

    name = "DP-CUSUM"
    sees = "each client's mean differences, by a curator whom all clients trust; the alarm alone is private"
    private = True

    def configure(self, facts: Facts) -> None:
        """See `Detector.configure`."""
        self._facts = facts
        moved = facts.rounds * (BOUND + facts.tolerance)
        self._scale = 0.0 if facts.epsilon is None else moved / facts.epsilon
        runs = len(facts.rehearsals[0].clients)
        sums: Floats = np.zeros(facts.rehearsals[0].bounded.shape)
        highest = np.full(runs, -np.inf)
        cut = self._noise(2.0, (runs,))
        for seen in facts.rehearsals:
            sums = self._next(sums, seen)
            highest = np.maximum(highest, (sums + self._noise(4.0, sums.shape)).max(axis=1) - cut)
        self._threshold = float(np.quantile(highest, 1.0 - facts.level, method="higher"))
        self._sums: Floats = np.zeros((facts.runs, len(facts.watch.streams)))
        self._cut = self._threshold + self._noise(2.0, (facts.runs,))
        self._modes = np.array([MODES.index(stream.mode) for stream in facts.watch.streams])
        self._standing = Standing.silent(facts.runs)

    def observe(self, round: int, seen: Seen) -> Claims:
        """See `Detector.observe`."""
        self._sums = self._next(self._sums, seen)
        noisy = self._sums + self._noise(4.0, self._sums.shape)
        return self._standing.ring(noisy.max(axis=1) > self._cut, self._modes[np.argmax(noisy, axis=1)])

    def _next(self, sums: Floats, seen: Seen) -> Floats:
        return np.maximum(0.0, sums + seen.bounded - self._facts.tolerance * seen.clients[:, np.newaxis])

    def _noise(self, times: float, shape: tuple[int, ...]) -> Floats:
        return self._facts.rng.laplace(0.0, times * self._scale, shape) if self._scale else np.zeros(shape)
