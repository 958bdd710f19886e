import numpy as np
import pytest

from tocsin.alarm.modes import Mode
from tocsin.bench.cells import STRENGTHS, Watch
from tocsin.bench.scenario import SCENARIOS, Change, Script
from tocsin.bench.simulated import Simulated
from tocsin.bench.table import Flips, usual_table

TABLE = usual_table()
WATCH = Watch.of(TABLE.cells)
TOLERANCE, ONSET, ROUNDS = 0.03, 4, 30
FAILING = [name for name in SCENARIOS if SCENARIOS.get(name)().mode]
HEALTHY = [name for name in SCENARIOS if not SCENARIOS.get(name)().mode]


def _changes(script: Script, clients: int = 300, rounds: int = ROUNDS) -> np.ndarray:
    """Mean paired differences (rounds, clients, streams)."""
    federation = Simulated(TABLE, script).federation(np.random.default_rng(0), clients, rounds, ONSET)
    return np.stack([WATCH.differences(told.outcomes).mean(axis=2) for told in federation.rounds])


def test_flips_are_as_the_table_says() -> None:
    script = Script((Change("refusal", "training", Flips(0.3, 0.05)),), alike=True)
    federation = Simulated(TABLE, script).federation(np.random.default_rng(1), 2000, ONSET, ONSET)
    *_, last = federation.rounds
    refusal = [cell.probe for cell in TABLE.cells].index("refusal")
    outcomes = last.outcomes[:, refusal]
    worse = ((outcomes[..., 1] == 0) & (outcomes[..., 2] == 1)).mean()
    better = ((outcomes[..., 1] == 1) & (outcomes[..., 2] == 0)).mean()
    assert worse == pytest.approx(0.3, abs=0.01)
    assert better == pytest.approx(0.05, abs=0.01)
    received = (outcomes[..., 1] - outcomes[..., 0]).mean()
    assert received == pytest.approx(0.01, abs=0.005)


def test_training_flips_what_was_received() -> None:
    changes = (Change("refusal", "received", Flips(0.5, 0.0)), Change("refusal", "training", Flips(0.2, 0.1)))
    told = _changes(Script(changes, alike=True), 1000, ONSET)[-1]
    by = {s.moment: told[:, at].mean() for at, s in enumerate(WATCH.streams) if s.probe == "refusal"}
    assert by == pytest.approx({"received": 0.5, "training": 0.1, "personalised": 0.6}, abs=0.015)


def test_a_clients_own_examples_stay_what_they_are() -> None:
    own = np.array([cell.own for cell in TABLE.cells])
    federation = Simulated(TABLE, Script(alike=True)).federation(np.random.default_rng(2), 200, 2, 9)
    first, second = (np.nanmean(told.outcomes[..., 0], axis=2) for told in federation.rounds)
    kept = np.corrcoef(first[:, own].ravel(), second[:, own].ravel())[0, 1]
    fresh = np.corrcoef(first[:, ~own][:, 0], second[:, ~own][:, 0])[0, 1]
    assert kept > fresh + 0.1


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_scenarios_are_within_the_tolerance(name: str) -> None:
    changes = _changes(SCENARIOS.get(name)().script(TABLE, "plain"))
    assert np.nanmean(changes, axis=(0, 1)).max() < TOLERANCE + 0.003


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("name", FAILING)
def test_failures_begin_at_their_onset_and_are_of_their_mode(name: str, strength: str) -> None:
    scenario = SCENARIOS.get(name)()
    script = scenario.script(TABLE, strength)  # type: ignore[arg-type]
    changes = _changes(script)
    hit = round(script.hit * changes.shape[1])
    mine = [at for at, stream in enumerate(WATCH.streams) if stream.mode is scenario.mode]
    assert changes[: ONSET - 1].mean(axis=(0, 1)).max() < TOLERANCE
    assert changes[-5:, :hit][..., mine].mean(axis=(0, 1)).max() > TOLERANCE + 0.02


def test_every_mode_has_two_scenarios_or_more() -> None:
    modes = [SCENARIOS.get(name)().mode for name in FAILING]
    assert all(modes.count(mode) >= 2 for mode in Mode)


def test_harder_data_change_outcomes_and_no_difference() -> None:
    own = np.array([cell.own for cell in TABLE.cells])
    source = Simulated(TABLE, SCENARIOS.get("harder-domain")().script(TABLE, "plain"))
    told = list(source.federation(np.random.default_rng(3), 500, ONSET, ONSET).rounds)
    start = [one.outcomes[:, own, :, 0].mean() for one in told]
    assert start[-1] - start[0] > 0.1
    assert told[-1].loss.mean() - told[-2].loss.mean() > 0.05


def test_who_comes_late_and_who_leaves_has_no_outcomes() -> None:
    for name, before, after in (("late-joiners", 0.2, 0.0), ("drop-outs", 0.0, 0.5)):
        source = Simulated(TABLE, SCENARIOS.get(name)().script(TABLE, "plain"))
        told = list(source.federation(np.random.default_rng(4), 500, ONSET, ONSET).rounds)
        gone = [np.isnan(one.loss) for one in told]
        assert gone[0].mean() == pytest.approx(before, abs=0.07)
        assert gone[-1].mean() == pytest.approx(after, abs=0.07)
        assert all((np.isnan(one.outcomes).all(axis=(1, 2, 3)) == np.isnan(one.loss)).all() for one in told)
