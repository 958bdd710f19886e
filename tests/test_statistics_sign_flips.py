from itertools import product

import numpy as np
import pytest

from tocsin.behaviour.statistics import paired_p, paired_test


def by_enumeration(sums: list[float]) -> float:
    observed = abs(sum(sums))
    patterns = [
        abs(sum(s * x for s, x in zip(signs, sums, strict=True))) for signs in product((1, -1), repeat=len(sums))
    ]
    more, same = (
        np.mean([test(one) for one in patterns])
        for test in (lambda t: t > observed + 1e-9, lambda t: abs(t - observed) <= 1e-9)
    )
    return float(more + same / 2) if observed else 1.0


@pytest.mark.parametrize("worse,better", [(6, 1), (3, 3), (0, 5), (12, 4)])
def test_without_clusters_it_is_mcnemars_mid_p(worse: int, better: int) -> None:
    changes = [1.0] * worse + [-1.0] * better + [0.0] * 10
    assert paired_test(changes, [""] * len(changes)) == pytest.approx(
        paired_p(len(changes), (worse,) * 2, (better,) * 2)
    )


def test_clusters_change_signs_together() -> None:
    changes = [1.0, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0]
    names = ["a", "a", "a", "b", "b", "c", "", ""]
    assert paired_test(changes, names) == pytest.approx(by_enumeration([3, 0, 1, -1, 1]))


def test_other_changes_are_as_enumerated() -> None:
    changes = np.random.default_rng(0).normal(0.1, 0.2, 12).clip(-1, 1).tolist()
    assert paired_test(changes, [""] * 12) == pytest.approx(by_enumeration(changes), abs=0.002)


def test_no_change_is_no_evidence() -> None:
    assert paired_test([0.0] * 5, [""] * 5) == 1.0
    assert paired_test([1.0, -1.0], ["a", "a"]) == 1.0


def test_clusters_weaken_what_one_of_them_says() -> None:
    changes = [1.0] * 20 + [0.0] * 80
    assert paired_test(changes, [""] * 100) < 1e-5
    assert paired_test(changes, [f"{place // 20}" for place in range(100)]) >= 0.5


def test_it_seldom_calls_where_nothing_changed() -> None:
    random = np.random.default_rng(1)
    calls = 0
    for _ in range(600):
        rates = random.dirichlet([0.4, 0.4, 3.2], 25).repeat(6, axis=0)
        point = random.random(150)
        changes = np.where(point < rates[:, 0], 1.0, np.where(point < rates[:, 0] + rates[:, 1], -1.0, 0.0))
        calls += paired_test(changes, np.repeat(np.arange(25), 6).astype(str).tolist()) <= 0.05
    assert calls / 600 < 0.075


def test_impossible_changes_are_refused() -> None:
    for changes, names in (([], []), ([1.5], [""]), ([float("nan")], [""]), ([0.5], [])):
        with pytest.raises(ValueError):
            paired_test(changes, names)
