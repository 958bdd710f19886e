import itertools

import numpy as np
import pytest

from tocsin.behaviour.statistics import ConfidenceSequence, mean_interval


def test_before_any_value_everything_may_be() -> None:
    got = ConfidenceSequence(low=-1.0, high=1.0).interval
    assert (got.estimate, got.low, got.high, got.n) == (0.0, -1.0, 1.0, 0)


def test_it_holds_its_estimate_and_narrows() -> None:
    values = (np.random.default_rng(0).random(600) < 0.3) * 1.0
    sequence = ConfidenceSequence()
    widths = []
    for start in range(0, 600, 50):
        sequence.add(values[start : start + 50].tolist())
        got = sequence.interval
        assert got.n == start + 50
        assert got.estimate == pytest.approx(values[: got.n].mean())
        assert got.low <= got.estimate <= got.high
        widths.append(got.high - got.low)
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(widths))
    fixed = mean_interval(600, values.sum(), values.sum())
    assert fixed.high - fixed.low < widths[-1] < 2.0 * (fixed.high - fixed.low)


def test_batches_are_as_one_by_one() -> None:
    values = np.random.default_rng(1).random(100).tolist()
    one, two = ConfidenceSequence(population=120), ConfidenceSequence(population=120)
    one.add(values)
    for value in values:
        two.add([value])
    assert one.interval == two.interval


def test_bad_and_good_are_mirrors() -> None:
    values = np.random.default_rng(2).beta(2, 6, 300)
    one, two = ConfidenceSequence(), ConfidenceSequence()
    one.add(values.tolist())
    two.add((1.0 - values).tolist())
    assert one.interval.low == pytest.approx(1.0 - two.interval.high, abs=1e-9)


def test_it_closes_as_the_population_is_exhausted() -> None:
    values = np.random.default_rng(3).random(80)
    sequence = ConfidenceSequence(population=80)
    sequence.add(values[:70].tolist())
    assert sequence.interval.high - sequence.interval.low <= 10 / 80 + 1e-9
    sequence.add(values[70:].tolist())
    got = sequence.interval
    assert (got.low, got.high) == pytest.approx((values.mean(), values.mean()))
    with pytest.raises(ValueError, match="population"):
        sequence.add([0.5])


def test_a_population_narrows_more_than_endless_draws() -> None:
    values = ((np.arange(300) < 100) * 1.0)[np.random.default_rng(4).permutation(300)]
    finite, endless = ConfidenceSequence(population=300), ConfidenceSequence()
    for sequence in (finite, endless):
        sequence.add(values[:200].tolist())
    assert finite.interval.high - finite.interval.low < 0.8 * (endless.interval.high - endless.interval.low)


def test_an_aim_gets_there_sooner() -> None:
    values = (np.random.default_rng(5).random(4000) < 0.5) * 1.0

    def items(sequence: ConfidenceSequence) -> int:
        for start in range(0, 4000, 20):
            sequence.add(values[start : start + 20].tolist())
            if sequence.interval.high - sequence.interval.low <= 0.06:
                break
        return sequence.interval.n

    assert items(ConfidenceSequence(aim=0.03)) < 0.9 * items(ConfidenceSequence())


def test_a_difference_is_decided() -> None:
    changes = np.random.default_rng(6).choice([1.0, 0.0, -1.0], p=[0.3, 0.65, 0.05], size=200)
    sequence = ConfidenceSequence(low=-1.0)
    sequence.add(changes.tolist())
    assert 0.0 < sequence.interval.low < 0.25 < sequence.interval.high


@pytest.mark.parametrize("population", [None, 300])
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_the_mean_is_held_at_all_times(rate: float, population: int | None) -> None:
    random = np.random.default_rng(7)
    missed = 0
    for _ in range(120):
        values = (random.random(300) < rate) * 1.0
        goal = float(values.mean()) if population else rate
        sequence = ConfidenceSequence(level=0.9, population=population)
        for start in range(0, 300, 5):
            sequence.add(values[start : start + 5].tolist())
            got = sequence.interval
            if not got.low - 1e-9 <= goal <= got.high + 1e-9:
                missed += 1
                break
    assert missed / 120 < 0.17  # .1 is promised at most; three standard errors more


def test_impossible_settings_and_values_are_refused() -> None:
    for settings in ({"level": 1.0}, {"low": 1.0}, {"population": 0}, {"aim": 0.0}):
        with pytest.raises(ValueError):
            ConfidenceSequence(**settings)  # type: ignore[arg-type]
    for value in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="outside"):
            ConfidenceSequence().add([value])
