"""The guard table of the design, a test per row, on the local engine."""

import numpy as np
import pytest
import toy

from tocsin.errors import FederationError
from tocsin.federation import ENGINES


def run(job, events=None):
    ENGINES.get("local")().run(job, lambda kind, detail: events is not None and events.append((kind, detail)))
    return toy.records(job.folder)


def final(folder):
    kept = toy.checkpoints(folder)
    return kept.read(kept.rounds()[-1]).arrays


def test_a_healthy_run_averages_every_round(tmp_path):
    records = run(toy.job(tmp_path))
    assert [r.round for r in records] == [0, 1, 2, 3]
    assert all(r.answered == (0, 1, 2, 3) and not r.refused for r in records[1:])
    # Round r adds the mean of (client + 1) * r / 7 over four clients: 2.5 r / 7; rounds 1 to 3 add 15 / 7.
    np.testing.assert_allclose(final(tmp_path)["b"], 1 + 15 / 7, rtol=1e-6)


def test_every_client_raises_the_run_fails_and_says_which_and_why(tmp_path):
    faults = {c: {"sentence": f"disk {c} is full"} for c in range(4)}
    with pytest.raises(FederationError, match=r"Round 1 failed 2 times: 0 good updates.*client 0: disk 0 is full"):
        run(toy.job(tmp_path, faults))


def test_what_a_client_raises_is_not_told_word_for_word(tmp_path):
    """Other people's messages may quote data; only their type travels."""
    records = run(toy.job(tmp_path, {1: {"raise": "patient 4711 has no answer"}}))
    assert {r.reason for r in records[1].refused} == {"it raised ValueError"}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("name", ["fedavg", "median"])
def test_a_client_that_returns_no_number_is_refused_and_the_round_goes_on(tmp_path, value, name):
    records = run(toy.job(tmp_path, {2: {"value": value}}, aggregation={"name": name}))
    assert all(r.answered == (0, 1, 3) for r in records[1:])
    assert "NaN or infinite" in records[1].refused[0].reason
    assert all(np.isfinite(a).all() for a in final(tmp_path).values())


def test_a_claim_of_a_billion_examples_is_capped(tmp_path):
    aggregation = {"weights": "examples", "weight_cap": 30}
    run(toy.job(tmp_path, {3: {"examples": 10**9}}, aggregation=aggregation, training={"rounds": 1}))
    # Clients 0, 1, 2 weigh 10 each and client 3 weighs 30, not 10^9: (10*1 + 10*2 + 10*3 + 30*4)/60/7.
    np.testing.assert_allclose(final(tmp_path)["b"], 1 + 3 / 7, rtol=1e-6)


def test_weights_are_equal_by_default_and_no_number_of_examples_is_sent(tmp_path):
    run(toy.job(tmp_path, {3: {"examples": 10**9}}, training={"rounds": 1}))
    np.testing.assert_allclose(final(tmp_path)["b"], 1 + 2.5 / 7, rtol=1e-6)


@pytest.mark.parametrize("fault", [{"extra": "email"}, {"shape": True}])
def test_an_answer_off_the_schema_is_refused_for_that_client_alone(tmp_path, fault):
    records = run(toy.job(tmp_path, {0: fault}))
    assert all(r.answered == (1, 2, 3) for r in records[1:])
    assert records[1].refused[0].client == 0


def test_fewer_clients_than_the_quorum_is_an_error(tmp_path):
    faults = {c: {"raise": "x"} for c in (1, 2, 3)}
    with pytest.raises(FederationError, match="1 good updates where 3 are needed"):
        run(toy.job(tmp_path, faults, federation={"min_clients": 3}))


def test_a_round_is_retried_and_only_those_that_failed_are_asked_again(tmp_path):
    faults = {c: {"raise": "x", "times": 1, "rounds": [2]} for c in (1, 2, 3)}
    events = []
    records = run(toy.job(tmp_path, faults, federation={"min_clients": 3}), events)
    assert [r.attempts for r in records[1:]] == [1, 2, 1]
    assert records[2].answered == (0, 1, 2, 3)
    assert [d["clients"] for k, d in events if k == "round"] == [4, 4, 3, 4]
    assert records[3].refused == ()


def test_a_late_answer_is_not_used(tmp_path):
    records = run(toy.job(tmp_path, {1: {"sleep": 0.3, "rounds": [1]}}, federation={"client_timeout": 0.2}))
    assert records[1].answered == (0, 2, 3)
    assert records[1].refused[0].reason == "it did not answer in time"
    assert records[2].answered == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("fault", "words"),
    [({"fingerprint": "0" * 64}, "another base model"), ({"schema": "1"}, "another tally schema")],
)
def test_a_client_of_another_study_is_turned_away(tmp_path, fault, words):
    with pytest.raises(FederationError, match=words):
        run(toy.job(tmp_path, {c: fault for c in range(4)}, federation={"join_timeout": 0.5}))


def test_the_run_waits_for_the_roster(tmp_path, monkeypatch):
    """Nodes join one after the other; round 1 starts with all of them."""
    from tocsin.federation.grid import LocalGrid

    asked = []

    def joining(self):
        asked.append(0)
        return list(self._contexts)[: len(asked)]

    monkeypatch.setattr(LocalGrid, "get_node_ids", joining)
    monkeypatch.setattr("tocsin.federation.roster._PAUSE", 0.0)
    assert run(toy.job(tmp_path))[1].answered == (0, 1, 2, 3)


def test_a_client_that_leaves_for_good_does_not_stop_the_run(tmp_path, monkeypatch):
    from tocsin.federation.grid import LocalGrid

    monkeypatch.setattr(
        LocalGrid, "get_node_ids", lambda self: [1, 2, 3, 4] if len(toy.records(tmp_path)) < 2 else [1, 3, 4]
    )
    records = run(toy.job(tmp_path))
    assert [r.answered for r in records[1:]] == [(0, 1, 2, 3), (0, 2, 3), (0, 2, 3)]


def test_two_nodes_that_are_one_client_do_not_vote_twice(tmp_path, monkeypatch):
    from tocsin.federation import messages

    monkeypatch.setattr(
        "toy.ToyWork.hello",
        lambda self: messages.Hello(min(self.client, 2), toy.FINGERPRINT, toy.SCHEMA.hash),
    )
    records = run(toy.job(tmp_path, federation={"join_timeout": 0.5}))
    assert records[1].answered == (0, 1, 2)


def test_a_run_goes_on_from_its_checkpoints_with_the_same_result(tmp_path):
    aggregation = {"name": "fedadam", "options": {"eta": 0.1}}
    run(toy.job(tmp_path / "whole", aggregation=aggregation))
    run(toy.job(tmp_path / "parts", aggregation=aggregation, training={"rounds": 1}))
    run(toy.job(tmp_path / "parts", aggregation=aggregation))
    for name, array in final(tmp_path / "whole").items():
        np.testing.assert_array_equal(array, final(tmp_path / "parts")[name])


def test_tallies_are_summed_over_the_clients(tmp_path):
    record = run(toy.job(tmp_path))[1]
    cells = {m.group: (m.n, m.total) for m in record.measures if m.moment == "before"}
    assert cells == {"even": (24, 6.0), "odd": (24, 12.0)}
    assert sum(record.spreads[0].votes) == 4
