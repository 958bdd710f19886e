"""Enrolment: one client, one identity, one cohort."""

import pytest
from masked_sums import Party, among, enrolment, identity, right, step, terms

from tocsin.privacy.masking import Enrolment, Identity, SumClient, SumRefused, SumServer


def test_one_identity_cannot_be_enrolled_twice():
    with pytest.raises(SumRefused, match="Clients 0 and 4 are enrolled with one identity"):
        Enrolment({0: identity(0).public, 4: identity(0).public})


def test_a_client_knows_whether_it_is_the_one_enrolled():
    with pytest.raises(SumRefused, match="not the one that client 1"):
        SumClient(1, identity(0), enrolment(3), lambda _: None)


def test_identities_are_new_each_time_and_come_back_from_their_secret():
    one = Identity.new()
    assert Identity(one.secret).public == one.public != Identity.new().public


def test_a_signature_counts_for_its_client_and_its_statement_alone():
    signed = identity(1).sign(b"a")
    enrolment(3).check(1, b"a", signed)
    for client, statement in ((0, b"a"), (1, b"b"), (7, b"a")):
        with pytest.raises(SumRefused, match=f"[Cc]lient {client}"):
            enrolment(3).check(client, statement, signed)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"a": [0, 1, 2], "b": [2, 3, 4]}, 'in the cohorts "a" and "b"'),
        ({"a": [0, 1, 2], "b": [3, 4]}, 'Cohort "b" has 2 clients'),
        ({"a": [0, 1, 1]}, 'Cohort "a" has 2 clients'),
        ({"a": [0, 1, 9]}, "client 9, which is not enrolled"),
    ],
)
def test_cohorts_that_would_give_a_client_away_are_refused(members, why):
    with pytest.raises(SumRefused, match=why):
        enrolment(6).cohorts(members, minimum=3)


def test_each_cohort_is_a_sum_of_its_own_and_a_client_is_in_one():
    for name, enrolled in enrolment(7).cohorts({"north": [0, 2, 4], "south": [1, 3, 5, 6]}, minimum=3).items():
        server, parties = among(enrolled, terms(7, cohort=name, enrolment=enrolled.hash))
        while not server.over:
            assert step(server, parties) == {}
        assert server.roster == tuple(sorted(enrolled.keys)) and right(server, parties)
        # The same client in a second sum of the channel and round: the difference could be a sum over few.
        one = parties[server.roster[0]]
        late = Party(one.client, enrolment(7), terms(7), disk=one.disk)
        (request,) = SumServer(terms(7), enrolment(7), asked=(one.client,)).requests().values()
        with pytest.raises(SumRefused, match="another sum of this channel in round 7"):
            late.answer(request)
