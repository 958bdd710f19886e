"""The ledger: one epsilon for a study, settled before it starts, never overspent, never forgotten."""

import json
from fractions import Fraction

import pytest
from dp_accounting.pld import privacy_loss_distribution as pld
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.errors import TocsinError
from tocsin.privacy.channels import ClientDP, Counts, Histogram, SampleDP, Trips
from tocsin.privacy.ledger import UNITS, Budget, BudgetSpent, Horizon, Ledger, Loss, Plan, calibrate, epsilon_of
from tocsin.privacy.ledger.plan import Release
from tocsin.privacy.ledger.table import rounded, summary, table
from tocsin.privacy.noise import DiscreteGaussian, DiscreteLaplace, Honesty
from tocsin.privacy.schema import Schema

GROUPS = {f"probe-{i}": ("women", "men", "all") for i in range(20)}  # 60 cells
STREAMS = tuple((probe, group, "everyone") for probe in GROUPS for group in GROUPS[probe])
SCHEMA = Schema(GROUPS)
SPREADS = (("probe-0", "after"), ("probe-1", "after"))
ROSTER = "0" * 64


@pytest.fixture(scope="module")
def wide():
    """30 rounds, 60 cells, trips and counts, one epsilon of 2."""
    return calibrate(Budget(2.0, 1e-6), Horizon(30, 40, 50), [Trips(STREAMS), Counts(SCHEMA)])


@pytest.fixture(scope="module")
def plain():
    """The default: trips alone, pure."""
    return calibrate(Budget(2.0), Horizon(30, 40, 50), [Trips(STREAMS)])


@pytest.fixture(scope="module")
def short():
    """Small enough to be driven through many schedules."""
    return calibrate(
        Budget(2.0, 1e-6),
        Horizon(3, 10, 20),
        [Trips(STREAMS), Histogram(SCHEMA, SPREADS)],
        shares={"trips": 2, "histogram": 1},
    )


def spend_all(ledger, rounds=None, attempts=None):
    horizon = ledger.plan.horizon
    for round_ in range(1, (rounds or horizon.rounds) + 1):
        for attempt in range(1, (attempts or horizon.attempts) + 1):
            for channel in ledger.plan.releases:
                row = ledger.reserve(round_, attempt, channel, horizon.most, ROSTER)
                ledger.settle(row, "released")


def test_thirty_rounds_of_sixty_cells_cost_the_one_epsilon(wide, tmp_path):
    """2, not 23: recomputed here with dp-accounting alone."""
    ledger = Ledger(tmp_path / "ledger.jsonl", wide)
    spend_all(ledger)
    assert len(ledger.rows) == 30 * 2 * 2
    last = table(ledger)[-1]
    assert last[-1] == "2"
    assert "A record has spent epsilon 2 of 2, delta 1e-06 (add-or-remove)" in summary(ledger)[1]

    # One record: in two entries (a number, a sum) of every attempt of every round, moved by 16 steps each; and by a
    # trip that goes from one stream to another, in the two attempts of a round.
    sigma, epsilon = wide.releases["counts"].noise.sigma, float(wide.releases["trips"].noise.epsilon)
    counts = pld.from_discrete_gaussian_mechanism(sigma, sensitivity=16, use_connect_dots=True).self_compose(2 * 60)
    trips = pld.from_discrete_laplace_mechanism(epsilon, use_connect_dots=True).self_compose(2 * 2)
    alone = counts.compose(trips).get_epsilon_for_delta(1e-6)
    assert alone == pytest.approx(2, abs=0.01)
    assert ledger.spent()["record"] == pytest.approx(alone, abs=0.005)
    assert ledger.spent()["record"] <= 2


def test_noise_for_an_epsilon_of_two_a_round_would_cost_far_more_and_is_stopped(wide, tmp_path):
    """The mistake that the ledger is there to make impossible: an epsilon quoted per round."""
    a_round = calibrate(wide.budget, Horizon(1, 40, 50), [Counts(SCHEMA)])
    ledger = Ledger(tmp_path / "ledger.jsonl", Plan(wide.budget, wide.horizon, a_round.releases))
    assert ledger.plan.epsilon("record", wide.most_uses) > 10
    with pytest.raises(BudgetSpent):
        spend_all(ledger)
    assert ledger.spent()["record"] <= 2


def test_trips_are_pure_and_a_client_pays_for_the_attempts_of_one_round(plain, tmp_path):
    assert plain.releases["trips"].noise.epsilon == 1
    ledger = Ledger(tmp_path / "ledger.jsonl", plain)
    spend_all(ledger, attempts=1)
    assert ledger.spent() == {"client": 1.0, "record": 2.0, "training record": None}
    ledger.reserve(7, 2, "trips", 40, ROSTER)
    assert ledger.spent()["client"] == 2.0
    ledger.reserve(8, 2, "trips", 40, ROSTER)
    assert ledger.spent()["client"] == 2.0


def test_where_clients_unmask_once_a_round_a_second_attempt_costs_nothing_more(tmp_path):
    channels = [Trips(STREAMS), Histogram(SCHEMA, SPREADS)]
    once = calibrate(Budget(2.0, 1e-6), Horizon(3, 10, 20, exposures=1), channels)
    single = calibrate(Budget(2.0, 1e-6), Horizon(3, 10, 20, attempts=1), channels)
    assert {n: r.noise for n, r in once.releases.items()} == {n: r.noise for n, r in single.releases.items()}
    ledger = Ledger(tmp_path / "ledger.jsonl", once)
    for attempt in (1, 2):
        row = ledger.reserve(1, attempt, "histogram", 20, ROSTER)
        assert row.epsilon["client"] == once.epsilon("client", {"histogram": 1})
    spend_all(ledger)
    assert len(ledger.rows) == 3 * 2 * 2
    assert 1.98 < ledger.spent()["client"] <= 2.0


def test_replacing_a_client_costs_twice_what_adding_one_does(plain):
    horizon, trips = plain.horizon, Trips(STREAMS)
    replaced = calibrate(Budget(2.0, adjacency="replace-one"), horizon, [trips])
    assert replaced.releases["trips"].noise.epsilon == Fraction(1, 2)
    both = Plan(Budget(2.0, adjacency="replace-one"), horizon, plain.releases)
    assert both.epsilon("client", {"trips": 1}) == 2 * plain.epsilon("client", {"trips": 1})


def test_every_plan_ends_at_its_budget_and_not_over_it(plain, wide, short):
    for plan in (plain, wide, short):
        spent = [plan.epsilon(unit, plan.most_uses) for unit in plan.units]
        assert max(e for e in spent if e is not None) <= plan.budget.epsilon
        assert max(e for e in spent if e is not None) >= 0.99 * plan.budget.epsilon
    assert wide.units == ("client", "record")
    assert wide.exceptions("client") == ("counts", "model")
    assert wide.exceptions("record") == ("model",)


def test_the_epsilon_of_pure_losses_is_their_sum_at_delta_zero():
    losses = [Loss(DiscreteLaplace(Fraction(1, 3)), 1, 3), Loss(DiscreteLaplace(Fraction(1)), 1, 2)]
    assert epsilon_of(losses, 0.0) == pytest.approx(3)
    assert epsilon_of(losses, 1e-3) < 3
    assert epsilon_of([Loss(DiscreteGaussian(9.0), 1, 1)], 0.0) == float("inf")
    assert epsilon_of([], 0.0) == 0.0


def test_the_divergence_of_summed_shares_is_charged():
    exact = epsilon_of([Loss(DiscreteGaussian(20.0), 4, 10)], 1e-6)
    summed = epsilon_of([Loss(DiscreteGaussian(20.0), 4, 10, divergence=1e-3)], 1e-6)
    # 2 tau, and a delta that is smaller by exp(-tau).
    assert exact + 0.02 < summed < exact + 0.03
    assert epsilon_of([Loss(DiscreteGaussian(1.0), 1, 1, DiscreteGaussian(1.0).divergence(50))], 1e-6) == float("inf")


@pytest.mark.parametrize("attempt", [1, 2])
def test_no_release_overspends(short, tmp_path, attempt):
    """A plan whose noise is too small for its horizon stops, and stays where it stopped."""
    weak = {name: Release(r.channel, r.noise) for name, r in short.releases.items()}
    weak["histogram"] = Release(weak["histogram"].channel, DiscreteGaussian(weak["histogram"].noise.sigma * 0.7))
    ledger = Ledger(tmp_path / "ledger.jsonl", Plan(short.budget, short.horizon, weak))
    with pytest.raises(BudgetSpent, match="over the study's 2; it is not released"):
        spend_all(ledger, attempts=attempt) or spend_all(ledger)
    assert ledger.spent()["client"] <= 2.0
    rows = len(Ledger(tmp_path / "ledger.jsonl", ledger.plan).rows)
    assert rows == len(ledger.rows) > 0


def test_what_the_plan_does_not_have_is_refused(short, tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl", short)
    for args, why in [
        ((4, 1, "trips", 20, ROSTER), "beyond the plan"),
        ((1, 3, "trips", 20, ROSTER), "beyond the plan"),
        ((1, 1, "counts", 20, ROSTER), "releases nothing"),
        ((1, 1, "model", 20, ROSTER), "releases nothing"),
        ((1, 1, "trips", 9, ROSTER), "noise is for rosters of 10 to 20"),
        ((1, 1, "trips", 21, ROSTER), "noise is for rosters of 10 to 20"),
    ]:
        with pytest.raises(TocsinError, match=why):
            ledger.reserve(*args)
    assert ledger.rows == ()


def test_the_same_attempt_is_charged_once_and_never_for_two_rosters(short, tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl", short)
    row = ledger.reserve(1, 1, "trips", 20, ROSTER)
    assert ledger.reserve(1, 1, "trips", 20, ROSTER) == row
    with pytest.raises(TocsinError, match="another roster"):
        ledger.reserve(1, 1, "trips", 19, "1" * 64)
    assert len(ledger.rows) == 1
    assert ledger.next_attempt(1) == 2
    ledger.reserve(1, 2, "trips", 19, "1" * 64)
    assert ledger.next_attempt(1) is None


def test_cohorts_share_a_cost_and_the_whole_comes_on_top(tmp_path):
    horizon = Horizon(2, 10, 20, attempts=1, views=2)
    plan = calibrate(Budget(2.0, 1e-6), horizon, [Histogram(SCHEMA, SPREADS)])
    ledger = Ledger(tmp_path / "ledger.jsonl", plan)
    first = ledger.reserve(1, 1, "histogram", 20, ROSTER, "ward")
    second = ledger.reserve(1, 1, "histogram", 20, ROSTER, "office")
    assert first.epsilon == second.epsilon
    whole = ledger.reserve(1, 1, "histogram", 20, ROSTER)
    assert whole.epsilon["client"] > first.epsilon["client"]
    for release in ("ward", "office", "all"):
        ledger.reserve(2, 1, "histogram", 20, ROSTER, release)
    assert 1.98 < ledger.spent()["client"] <= 2.0


# What one run of the server does before it is killed: reserve, settle, or be cut in the middle of a write.
steps = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(1, 2),
        st.sampled_from(["trips", "histogram"]),
        st.sampled_from(["ok", "kill", "torn"]),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_killed_and_resumed_it_neither_forgets_nor_spends_twice(short, tmp_path_factory, schedule):
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    ledger, kept, head = Ledger(path, short), {}, None
    for round_, attempt, channel, end in schedule:
        before = ledger.spent()
        row = ledger.reserve(round_, attempt, channel, 20, ROSTER)
        if (round_, attempt, channel) in kept:
            assert ledger.spent() == before
        kept[round_, attempt, channel] = row.number
        for unit in UNITS:
            assert (before[unit] is None) or before[unit] <= ledger.spent()[unit] <= 2.0 or unit == "record"
        if end == "ok":
            ledger.settle(row, "released")
            continue
        head = ledger.head
        if end == "torn":
            with path.open("ab") as file:
                file.write(b'{"kind": "reserve", "num')
        ledger = Ledger(path, short)
        ledger.check(head)
        assert {(r.round, r.attempt, r.channel): r.number for r in ledger.rows} == kept
    trips = max((sum(1 for r, _, c in kept if (r, c) == (round_, "trips")) for round_ in (1, 2, 3)), default=0)
    uses = {"trips": trips, "histogram": sum(c == "histogram" for _, _, c in kept)}
    assert ledger.spent() == {unit: short.epsilon(unit, uses) for unit in UNITS}


def test_a_reserved_row_is_spent_whatever_becomes_of_it(short, tmp_path):
    path = tmp_path / "ledger.jsonl"
    row = Ledger(path, short).reserve(1, 1, "histogram", 20, ROSTER)
    again = Ledger(path, short)
    assert again.spent() == row.epsilon
    again.settle(row, "failed")
    again.settle(row, "released")  # the first word stands
    assert Ledger(path, short).spent() == row.epsilon
    assert [r.state for r in again.rows] == ["failed"]


def test_a_ledger_that_lost_rows_or_is_another_runs_is_refused(short, plain, tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path, short)
    ledger.reserve(1, 1, "trips", 20, ROSTER)
    head = ledger.head
    with pytest.raises(TocsinError, match="another plan"):
        Ledger(path, plain)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(TocsinError, match="lost rows"):
        Ledger(path, short).check(head)
    changed = Plan(short.budget, short.horizon, short.releases, SampleDP(1.0, 0.01, 5))
    with pytest.raises(TocsinError, match="another plan"):
        Ledger(path, changed)


def test_a_study_that_cannot_be_paid_for_does_not_start():
    horizon, trips, counts = Horizon(30, 40, 50), Trips(STREAMS), Counts(SCHEMA)
    for make, why in [
        (lambda: calibrate(Budget(2.0), horizon, [trips, counts]), "no guarantee at delta 0"),
        (lambda: calibrate(Budget(2.0, 0.05), horizon, [trips]), "shown in full"),
        (lambda: calibrate(Budget(2.0, 1e-6), horizon, [trips], model=ClientDP(1.0)), "cannot carry 30 rounds"),
        (lambda: calibrate(Budget(0.001), horizon, [trips]), "cannot carry"),
        (lambda: calibrate(Budget(2.0), horizon, [trips, trips]), "each once"),
        (lambda: calibrate(Budget(2.0), horizon, [trips], shares={"counts": 1.0}), "shares name"),
        (lambda: Budget(-1.0), "epsilon is -1"),
        (lambda: Budget(1.0, 1.0), "delta is 1"),
        (lambda: Horizon(0, 40, 50), "cannot be planned"),
        (lambda: Horizon(30, 1, 50), "cannot hide a client"),
        (lambda: Horizon(30, 40, 50, attempts=3), "cannot be planned"),
    ]:
        with pytest.raises(TocsinError, match=why):
            make()


def test_private_training_is_on_the_same_ledger(tmp_path):
    horizon = Horizon(3, 10, 20, attempts=1)
    by_client = calibrate(Budget(2.0, 1e-6), horizon, [Trips(STREAMS)], ClientDP(8.0))
    ledger = Ledger(tmp_path / "a.jsonl", by_client)
    ledger.reserve(1, 1, "model", 20, ROSTER)
    gaussian = pld.from_gaussian_mechanism(8.0)
    assert ledger.spent()["client"] == pytest.approx(gaussian.get_epsilon_for_delta(1e-6), abs=0.005)
    for round_ in (2, 3):
        ledger.reserve(round_, 1, "model", 20, ROSTER)
    ledger.reserve(1, 1, "trips", 20, ROSTER)
    assert 1.9 < ledger.spent()["client"] <= 2.0
    assert by_client.exceptions("client") == ()

    by_sample = calibrate(Budget(2.0, 1e-6), horizon, [Trips(STREAMS)], SampleDP(1.1, 0.01, 10))
    ledger = Ledger(tmp_path / "b.jsonl", by_sample)
    for round_ in (1, 2, 3):
        ledger.reserve(round_, 1, "model", 20, ROSTER)
    steps_ = pld.from_gaussian_mechanism(1.1, sampling_prob=0.01).self_compose(30)
    assert ledger.spent()["training record"] == pytest.approx(steps_.get_epsilon_for_delta(1e-6), abs=0.005)
    assert ledger.rows[0].unit == "training record"
    assert by_sample.exceptions("client") == ("model",)


def test_the_table_says_what_is_not_protected(short, tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl", short)
    row = ledger.reserve(1, 1, "histogram", 20, ROSTER)
    header, model, line = table(ledger)
    assert len(header) == len(model) == len(line)
    assert model[2] == "model"
    assert any("no guarantee: training is not differentially private" in cell for cell in model)
    assert line[:6] == ("1", "1", "histogram", "all", "20", "client")
    assert line[6] == "2 entries x 16"
    assert line[8:] == ("reserved", rounded(row.epsilon["client"]))
    client, record, training = summary(ledger)
    assert "No guarantee from: model." in client
    assert "at most 10% of each roster lies" in client
    assert "for which no budget was set" in record
    assert training == "A training record has no guarantee."
    json.dumps(table(ledger))


@given(st.floats(0, 100))
def test_a_printed_epsilon_is_never_less_than_it_is(epsilon):
    assert float(rounded(epsilon)) >= epsilon - 1e-8
    assert float(rounded(epsilon)) <= epsilon + 0.0101


def test_the_noise_of_a_roster_is_for_its_honest_clients(wide):
    assert wide.horizon.honesty == Honesty(Fraction(1, 10))
    gaussian = wide.releases["counts"].noise
    # 50 clients, 45 of them honest: all add their share, so the sum has 50/45 of the variance that is charged.
    assert wide.noise_variance("counts", 50) == pytest.approx(gaussian.variance * 50 / 45)
    assert wide.noise_share("trips", 50).shape == (60,)
    assert wide.noise_share("counts", 50).shape == (60 * 3,)
    low, high = wide.entry_range("counts")
    assert high == SCHEMA.most * 16 - low
    for clients in (40, 50):
        share = wide.noise_share("counts", clients)
        assert low < share.min() < share.max() < -low < 20 * gaussian.sigma
    with pytest.raises(TocsinError, match="noise is for rosters of 40 to 50"):
        wide.noise_share("trips", 39)
