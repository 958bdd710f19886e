"""What each side refuses, one by one: after each refusal there is no wrong sum and no vector seen twice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from masked_sums import Party, enrolment, federation, identity, right, step, terms

from tocsin.privacy.masking import Enrolment, SumClient, SumRefused, SumServer
from tocsin.privacy.masking.journal import JOURNAL
from tocsin.privacy.masking.masks import pair_key
from tocsin.privacy.masking.messages import (
    Call,
    Entry,
    Key,
    Masked,
    Seed,
    Unmask,
    View,
    decode,
    encode,
    key_statement,
    receipt_statement,
    seed_statement,
    sha256,
)
from tocsin.privacy.masking.roster import Member, Tree, roster_hash


def view_of(server: SumServer, client: int) -> View:
    view = decode(server.requests()[client])
    assert isinstance(view, View)
    return view


def rebuilt(view: View, entries: tuple[Entry, ...]) -> View:
    """A view of a small roster whose hash is right for what it shows."""
    entries = tuple(replace(entry, index=i) for i, entry in enumerate(entries))
    top = Tree([Member(entry.client, entry.public) for entry in entries]).top
    whole = roster_hash(view.terms, view.attempt, len(entries), top)
    return replace(view, roster=whole, count=len(entries), entries=entries)


def without(view: View, client: int) -> View:
    return rebuilt(view, tuple(entry for entry in view.entries if entry.client != client))


def stranger(view: View) -> View:
    """With a key of the server's own in client 4's place, signed by an identity that is not enrolled."""
    key = bytes(range(32))
    forged = replace(view.entries[4], public=key, signature=identity(99).sign(key_statement(view.terms, 1, 4, key)))
    return rebuilt(view, (*view.entries[:4], forged))


def unknown(view: View) -> View:
    key = bytes(range(32))
    return rebuilt(
        view, (*view.entries, Entry(5, 77, key, identity(77).sign(key_statement(view.terms, 1, 77, key)), ()))
    )


FORGED: dict[str, tuple[Callable[[View], View], str]] = {
    "under the minimum": (lambda v: without(without(without(v, 2), 3), 4), "2 clients and the minimum is 3"),
    "a key of the server's own": (stranger, "not signed by it"),
    "more than are enrolled": (unknown, "6 clients and 5 are enrolled"),
    "a stranger for a client": (lambda v: without(unknown(v), 3), "Client 77 is not enrolled"),
    "without the client itself": (lambda v: without(v, 0), "does not show client 0"),
    "another key in its own name": (
        lambda v: rebuilt(v, (replace(v.entries[0], public=bytes(31) + b"\1"), *v.entries[1:])),
        "does not show client 0 with the key that it sent",
    ),
    "one client twice": (lambda v: rebuilt(v, (*v.entries[:3], v.entries[2], v.entries[4])), "shows a client twice"),
    "out of order": (
        lambda v: rebuilt(v, (v.entries[0], v.entries[2], v.entries[1], *v.entries[3:])),
        "out of order",
    ),
    "not what its hash says": (lambda v: replace(v, roster=bytes(32)), "its hash stands for"),
    "fewer than its count": (lambda v: replace(v, entries=v.entries[:4]), "proof is too short"),
    "more than its count": (lambda v: replace(v, count=4), "a place that it does not have"),
    "nobody": (lambda v: replace(v, entries=()), "does not show client 0"),
    "of another attempt": (lambda v: replace(v, attempt=2), "an attempt that this client is not in"),
    "of another sum": (lambda v: replace(v, terms=bytes(32)), "an attempt that this client is not in"),
    "proofs where none are needed": (
        lambda v: replace(v, entries=tuple(replace(e, path=(bytes(32),)) for e in v.entries)),
        "whole and with proofs",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_roster_is_refused_by_the_client_before_it_masks(name):
    forge, why = FORGED[name]
    server, parties = federation(5)
    step(server, parties)
    view = view_of(server, 0)
    before = parties[0].disk
    with pytest.raises(SumRefused, match=why):
        parties[0].answer(encode(forge(view)))
    assert not parties[0].drawn and parties[0].disk == before
    while not server.over:  # nothing is lost: the true roster is still welcome
        step(server, parties)
    assert right(server, parties)


def test_a_key_of_small_order_is_refused():
    server, parties = federation(5)
    step(server, parties)
    view = view_of(server, 0)
    signed = identity(4).sign(key_statement(view.terms, 1, 4, bytes(32)))
    bad = replace(view.entries[4], public=bytes(32), signature=signed)
    with pytest.raises(SumRefused, match="no shared secret"):
        parties[0].answer(encode(rebuilt(view, (*view.entries[:4], bad))))


@pytest.mark.parametrize("how", ["neighbour", "path", "long", "short", "count"])
def test_a_part_of_a_large_roster_is_checked_against_its_hash(how):
    server, parties = federation(30, clique=5, colluding=0.2, failure=0.3)
    step(server, parties)
    view = view_of(server, 0)
    assert len(view.entries) < view.count == 30
    last = view.entries[-1]
    changed = {
        "neighbour": replace(last, public=bytes(31) + b"\7"),
        "path": replace(last, path=(bytes(32), *last.path[1:])),
        "long": replace(last, path=(*last.path, bytes(32))),
        "short": replace(last, path=last.path[:-1]),
        "count": last,
    }[how]
    forged = replace(view, entries=(*view.entries[:-1], changed), count=29 if how == "count" else 30)
    with pytest.raises(SumRefused):
        parties[0].answer(encode(forged))
    fewer = replace(view, entries=tuple(e for e in view.entries if e.client != last.client))
    with pytest.raises(SumRefused, match="other neighbours"):
        parties[0].answer(encode(fewer))


def test_two_rosters_for_two_clients_end_before_anything_is_unmasked():
    server, parties = federation(5)
    step(server, parties)
    shown = {c: view_of(server, c) for c in parties}
    shown[0] = without(shown[0], 4)  # well formed and signed, only not what the others see
    replies = {c: parties[c].answer(encode(view)) for c, view in shown.items()}
    masked = {c: decode(reply) for c, reply in replies.items()}
    assert server.take(0, replies[0]) is not None  # an honest server notices
    # A dishonest one goes on with the receipts that it has; no client unmasks.
    for client in parties:
        others = tuple(masked[c].receipt for c in sorted(masked) if c != client)  # type: ignore[union-attr]
        view = shown[client]
        with pytest.raises(SumRefused):
            parties[client].answer(encode(Unmask(view.terms, 1, view.roster, others)))
    assert not any(party.seeds for party in parties.values())


def test_a_client_masks_for_one_roster_in_an_attempt_and_gives_the_same_bytes_again():
    server, parties = federation(5)
    step(server, parties)
    view = view_of(server, 0)
    first = parties[0].answer(encode(view))
    assert parties[0].answer(encode(view)) == first and len(parties[0].drawn) == 1
    with pytest.raises(SumRefused, match="masked for another roster in attempt 1 already"):
        parties[0].answer(encode(without(view, 4)))


def test_what_is_not_kept_is_not_sent():
    server, parties = federation(5)
    step(server, parties)
    full = SumClient(0, identity(0), enrolment(5), _full, parties[0].disk)
    with pytest.raises(OSError, match="full"):
        full.answer(server.requests()[0], terms(5), parties[0]._draw)


def _full(_: bytes) -> None:
    raise OSError("the disk is full")


def test_no_client_unmasks_until_all_it_masked_with_have_signed():
    server, parties = federation(5)
    step(server, parties)
    assert not server.exposing
    step(server, parties)
    assert server.exposing
    unmask = decode(server.requests()[0])
    assert isinstance(unmask, Unmask)
    one = unmask.receipts[0]
    for receipts in (
        unmask.receipts[:-1],
        unmask.receipts[::-1],
        (replace(one, payload=bytes(32)), *unmask.receipts[1:]),
        (replace(one, signature=bytes(64)), *unmask.receipts[1:]),
        (replace(one, client=0), *unmask.receipts[1:]),
    ):
        with pytest.raises(SumRefused):
            parties[0].answer(encode(replace(unmask, receipts=receipts)))
    with pytest.raises(SumRefused, match="masked nothing for that roster"):
        parties[0].answer(encode(replace(unmask, roster=bytes(32))))
    assert not parties[0].seeds


def test_a_vector_is_in_one_unmasked_sum_at_most():
    """A server has every vector and says that client 4 is gone: two sums would differ by client 4's vector."""
    _, parties = federation(5)
    kept: list[bytes] = []
    step(SumServer(terms(5), enrolment(5), kept.append), parties)
    full, lacking = (SumServer(terms(5), enrolment(5), state=kept[-1]) for _ in range(2))
    step(full, parties)
    step(lacking, parties, gone=(4,))
    assert set(full.requests()) == {0, 1, 2, 3, 4}  # it could unmask attempt 1 if it were given the seeds

    first = full.requests()
    assert full.take(0, parties[0].answer(first[0])) is None  # client 0 unmasks attempt 1
    assert "it is not sent again" in step(lacking, parties)[0]  # and is therefore in no attempt 2
    while not lacking.over:
        step(lacking, parties)
    assert lacking.roster == (1, 2, 3) and right(lacking, parties)
    for client in (1, 2, 3):  # they have unmasked attempt 2 and keep attempt 1 masked for good
        with pytest.raises(SumRefused, match="an attempt that this client is not in"):
            parties[client].answer(first[client])
    assert all(len(party.seeds) <= 1 for party in parties.values())


def test_after_unmasking_no_further_attempt_in_that_round():
    server, parties = federation(4)
    while not server.over:
        step(server, parties)
    with pytest.raises(SumRefused, match="was summed; it is not sent again"):
        parties[0].answer(encode(Call(terms(4), 2)))


def test_an_older_round_or_attempt_is_a_replay():
    server, parties = federation(4)
    old = server.requests()[0]
    while not server.over:
        step(server, parties)
    for party in parties.values():
        party.terms = terms(4, round=8)
    later = SumServer(terms(4, round=8), enrolment(4))
    step(later, parties)
    with pytest.raises(SumRefused, match="another round"):
        parties[0].answer(old)
    parties[0].terms = terms(4)  # even a client that has lost count of its rounds knows
    with pytest.raises(SumRefused, match="Round 7, attempt 1 is over"):
        parties[0].answer(old)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", b"t" * 32),
        ("run", b"q" * 16),
        ("round", 6),
        ("size", 5),
        ("low", -51),
        ("minimum", 2),
        ("channel", "trips"),
        ("cohort", "north"),
        ("clique", 3),
        ("enrolment", bytes(32)),
    ],
)
def test_a_client_answers_for_the_sum_of_its_own_study_alone(field, value):
    _, parties = federation(4)
    with pytest.raises(SumRefused, match=f"with another {field} than this client's study has"):
        parties[0].answer(encode(Call(terms(4, **{field: value}), 1)))


def test_a_server_and_a_client_want_terms_for_their_own_enrolment():
    wrong = terms(4, enrolment=bytes(32))
    with pytest.raises(SumRefused, match="another list of enrolled clients"):
        SumServer(wrong, enrolment(4))
    with pytest.raises(SumRefused, match="another list of enrolled clients"):
        Party(0, enrolment(4), wrong).answer(b"")


def test_late_repeated_and_foreign_replies_are_not_used():
    server, parties = federation(4)
    replies = {c: parties[c].answer(r) for c, r in server.requests().items()}
    assert server.take(0, replies[0]) is None
    assert "second key" in str(server.take(0, replies[0]))
    assert "client 1's name" in str(server.take(2, replies[1]))
    key = decode(replies[1])
    assert isinstance(key, Key)
    assert "not signed" in str(server.take(1, encode(replace(key, public=bytes(32)))))
    assert "another sum" in str(server.take(1, encode(replace(key, attempt=2))))
    for client in (1, 2, 3):
        assert server.take(client, replies[client]) is None
    server.close()
    assert "not asked for now" in str(server.take(0, replies[0]))
    while not server.over:
        step(server, parties)
    assert right(server, parties)


def test_a_vector_that_is_not_the_one_signed_is_not_used():
    server, parties = federation(4)
    step(server, parties)
    masked = decode(parties[0].answer(server.requests()[0]))
    assert isinstance(masked, Masked)
    for bad in (
        replace(masked, payload=masked.payload[:-1] + bytes([masked.payload[-1] ^ 1])),
        replace(masked, payload=masked.payload + b"\0"),
        replace(masked, receipt=replace(masked.receipt, seed=bytes(32))),
        replace(masked, receipt=replace(masked.receipt, index=1)),
        replace(masked, roster=bytes(32)),
    ):
        assert isinstance(server.take(0, encode(bad)), str)
    assert isinstance(server.take(1, encode(masked)), str)
    assert server.take(0, encode(masked)) is None


def test_two_processes_with_one_identity_count_once():
    server, parties = federation(4)
    clone = Party(2, enrolment(4), terms(4))
    request = server.requests()[2]
    assert server.take(2, clone.answer(request)) is None
    assert "second key" in str(server.take(2, parties[2].answer(request)))
    step(server, parties)
    with pytest.raises(SumRefused, match="somebody else may be using its identity"):
        parties[2].answer(server.requests()[2])
    step(server, parties, gone=(2,))
    while not server.over:
        step(server, parties, gone=(2,))
    assert server.roster == (0, 1, 3) and right(server, parties)


def test_a_seed_that_a_client_did_not_mask_with_is_not_used():
    server, parties = federation(4)
    step(server, parties)
    step(server, parties)
    seed = decode(parties[0].answer(server.requests()[0]))
    assert isinstance(seed, Seed)
    other = bytes(32)
    signature = identity(0).sign(seed_statement(seed.terms, 1, seed.roster, 0, other))
    assert "another seed" in str(server.take(0, encode(replace(seed, seed=other, signature=signature))))
    assert "not signed" in str(server.take(0, encode(replace(seed, signature=bytes(64)))))
    assert "another roster" in str(server.take(0, encode(replace(seed, roster=bytes(32)))))
    assert server.take(0, encode(seed)) is None


def test_the_private_key_is_forgotten_as_soon_as_the_vector_is_masked():
    server, parties = federation(4)
    step(server, parties)
    private = JOURNAL.parse(parties[0].disk).turns[0].private
    assert private in parties[0].disk
    step(server, parties)
    assert private not in parties[0].disk and parties[0].answer(encode(Call(terms(4), 1)))


def test_masks_of_one_pair_differ_in_every_run_round_attempt_roster_and_schema():
    one, two = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    other = two.public_key().public_bytes_raw()
    plain = (terms(4), 1, bytes(32), (1, 2))
    keys = {pair_key(one, other, *plain)}
    assert keys == {pair_key(two, one.public_key().public_bytes_raw(), *plain[:3], (2, 1))}
    for name, value in [("run", b"q" * 16), ("round", 8), ("schema", b"t" * 32), ("channel", "c"), ("cohort", "c")]:
        keys.add(pair_key(one, other, terms(4, **{name: value}), *plain[1:]))
    keys.add(pair_key(one, other, terms(4), 2, bytes(32), (1, 2)))
    keys.add(pair_key(one, other, terms(4), 1, b"r" * 32, (1, 2)))
    keys.add(pair_key(one, other, terms(4), 1, bytes(32), (1, 3)))
    assert len(keys) == 9


def test_masks_that_do_not_come_off_are_no_sum():
    """A client that masks otherwise than it signed can spoil a sum; it cannot make a wrong one."""
    server, parties = federation(4)
    step(server, parties)
    masked = decode(parties[0].answer(server.requests()[0]))
    assert isinstance(masked, Masked)
    payload = bytes(len(masked.payload))
    for client in (1, 2, 3):
        server.take(client, parties[client].answer(server.requests()[client]))
    receipt = replace(masked.receipt, payload=sha256(payload))
    signature = identity(0).sign(receipt_statement(masked.terms, 1, masked.roster, receipt))
    lie = replace(masked, receipt=replace(receipt, signature=signature), payload=payload)
    assert server.take(0, encode(lie)) is None
    server.close()
    for client, request in server.requests().items():
        assert server.take(client, parties[client].answer(request)) is None
    server.close()
    assert server.over and server.attempts[-1].exposed
    with pytest.raises(SumRefused, match="masks did not come off"):
        _ = server.total


@pytest.mark.parametrize(
    ("gone", "endings", "roster"),
    [
        ({0: (4,)}, ["summed"], (0, 1, 2, 3)),  # before keys: goes on without it
        ({1: (4,)}, ["repeated", "summed"], (0, 1, 2, 3)),  # after keys: repeated without it
        ({0: (0,), 1: (4,)}, ["repeated", "summed"], (1, 2, 3)),
        ({1: (4,), 3: (0,)}, ["repeated", "failed"], None),  # two attempts at most
        ({1: (2, 3, 4)}, ["failed"], None),  # too few are left
        ({0: (2, 3, 4)}, ["failed"], None),
        ({2: (4,)}, ["failed"], None),  # after its masked vector: nobody sums again
        ({1: (4,), 4: (1,)}, ["repeated", "failed"], None),
    ],
)
def test_clients_that_go(gone, endings, roster):
    server, parties = federation(5)
    at = 0
    while not server.over:
        step(server, parties, gone=gone.get(at, ()))
        at += 1
    assert [attempt.ending for attempt in server.attempts] == endings
    assert [attempt.number for attempt in server.attempts] == list(range(1, len(endings) + 1))
    if roster is None:
        assert server.attempts[-1].reason
        with pytest.raises(SumRefused, match="There is no sum of counts in round 7"):
            _ = server.total
    else:
        assert server.roster == roster and right(server, parties)


def test_a_slow_client_may_unmask_after_others_were_asked_twice():
    server, parties = federation(4)
    step(server, parties)
    step(server, parties)
    for _ in range(2):
        for client, request in server.requests().items():
            if client != 3:
                server.take(client, parties[client].answer(request))
    assert set(server.requests()) == {3}
    step(server, parties)
    assert right(server, parties)


def test_a_sparse_sum_is_right_and_survives_a_client_that_goes():
    server, parties = federation(40, clique=10, colluding=0.2, failure=0.1)
    step(server, parties)
    assert len(view_of(server, 0).entries) < 20
    step(server, parties, gone=(7,))
    while not server.over:
        step(server, parties)
    assert len(server.roster) == 39 and 7 not in server.roster and right(server, parties)


def test_a_server_does_not_take_up_another_sums_state():
    kept: list[bytes] = []
    server = SumServer(terms(4), enrolment(4), kept.append)
    parties = federation(4)[1]
    step(server, parties)
    with pytest.raises(SumRefused, match="belongs to another sum"):
        SumServer(terms(4, round=8), enrolment(4), state=kept[-1])


def test_the_vector_has_the_shape_that_the_terms_say():
    for vector in (np.zeros(3, np.int64), np.zeros(4, np.float64), np.full(4, 1051)):
        server, parties = federation(4)
        step(server, parties)
        client = SumClient(0, identity(0), enrolment(4), lambda _: None, parties[0].disk)
        with pytest.raises(SumRefused, match="vector"):
            client.answer(server.requests()[0], terms(4), lambda vector=vector: vector)


def test_what_the_server_receives_is_uniform_and_hides_the_vector():
    """Over many runs of one vector, each masked byte is any byte: chi-square at 1 in 10,000."""
    counts, runs = np.zeros(256), 150
    for number in range(runs):
        server, parties = federation(3, run=number.to_bytes(16, "big"), size=60)
        parties[0]._draw = lambda clients: np.zeros(60, np.int64)  # type: ignore[method-assign]
        step(server, parties)
        masked = decode(parties[0].answer(server.requests()[0]))
        assert isinstance(masked, Masked)
        counts += np.bincount(np.frombuffer(masked.payload, np.uint8), minlength=256)
    expected = counts.sum() / 256
    assert ((counts - expected) ** 2 / expected).sum() < 345.0  # the 0.9999 quantile at 255 degrees of freedom


def test_an_enrolment_of_another_size_is_another_enrolment():
    assert Enrolment({0: identity(0).public}).hash != Enrolment({1: identity(0).public}).hash
