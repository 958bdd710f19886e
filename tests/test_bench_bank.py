import numpy as np
import pytest

from tocsin.bench.bank import BOUND, make_bank
from tocsin.bench.cells import Watch
from tocsin.bench.scenario import Change, Script
from tocsin.bench.simulated import Simulated
from tocsin.bench.table import Flips, usual_table

TABLE = usual_table()
WATCH = Watch.of(TABLE.cells)


def _bank(script: Script, clients: int = 40, rounds: int = 6):
    return make_bank(np.random.default_rng(0), Simulated(TABLE, script), clients, rounds, 3, 0.03, (120.0, 600.0))


def test_a_run_is_the_sum_over_distinct_clients_with_the_banks_share_hit() -> None:
    bank = _bank(Script((Change("refusal", "training", Flips(0.9, 0.0)),), hit=0.25))
    assert bank.hit.sum() == 10
    everyone = bank.everyone()
    drawn = bank.draw(np.random.default_rng(1), 3, 40, 120.0)
    assert np.allclose(drawn.worse, everyone.worse)  # all forty of forty, each once
    few = bank.draw(np.random.default_rng(1), 20, 8, 120.0)
    assert (few.clients == 8).all()
    at = [(s.probe, s.moment) for s in WATCH.streams].index(("refusal", "training"))
    assert (few.worse[:, 3:, at].mean(axis=0) > 10).all()  # two of eight are hit, in every run
    assert few.worse[:, 3:, at].min() > 5


def test_runs_share_no_client_while_there_are_enough() -> None:
    bank = _bank(Script())
    halves = bank.draw(np.random.default_rng(2), 2, 20, 600.0)
    assert np.allclose(halves.asked.sum(axis=0), bank.everyone().asked[0])
    assert np.allclose(halves.bad.sum(axis=0), bank.everyone().bad[0])


def test_more_clients_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        _bank(Script()).draw(np.random.default_rng(3), 1, 41, 120.0)


def test_parts_of_differences_add_up() -> None:
    bank = _bank(Script())
    asked = bank.sums.asked[:, :, WATCH.cell]
    assert (bank.sums.worse + bank.sums.better <= asked + 1e-4).all()
    net = np.clip((bank.sums.worse - bank.sums.better) / asked, -BOUND, BOUND)
    assert np.allclose(net, bank.sums.bounded, atol=1e-5)
    assert bank.trips[120.0].sum(axis=(1, 2)).max() <= 1.0  # a client trips once
