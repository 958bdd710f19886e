"""Lying clients: what they can send under masks, and what the median of dealt cohorts and public probes do about it."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from masked_sums import HIGH, LOW, SIZE, Party, among, enrolment, step, terms

from tocsin.errors import TocsinError
from tocsin.privacy.liars import cannot_blind, capture, deal, disagreement, robust_total, withstands
from tocsin.privacy.masking import Modulus, SumRefused

RUN = b"r" * 16


class Liar(Party):
    """A client whose software was changed: it masks whatever it likes, and signs it."""

    lie = 0

    def answer(self, request):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Modulus, "encode", lambda modulus, vector: vector.view(np.uint64).astype(modulus.words))
            return super().answer(request)

    def _draw(self, clients):
        return super()._draw(clients) + self.lie


def summed(enrolled, liars, **other):
    """One masked sum over an enrolment in which `liars` (client -> lie) lie in every entry: (server, the truth)."""
    server, parties = among(enrolled, terms(9, enrolment=enrolled.hash, **other))
    for client, lie in liars.items():
        if client in parties:
            parties[client] = Liar(client, enrolled, parties[client].terms, random=parties[client].random)
            parties[client].lie = lie
    while not server.over:
        step(server, parties)
    return server, sum(party.drawn[-1] for party in parties.values())


def test_nothing_but_the_range_of_the_sum_bounds_what_one_liar_sends():
    """Documents a limit: one entry is 1,050 at most, 2,100 more is sent, and under masks nobody sees it."""
    server, truth = summed(enrolment(9), {4: 2 * HIGH})
    assert (server.total - truth == 2 * HIGH).all()


def test_a_sum_beyond_all_bounds_is_thrown_away():
    server, _ = summed(enrolment(9), {4: 9 * HIGH + 1 - 9 * LOW})
    with pytest.raises(SumRefused, match="no sum within the bounds"):
        server.total  # noqa: B018


def test_a_liar_moves_the_subtotal_of_its_own_cohort_alone():
    dealt = enrolment(9).cohorts(deal(enrolment(9), RUN, 3), minimum=3)
    mine = next(name for name, cohort in dealt.items() if 4 in cohort.keys)
    for name, cohort in dealt.items():
        server, truth = summed(cohort, {4: HIGH}, cohort=name)
        assert (server.total - truth == (HIGH if name == mine else 0)).all()


# -- the lot --------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.data())
def test_everyone_is_dealt_into_one_cohort_and_sizes_differ_by_one_at_most(clients, data):
    cohorts = data.draw(st.integers(1, clients))
    dealt = deal(enrolment(clients), RUN, cohorts)
    assert sorted(client for members in dealt.values() for client in members) == list(range(clients))
    assert len(dealt) == cohorts and max(map(len, dealt.values())) - min(map(len, dealt.values())) <= 1
    assert list(dealt) == sorted(dealt)
    assert deal(enrolment(clients), RUN, cohorts) == dealt


def test_the_lot_falls_anew_in_every_run_and_favours_nobody():
    falls = np.zeros((20, 4))
    for run in range(800):
        for cohort, members in enumerate(deal(enrolment(20), run.to_bytes(16, "big"), 4).values()):
            falls[list(members), cohort] += 1
    assert (((falls - 200) ** 2 / 200).sum(axis=1) < 21.2).all()  # chi-square, 1 in 10,000 each
    assert deal(enrolment(20), RUN, 4) != deal(enrolment(20), b"s" * 16, 4)
    assert deal(enrolment(20), RUN, 4) != {k: v for k, v in deal(enrolment(21), RUN, 4).items() if 20 not in v}


@pytest.mark.parametrize("cohorts", [0, 6])
def test_no_cohorts_that_nobody_is_in(cohorts):
    with pytest.raises(TocsinError, match="5 clients cannot be dealt into"):
        deal(enrolment(5), RUN, cohorts)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 2, 2), (1, 3, 4), (9,), (2, 2, 2, 2, 2)])
def test_the_chance_of_a_capture_is_that_of_all_deals_counted(sizes):
    places = np.repeat(np.arange(len(sizes)), sizes)
    for liars in range(len(places) + 1):
        deals = [
            len(set(places[list(chosen)])) > withstands(len(sizes))
            for chosen in combinations(range(len(places)), liars)
        ]
        assert capture(sizes, liars) == pytest.approx(np.mean(deals), abs=1e-12)
        if liars <= withstands(len(sizes)):
            assert capture(sizes, liars) == 0.0


def test_no_more_liars_than_clients():
    with pytest.raises(ValueError, match="5 liars among 4"):
        capture((2, 2), 5)


# -- the median -----------------------------------------------------------------------------------


@given(st.integers(1, 15), st.data())
def test_liars_in_few_cohorts_leave_the_total_within_the_range_of_the_honest(cohorts, data):
    lying = data.draw(st.integers(0, withstands(cohorts)))
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=cohorts, max_size=cohorts))
    values = st.lists(st.integers(-(10**6), 10**6), min_size=cohorts, max_size=cohorts)
    subtotals = np.array(data.draw(values), dtype=float)
    robust = robust_total(subtotals, sizes)
    honest = (subtotals / sizes)[lying:] * sum(sizes)  # the first are the liars, whatever they sent
    slack = 1e-9 * (1 + abs(honest).max())
    assert honest.min() - slack <= robust.total <= honest.max() + slack
    assert robust.low <= robust.total <= robust.high
    assert robust.clients == sum(sizes)


@pytest.mark.parametrize("cohorts", [6, 10, 11, 20, 40])
def test_limits_reckon_with_liars_and_are_not_blinded_by_so_many(cohorts):
    rng = np.random.default_rng(cohorts)
    most = cannot_blind(cohorts)
    assert most <= withstands(cohorts)
    honest = rng.normal(size=(cohorts, 500))
    for lie in (-1e9, 1e9):
        lied = honest.copy()
        lied[:most] = lie
        robust = robust_total(lied, [1] * cohorts)
        assert (robust.low >= honest.min(axis=0) * cohorts - 1e-9).all()
        assert (robust.high <= honest.max(axis=0) * cohorts + 1e-9).all()
    if most < withstands(cohorts):
        honest[: most + 1] = -1e9
        assert (robust_total(honest, [1] * cohorts, lying=most + 1).low < -1e8).all()


@pytest.mark.parametrize("lie", [0.0, -1e6, 1e6])
@pytest.mark.parametrize(("cohorts", "lying"), [(10, 1), (11, 5), (20, 3), (40, 9)])
def test_the_limits_hold_the_honest_median_as_often_as_they_say(cohorts, lying, lie):
    """Of skewed means with noise, in which `lying` cohorts lie (or tell the truth)."""
    rng = np.random.default_rng([cohorts, int(lie) & 7])
    means = rng.exponential(size=(cohorts, 4000)) + rng.laplace(scale=0.5, size=(cohorts, 4000))
    if lie:
        means[:lying] = lie
    sampled = rng.exponential(size=400_000) + rng.laplace(scale=0.5, size=400_000)
    robust = robust_total(means * 3, [3] * cohorts, lying)
    truth = np.median(sampled) * 3 * cohorts
    held = np.mean((robust.low <= truth) & (truth <= robust.high))
    assert held > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert robust.holds(np.full(4000, truth)).mean() == held


def test_a_total_that_one_cohort_lied_about_does_not_agree_with_the_median():
    rng = np.random.default_rng(3)
    honest = rng.normal(5, 1, size=(20, 1000))
    agrees = robust_total(honest, [5] * 20, lying=0).holds(honest.sum(axis=0))
    assert agrees.mean() > 0.99
    honest[0] += 60
    assert not robust_total(honest, [5] * 20, lying=0).holds(honest.sum(axis=0)).any()


def test_it_is_blind_to_what_happens_in_fewer_than_half_of_the_cohorts():
    """Documents a limit: four of ten cohorts in which every client trips."""
    tripped = np.array([5.0] * 4 + [0.0] * 6)
    robust = robust_total(tripped, [5] * 10)
    assert robust.total == 0.0 and tripped.sum() == 20


@pytest.mark.parametrize(("cohorts", "lying"), [(4, 2), (9, 5), (9, -1), (0, 0)])
def test_a_median_does_not_promise_what_it_cannot_hold(cohorts, lying):
    with pytest.raises(TocsinError, match="withstands liars in"):
        robust_total(np.zeros((cohorts, 2)), [5] * cohorts, lying)


def test_too_few_cohorts_have_no_limits():
    robust = robust_total(np.arange(5.0)[:, None] * np.ones(SIZE), [5] * 5)
    assert np.isinf(robust.low).all() and np.isinf(robust.high).all() and (robust.total == 10).all()


# -- public probes --------------------------------------------------------------------------------


def rejected(sd, shift=0.0, rate=0.2, runs=4000, told_sd=None):
    rng = np.random.default_rng(8)
    n, m = 1000, 200
    totals = rng.binomial(n, rate, runs) + shift * n + sd * rng.normal(size=runs)
    numbers = n + sd * rng.normal(size=runs)
    own = np.arange(m) < rng.binomial(m, rate, (runs, 1))
    said = sd if told_sd is None else told_sd
    return np.mean([disagreement(t, k, said, o) < 0.05 for t, k, o in zip(totals, numbers, own, strict=True)])


@pytest.mark.parametrize("sd", [0.0, 40.0])
def test_clients_who_tell_the_truth_disagree_as_often_as_the_level_says(sd):
    assert rejected(sd) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_noise_that_is_not_reckoned_with_looks_like_lies():
    assert rejected(40.0, told_sd=0.0) > 0.1


def test_another_model_is_found():
    assert rejected(10.0, shift=0.2) > 0.99


def test_outcomes_that_are_no_rates_are_compared_as_well():
    assert disagreement(500.0, 1000, 0.0, [0.5] * 100) == pytest.approx(1.0)
    assert disagreement(0.0, 1000, 0.0, [0.0] * 100) == pytest.approx(1.0)
    assert disagreement(1000.0, 1000, 0.0, [0.0] * 100) < 1e-9


@pytest.mark.parametrize(("number", "own"), [(0, 100), (-5, 100), (100, 29)])
def test_nothing_is_compared_with_next_to_nothing(number, own):
    with pytest.raises(TocsinError, match="cannot be compared"):
        disagreement(1.0, number, 1.0, [0.0] * own)
