"""The server's side of the alarm on somebody else's app: a Flower strategy around the app's own."""

import inspect
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Result, Strategy

from tocsin.alarm import Diagnosis
from tocsin.errors import TocsinError
from tocsin.federation.apps import settings
from tocsin.federation.apps.hearing import Hearing, log
from tocsin.federation.apps.hearing_grid import HearingGrid
from tocsin.records import RoundRecord


class Alarmed(Strategy):
    """A strategy with the alarm on: `Alarmed(FedAvg(...), "alarm.toml")`, started as the one in it would be.

    Training, aggregation and evaluation are the inner strategy's, and so is its `start`; what else it has is found
    here, too. After `start`, `alarm` is the diagnosis, and `folder` holds the alarm's record and the privacy ledger.
    """

    def __init__(self, strategy: Strategy, study: Path | str, folder: Path | str | None = None) -> None:
        """`study` is the file that the clients' mod has, seen from the file that calls. A folder for each run is made
        in `folder`, else in that of TOCSIN_RUNS, else in ./tocsin-runs. Raises TocsinError for a study that an app
        cannot have."""
        self.strategy = strategy
        self._study, self._digest = settings.load(settings.seen_from(inspect.currentframe(), study))
        self._folder = Path(folder or os.environ.get("TOCSIN_RUNS") or "tocsin-runs")
        self._hearing: Hearing | None = None

    def __getattr__(self, name: str) -> Any:
        if name == "strategy":  # not made yet, as when it is copied
            raise AttributeError(name)
        return getattr(self.strategy, name)

    @property
    def alarm(self) -> Diagnosis:
        """What the rounds so far say. Raises TocsinError before `start`."""
        return self._heard.diagnosis

    @property
    def records(self) -> tuple[RoundRecord, ...]:
        """The rounds so far. Raises TocsinError before `start`."""
        return tuple(self._heard.records)

    @property
    def folder(self) -> Path:
        """Where this run's record is. Raises TocsinError before `start`."""
        return self._heard.folder

    @property
    def _heard(self) -> Hearing:
        if self._hearing is None:
            raise TocsinError("Nothing was heard yet; start the strategy first.")
        return self._hearing

    def start(self, grid: Grid, *args: Any, **kwargs: Any) -> Result:
        """The inner strategy's `start`, heard. Raises TocsinError unless it runs the rounds that the study plans: the
        level of the alarm and the privacy budget are for so many."""
        planned = self._study.training.rounds
        given = inspect.signature(self.strategy.start).bind(grid, *args, **kwargs)
        given.apply_defaults()
        rounds = given.arguments.get("num_rounds", planned)
        if rounds != planned:
            raise TocsinError(
                f"The app runs {rounds} rounds and the study plans training.rounds = {planned}; write the same number."
            )
        self._hearing = Hearing(self._study, self._digest, self._folder)
        result = self.strategy.start(HearingGrid(grid, self._hearing), *args, **kwargs)
        heard = len(self._hearing.records)
        if heard < planned:
            log.warning("Only %d of the %d rounds that the study plans were heard.", heard, planned)
        log.warning("The alarm's record is in %s.", self._hearing.folder)
        return result

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Not called: the inner strategy's `start` calls its own. Raises TocsinError, since nothing would be heard."""
        _not_outermost()

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """See `configure_train`."""
        _not_outermost()

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """See `configure_train`."""
        _not_outermost()

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """See `configure_train`."""
        _not_outermost()

    def summary(self) -> None:
        """The inner strategy's."""
        self.strategy.summary()


def _not_outermost() -> NoReturn:
    raise TocsinError("Alarmed hears nothing inside another strategy; put it around that one, and call its start.")
