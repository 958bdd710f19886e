"""A reading: what one round tells of one stream. Live runs and the benchmark both give these to `diagnose`."""

import math
from dataclasses import dataclass

from tocsin.alarm.streams import Stream


@dataclass(frozen=True, slots=True)
class Reading:
    """One stream in one round, known or unknown.

    value        what was released, bad direction up, in the unit of the stream's channel; None: unknown
    sd           standard deviation of `value` as an estimate: privacy noise and the drawing of items together; > 0
    clients      roster behind it; 1 or more where known
    log_e        logarithm of the stream's e-process after this round, None: unknown. -inf is a lost bet
    threshold    the e-process rings at `exp(log_e) >= threshold`; > 1
    ledger_rows  numbers of the ledger's rows that released it; none for what the server asks itself
    why          why it is unknown: too few clients, suppressed, budget spent

    Raises ValueError for values outside these ranges, for a reading that is half known, and for an unknown without
    `why`.
    """

    stream: Stream
    round: int
    value: float | None
    sd: float
    clients: int
    log_e: float | None
    threshold: float
    ledger_rows: tuple[int, ...] = ()
    why: str = ""

    def __post_init__(self) -> None:
        at = f"{self.stream}, round {self.round}"
        if (self.value is None) != (self.log_e is None):
            raise ValueError(f"{at}: a reading has a value and an e-value, or neither")
        if self.value is None and not self.why:
            raise ValueError(f"{at}: an unknown reading says why")
        if self.value is not None and not (math.isfinite(self.value) and 0.0 < self.sd < math.inf and self.clients > 0):
            raise ValueError(f"{at}: value {self.value} with sd {self.sd} of {self.clients} clients is no reading")
        if self.log_e is not None and (math.isnan(self.log_e) or self.log_e == math.inf):
            raise ValueError(f"{at}: log_e is {self.log_e}")
        if not 1.0 < self.threshold < math.inf:
            raise ValueError(f"{at}: a threshold of {self.threshold} does not hold a false-alarm rate")

    @property
    def excess(self) -> float | None:
        """log_e less the log of the threshold: rings at 0 and above, None where unknown."""
        return None if self.log_e is None else self.log_e - math.log(self.threshold)
