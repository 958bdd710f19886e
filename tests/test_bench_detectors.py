from dataclasses import replace

import numpy as np
import pytest

from tocsin.alarm import NO_NOISE, DiscreteLaplace
from tocsin.alarm.modes import Mode
from tocsin.alarm.trips import TripPlan
from tocsin.bench.bank import SHARES
from tocsin.bench.cells import Watch
from tocsin.bench.detector import DETECTORS, MODES, SILENT, UNNAMED, Facts, Seen
from tocsin.bench.stream import play
from tocsin.bench.table import usual_table

WATCH = Watch.of(usual_table().cells)
RUNS, ROUNDS, CLIENTS = 3, 20, 200
REFUSAL = [(s.probe, s.moment) for s in WATCH.streams].index(("refusal", "received"))


def seen(at: int, rng: np.random.Generator, runs: int = RUNS, failing: bool = False, jump: float = 0.5) -> Seen:
    """Where `failing`, run 0 loses refusals from round 10 on: half of all items; and all clients trip in round 12."""
    streams, cells = len(WATCH.streams), len(WATCH.cells)
    asked = np.full((runs, cells), CLIENTS * 20.0)
    bad = asked * 0.3 + rng.normal(0.0, 20.0, asked.shape)
    worse = np.full((runs, streams), 60.0)
    bounded, mixed = np.zeros((runs, streams)), np.full((runs, len(SHARES), streams), -0.1)
    trips = np.zeros((runs, streams))
    loss = CLIENTS * (1.0 + rng.normal(0.0, 0.001, runs))
    if failing and at >= 10:
        refusal = WATCH.cell[REFUSAL]
        bad[0, refusal] += jump * asked[0, refusal]
        worse[0, REFUSAL] = 2000.0
        bounded[0, REFUSAL] = 50.0
        loss[0] += CLIENTS
        trips[0, REFUSAL] = CLIENTS if at == 12 else 0.0
    return Seen(
        np.full(runs, float(CLIENTS)), loss, bad, asked, worse, np.full_like(worse, 60.0), bounded, mixed, trips
    )


def facts(epsilon: float | None = 2.0, seed: int = 0) -> Facts:
    rng = np.random.default_rng(seed)
    c = TripPlan.usual(CLIENTS, len(WATCH.streams), ROUNDS, 0.05, NO_NOISE).false_trip
    rehearsals = tuple(seen(at, rng, 200) for at in range(1, ROUNDS + 1))
    return Facts(WATCH, CLIENTS, ROUNDS, 0.05, 0.03, epsilon, c, RUNS, rehearsals, rng)


def played(name: str, failing: bool):
    rng = np.random.default_rng(5)
    return play(DETECTORS.get(name)(), facts(), [seen(at, rng, failing=failing) for at in range(1, ROUNDS + 1)])


@pytest.mark.parametrize("name", ["tocsin", "oracle", "dp-cusum", "page-hinkley", "group-means"])
def test_a_loss_of_refusals_is_found_in_its_run_alone_and_named(name: str) -> None:
    if name == "page-hinkley":
        pytest.importorskip("river")
    got = played(name, failing=True)
    assert 10 <= got.first[0] <= 19
    assert MODES[got.last[0]] is Mode.ALIGNMENT_EROSION
    assert (got.first[1:] == 0).all() and (got.last[1:] == SILENT).all()


@pytest.mark.parametrize("name", [n for n in ("tocsin", "oracle", "group-means")])
def test_nothing_is_claimed_where_nothing_happens(name: str) -> None:
    assert (played(name, failing=False).first == 0).all()


@pytest.mark.parametrize(("jump", "found"), [(0.4, False), (0.7, True)])
def test_adwin_wants_a_large_change_and_many_rounds(jump: float, found: bool) -> None:
    pytest.importorskip("river")
    rng = np.random.default_rng(5)
    told = [seen(at, rng, failing=True, jump=jump) for at in range(1, 41)]
    first = play(DETECTORS.get("adwin")(), facts(), told).first[0]
    assert first > 20 if found else first == 0


def test_mean_loss_gives_no_name_and_accuracy_does_not_see_refusals() -> None:
    loss, accuracy = played("mean-loss", failing=True), played("mean-accuracy", failing=True)
    assert loss.first[0] == 10 and loss.named[0] == UNNAMED
    assert accuracy.first[0] == 0


def test_sentinels_of_another_plan_are_refused() -> None:
    with pytest.raises(ValueError, match="sentinels trip"):
        DETECTORS.get("tocsin")().configure(replace(facts(), false_trip=0.5))


def test_noise_hides_few_trips_and_not_many() -> None:
    def alone(trips: int, epsilon: float | None) -> int:
        rng = np.random.default_rng(8)
        quiet = [seen(at, rng) for at in range(1, ROUNDS + 1)]
        hit = np.zeros_like(quiet[0].trips)
        hit[0, REFUSAL] = trips
        quiet[11] = replace(quiet[11], trips=hit)
        return int(play(DETECTORS.get("tocsin")(), facts(epsilon), quiet).first[0])

    assert alone(60, 0.5) == 12
    assert alone(12, 0.5) == 0
    assert alone(12, None) == 12


def test_what_is_released_has_the_noise_that_was_charged() -> None:
    detector = DETECTORS.get("tocsin")()
    detector.configure(facts(0.5))
    noise = detector._noise((20_000,))  # type: ignore[attr-defined]
    assert np.var(noise) == pytest.approx(DiscreteLaplace(0.5, 1.0 / 0.9).variance, rel=0.1)


@pytest.mark.parametrize(("epsilon", "exact"), [(0.5, False), (None, True)])
def test_noise_is_in_every_release(epsilon: float | None, exact: bool) -> None:
    detector, rng = DETECTORS.get("tocsin")(), np.random.default_rng(8)
    play(detector, facts(epsilon), [seen(at, rng) for at in range(1, ROUNDS + 1)])
    values = np.stack([y for _, y, _ in detector._released])  # type: ignore[attr-defined]
    assert len(values) == ROUNDS and (values == 0.0).all() == exact


def test_the_curators_noise_grows_as_epsilon_falls() -> None:
    def threshold(epsilon: float | None) -> float:
        detector = DETECTORS.get("dp-cusum")()
        detector.configure(facts(epsilon))
        return float(detector._threshold)  # type: ignore[attr-defined]

    assert threshold(0.5) > threshold(2.0) > threshold(None)
