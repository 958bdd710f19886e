import numpy as np
import pytest

from tocsin.alarm import Sentinel
from tocsin.bench.watching import NEVER, Sentinels

CLIENTS, STREAMS, ROUNDS, ITEMS = 60, 4, 12, 20
BARRIERS = (20.0, 120.0, 600.0)


def _differences(rng: np.random.Generator) -> list[np.ndarray]:
    """Failing clients, bounded outcomes, absent clients and missing items, all at once."""
    told = []
    for round_ in range(ROUNDS):
        worse = np.where(np.arange(CLIENTS) < 30, 0.3 if round_ >= 4 else 0.04, 0.04)[:, None, None]
        u = rng.random((CLIENTS, STREAMS, ITEMS))
        d = np.where(u < worse, 1.0, np.where(u > 0.97, -1.0, 0.0)).astype(np.float32)
        d[:, 3] = np.clip(rng.normal(0.08, 0.3, (CLIENTS, ITEMS)), -1.0, 1.0)
        d[rng.random(CLIENTS) < 0.1] = np.nan
        d[0, :, 5:] = np.nan
        told.append(d)
    return told


def test_trips_are_those_of_sentinels_one_by_one() -> None:
    told = _differences(np.random.default_rng(3))
    subjects = [f"subject {stream % 3}" for stream in range(STREAMS)]
    many = Sentinels(CLIENTS, STREAMS, ROUNDS, 0.03, min(BARRIERS), subjects)
    for d in told:
        many.observe(d)
    found = many.first_trips(BARRIERS)
    tripped = 0
    for barrier, (when, which) in zip(BARRIERS, found, strict=True):
        for client in range(CLIENTS):
            one = Sentinel(STREAMS, ROUNDS, 1.0 / barrier, 0.03, subjects=subjects)
            at = NEVER
            for round_, d in enumerate(told, start=1):
                one.observe(d[client])
                at = round_ if one.first is not None and at == NEVER else at
            assert when[client] == at
            if at != NEVER:
                assert which[client] == one.first
                tripped += 1
    assert CLIENTS < tripped < 3 * CLIENTS  # some do, and not all


def test_a_peak_within_a_round_is_a_trip() -> None:
    d = np.array([[[1.0] * 7 + [-1.0] * 7]], dtype=np.float32)
    many = Sentinels(1, 1, 3, 0.03, 4.0)
    after = many.observe(d)
    when, _ = many.first_trips((4.0,))[0]
    assert after[0, 0] < 0.0 and when[0] == 1


def test_evidence_is_that_after_the_last_item() -> None:
    from tocsin.alarm.e_process import log_mean_exp, log_or_nothing
    from tocsin.alarm.paired import Paired

    told = [np.nan_to_num(d) for d in _differences(np.random.default_rng(4))]
    many, one = Sentinels(CLIENTS, STREAMS, ROUNDS, 0.03, 20.0), Paired(CLIENTS * STREAMS, ROUNDS, 0.03)
    for d in told:
        log_e = many.observe(d)
        one.update(d.reshape(-1, ITEMS))
    process = one._process
    expected = np.logaddexp(log_mean_exp(process.log_m), log_or_nothing(process.cash))
    assert np.allclose(log_e.reshape(-1), expected)


def test_a_barrier_that_was_not_announced_is_refused() -> None:
    with pytest.raises(ValueError, match="lowest"):
        Sentinels(2, 1, 3, 0.03, 100.0).first_trips((50.0,))
