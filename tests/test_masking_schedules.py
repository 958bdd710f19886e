"""Random schedules of faults, two rounds each: every round ends in the right sum over the right roster, or in no sum
and a reason.

TOCSIN_SCHEDULES=3000 drives as many of them; the default is what a test run can spare.
"""

import os
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from masked_sums import Party, enrolment, identity, terms

from tocsin.privacy.masking import SumRefused, SumServer, Terms
from tocsin.privacy.masking.messages import Entry, Masked, Message, Unmask, View, decode, encode, key_statement
from tocsin.privacy.masking.roster import Member, Tree, roster_hash

FAULTS = (
    "gone",  # for good, from this step on
    "silent",  # in this step alone; its reply comes in a later one
    "lost",  # the reply is lost, the same is asked again
    "twice",  # the reply comes twice
    "clone",  # another process with the same identity answers in its place
    "both",  # another process with the same identity answers first, then the true one
    "replay",  # an earlier reply of this client, or of another, comes before the true one
    "stale",  # it gets an earlier request, of this round or the one before, before the true one
    "forged",  # the roster that it is shown was tampered with
    "split",  # it is shown another roster, well formed, than the others
    "damaged",  # its reply was changed on the way
    "schema",  # it has another schema
    "killed",  # its process dies before it could keep its state; it forgets what it did not keep
)


class Killed(Exception):
    """The process of a client ends."""


class Mortal(Party):
    """A client whose next process dies before its state is on the disk, if `dying`."""

    dying = False

    def answer(self, request: bytes) -> bytes:
        try:
            return super().answer(request)
        finally:
            self.dying = False

    def _keep(self, state: bytes) -> None:
        if self.dying:
            raise Killed
        super()._keep(state)


RESTARTS = ("none", "kept", "mid-step", "forgotten")


@dataclass
class World:
    """A federation under a schedule that `random` chooses."""

    random: Random
    clients: int
    rate: float
    sparse: bool = False
    terms: Terms = field(init=False)
    server: SumServer = field(init=False)
    parties: dict[int, Mortal] = field(init=False)
    clones: dict[int, Party] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    sent: dict[int, list[bytes]] = field(default_factory=dict)
    asked: dict[int, list[bytes]] = field(default_factory=dict)
    late: list[tuple[int, bytes]] = field(default_factory=list)
    used: dict[int, Party] = field(default_factory=dict)  # whose vector the server took
    kept: bytes = b""

    def __post_init__(self) -> None:
        enrolled, agreed = enrolment(self.clients), self._terms(0)
        self.parties = {c: Mortal(c, enrolled, agreed, random=np.random.default_rng(c)) for c in enrolled.keys}

    def _terms(self, number: int) -> Terms:
        # A ring in which each masks with two others, or everyone with everyone.
        options = {"clique": 2, "colluding": 0.2} if self.sparse else {}
        return terms(self.clients, round=number, **options)

    def begin(self, state: bytes) -> None:
        self.server = SumServer(self.terms, enrolment(self.clients), self.keep, state)

    def keep(self, state: bytes) -> None:
        self.kept = state

    def run(self, number: int) -> None:
        """One round; clients and the network remember those before."""
        self.terms, self.used, self.kept = self._terms(number), {}, b""
        for party in (*self.parties.values(), *self.clones.values()):
            party.terms, party.seeds = self.terms, []
        self.begin(b"")
        steps = 0
        while not self.server.over:
            steps += 1
            assert steps <= 30, "it does not end"
            restart = self.random.choice(RESTARTS) if self.random.random() < self.rate / 2 else "none"
            if restart == "forgotten" and steps < 10:
                self.begin(b"")
            elif restart == "kept":
                self.begin(self.kept)
            self.step()
            if restart == "mid-step":  # what came in is lost, the clients are asked again
                self.begin(self.kept)
                self.step()
            self.server.close()

    def step(self) -> None:
        for client, reply in self.late:
            self.take(client, reply, self.parties[client])
        self.late = []
        requests = list(self.server.requests().items())
        self.random.shuffle(requests)
        for client, request in requests:
            fault = self.random.choice(FAULTS) if self.random.random() < self.rate else ""
            if client not in self.gone:
                self.ask(client, request, fault)

    def ask(self, client: int, request: bytes, fault: str) -> None:
        party: Party = self.parties[client]
        if fault == "gone":
            self.gone.add(client)
            return
        earlier = self.asked.setdefault(client, [])
        if fault == "stale" and earlier:
            self.answered(party, self.random.choice(earlier))  # the reply reaches nobody
        earlier.append(request)
        if fault in ("clone", "both"):
            clone = self.clones.setdefault(client, self._clone(client))
            if fault == "clone":
                party = clone
            elif reply := self.answered(clone, request):
                self.take(client, reply, clone)
        elif fault == "schema":
            party = replace(party, terms=replace(self.terms, schema=b"t" * 32))
        elif fault in ("forged", "split"):
            request = self._tampered(request, client, fault)
        elif fault == "killed":
            self.parties[client].dying = True
        reply = self.answered(party, request)
        if fault == "lost" and reply:
            assert party.answer(request) == reply
        if not reply:
            return
        if fault == "silent":
            self.late.append((client, reply))
            return
        if fault == "replay" and self.sent:
            old = self.random.choice(self.sent[self.random.choice(sorted(self.sent))])
            assert self.take(client, old, party) is not None or old in self.sent.get(client, [])
        if fault == "damaged":
            at = self.random.randrange(len(reply))
            reply = reply[:at] + bytes([reply[at] ^ 1 << self.random.randrange(8)]) + reply[at + 1 :]
        self.take(client, reply, party)
        if fault == "twice":
            assert self.take(client, reply, party) is not None
        self.sent.setdefault(client, []).append(reply)

    @staticmethod
    def answered(party: Party, request: bytes) -> bytes:
        """The reply; empty where the client refuses, or dies."""
        try:
            return party.answer(request)
        except (SumRefused, Killed):
            return b""

    def take(self, client: int, reply: bytes, party: Party) -> str | None:
        unused = self.server.take(client, reply)
        if unused is None and isinstance(decode(reply), Masked):
            self.used[client] = party
        return unused

    def _clone(self, client: int) -> Party:
        other = np.random.default_rng(1000 + client)
        return Party(client, enrolment(self.clients), self.terms, random=other)

    def _tampered(self, request: bytes, client: int, fault: str) -> bytes:
        message: Message = decode(request)
        if isinstance(message, Unmask) and message.receipts:
            return encode(replace(message, receipts=message.receipts[self.random.randrange(2) :]))
        if not isinstance(message, View):
            return request
        others = [entry for entry in message.entries if entry.client != client]
        victim = self.random.choice(others)
        entries: list[Entry] = [entry for entry in message.entries if entry is not victim]
        if fault == "forged":  # a key of the server's own in the victim's place
            key = self.random.randbytes(32)
            signed = identity(99).sign(key_statement(message.terms, message.attempt, victim.client, key))
            entries = sorted([*entries, replace(victim, public=key, signature=signed)], key=lambda e: e.client)
        entries = [replace(entry, index=i) for i, entry in enumerate(entries)]
        top = Tree([Member(entry.client, entry.public) for entry in entries]).top
        whole = roster_hash(message.terms, message.attempt, len(entries), top)
        return encode(replace(message, roster=whole, count=len(entries), entries=tuple(entries)))


@settings(max_examples=int(os.environ.get("TOCSIN_SCHEDULES", "150")), deadline=None)
@given(st.randoms(use_true_random=False), st.integers(3, 6), st.sampled_from([0.0, 0.03, 0.1, 0.3]), st.booleans())
def test_a_schedule_of_faults_ends_in_the_right_sum_or_in_none(random, clients, rate, sparse):
    world = World(random, clients, rate, sparse)
    for number in (7, 8):
        world.run(number)
        check(world)


def check(world: World) -> None:
    """The round that is over."""
    server = world.server
    attempts = server.attempts
    assert 1 <= len(attempts) <= 2 and attempts[-1].number <= 2
    assert [attempt.ending for attempt in attempts[:-1]] == ["repeated"] * (len(attempts) - 1)
    # What each client gave its seed for: one roster at most, whatever happened.
    assert all(len(party.seeds) <= 1 for party in [*world.parties.values(), *world.clones.values()])
    try:
        total = server.total
    except SumRefused as refused:
        assert attempts[-1].ending == "failed" and attempts[-1].reason and str(refused).endswith(".")
        assert world.rate > 0, "without faults there is a sum"
    else:
        assert attempts[-1].ending == "summed" and attempts[-1].exposed and attempts[-1].roster == server.roster
        assert len(server.roster) >= 3 and len(set(server.roster)) == len(server.roster)
        assert (total == sum(world.used[client].drawn[-1] for client in server.roster)).all()
