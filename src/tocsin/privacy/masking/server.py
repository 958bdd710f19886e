"""A server's side of one masked sum: three rounds of requests, two attempts at most, one sum or none.

server = SumServer(terms, enrolment, keep)
while not server.over:
    for client, request in server.requests().items(): ...   # send; ask again as often as you like
    server.take(client, reply)                              # each reply as it comes
    server.close()                                          # when all are here or patience ends
server.total, server.roster, server.attempts
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.masking.graph import Graph
from tocsin.privacy.masking.identity import Enrolment
from tocsin.privacy.masking.masks import checks, stream
from tocsin.privacy.masking.messages import (
    ENTRY,
    RECEIPT,
    Call,
    Entry,
    Key,
    Masked,
    Message,
    Receipt,
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
from tocsin.privacy.masking.modulus import Words
from tocsin.privacy.masking.roster import Member, Tree, graph_seed, roster_hash
from tocsin.privacy.masking.terms import MOST_ATTEMPTS, Terms
from tocsin.privacy.masking.wire import Blob, Fixed, Flag, Many, Number, Record, Text
from tocsin.privacy.tally import Vector

KEYS, MASKS, SEEDS, DONE, FAILED = range(5)


@dataclass(frozen=True)
class Attempt:
    """A row for the ledger: an attempt at a sum, and how it ended.

    `asked` are the clients that were called, `roster` those with a key in it, `missing` those of the roster that
    did not go through with it. `ending` is summed, repeated or failed, with a `reason`
    in one sentence. `exposed` says whether seeds were asked for: before that the server has
    nothing but masked vectors, from which no sum can be had; from then on the attempt must count as a release.
    """

    number: int
    asked: tuple[int, ...]
    roster: tuple[int, ...]
    missing: tuple[int, ...]
    exposed: bool
    ending: str
    reason: str


@dataclass(frozen=True)
class _State:
    """All that the server knows at the end of a step."""

    terms: bytes
    step: int = KEYS
    asked: tuple[int, ...] = ()
    attempt: int = 1
    members: tuple[Entry, ...] = ()  # in order of clients, without paths
    receipts: tuple[Receipt, ...] = ()
    words: bytes = b""  # the sum so far, packed; the sum itself, as int64, at the end
    attempts: tuple[Attempt, ...] = ()


@dataclass
class _Roster:
    """What follows from the members alone."""

    tree: Tree
    hash: bytes
    graph: Graph
    index: Mapping[int, int]
    whole: bytes = b""  # the View of everyone, where everyone masks with everyone


@dataclass
class _Arrived:
    """What came in during a step; a restarted server asks for it again."""

    keys: dict[int, Entry] = field(default_factory=dict)
    receipts: dict[int, Receipt] = field(default_factory=dict)
    seeds: dict[int, bytes] = field(default_factory=dict)


class SumServer:
    """One sum, by the server. `asked` are the clients to call at first: all that are enrolled, if not given.

    `keep(bytes)` is called at the end of each step; a server that is started again with what was kept last as `state`
    goes on from there, and asks again what was under way. Raises SumRefused for a state of another sum.
    """

    def __init__(
        self,
        terms: Terms,
        enrolment: Enrolment,
        keep: Callable[[bytes], object] = lambda _: None,
        state: bytes = b"",
        asked: tuple[int, ...] | None = None,
    ) -> None:
        if terms.enrolment != enrolment.hash:
            raise SumRefused("The terms were made for another list of enrolled clients than the server has.")
        self._terms, self._enrolment, self._keep = terms, enrolment, keep
        everyone = tuple(sorted(enrolment.keys if asked is None else set(asked)))
        self._state = _STATE.parse(state) if state else _State(terms.digest, asked=everyone)
        if self._state.terms != terms.digest:
            raise SumRefused("The state that was kept belongs to another sum; remove it to begin this one.")
        self._here = _Arrived()
        self._sum: Words | None = None
        self._roster: _Roster | None = None

    @property
    def over(self) -> bool:
        """Whether there is a sum, or never will be."""
        return self._state.step in (DONE, FAILED)

    @property
    def exposing(self) -> bool:
        """Whether `requests` asks for seeds now: what has to be charged is written down before they are sent."""
        return self._state.step == SEEDS

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt that has ended, for the ledger."""
        return self._state.attempts

    @property
    def attempt(self) -> int:
        """The number of the attempt that is under way, or was the last; from 1."""
        return self._state.attempt

    @property
    def roster_hash(self) -> bytes:
        """What stands for the roster of this attempt (32 bytes), once its keys are there."""
        return self._about.hash

    @property
    def roster(self) -> tuple[int, ...]:
        """The clients that are in the sum (or in the attempt that is under way)."""
        return tuple(member.client for member in self._state.members)

    @property
    def total(self) -> Vector:
        """The sum over the roster, int64 of shape (terms.size,). Raises SumRefused, and why, where there is none."""
        if self._state.step != DONE:
            reason = self.attempts[-1].reason if self.attempts else "It has not been tried."
            raise SumRefused(f"There is no sum of {self._terms.channel} in round {self._terms.round}: {reason}")
        return np.frombuffer(self._state.words, "<i8").astype(np.int64)

    @property
    def waiting(self) -> tuple[int, ...]:
        """The clients that have not answered in this step."""
        if self._state.step == KEYS:
            return tuple(client for client in self._state.asked if client not in self._here.keys)
        if self._state.step == MASKS:
            return tuple(client for client in self.roster if client not in self._here.receipts)
        if self._state.step == SEEDS:
            return tuple(client for client in self.roster if client not in self._here.seeds)
        return ()

    def request(self, client: int) -> bytes:
        """What to send to one of `waiting`."""
        if self._state.step == KEYS:
            return encode(Call(self._terms, self._state.attempt))
        return self._view(client) if self._state.step == MASKS else self._unmask(client)

    def requests(self) -> dict[int, bytes]:
        """What to send, client by client, to all of `waiting`."""
        return {client: self.request(client) for client in self.waiting}

    def take(self, client: int, reply: bytes) -> str | None:
        """Use the reply that came from `client`; or why it was not used. Late and repeated ones are not."""
        try:
            message = decode(reply)
            wanted: dict[int, type[Message]] = {KEYS: Key, MASKS: Masked, SEEDS: Seed}
            if not isinstance(message, wanted.get(self._state.step, type(None))):
                return f"Client {client} sent what is not asked for now; it was ignored."
            if (message.terms, message.attempt) != (self._terms.digest, self._state.attempt):
                return f"Client {client} answered for another sum or attempt; it was ignored."
            if isinstance(message, Key):
                self._take_key(client, message)
            elif isinstance(message, Masked):
                self._take_masked(client, message)
            elif isinstance(message, Seed):
                self._take_seed(client, message)
        except SumRefused as reason:
            return str(reason)
        return None

    def close(self) -> None:
        """End this step with what is here."""
        if self._state.step == KEYS:
            self._close_keys()
        elif self._state.step == MASKS:
            self._close_masks()
        elif self._state.step == SEEDS:
            self._close_seeds()

    def _take_key(self, client: int, key: Key) -> None:
        if client in self._here.keys:
            raise SumRefused(f"Client {client} sent a second key; it was ignored.")
        if client not in self._state.asked or key.client != client:
            raise SumRefused(f"Client {client} was not asked for a key in client {key.client}'s name; it was ignored.")
        self._enrolment.check(client, key_statement(key.terms, key.attempt, client, key.public), key.signature)
        self._here.keys[client] = Entry(0, client, key.public, key.signature, ())

    def _take_masked(self, client: int, masked: Masked) -> None:
        if client in self._here.receipts:
            raise SumRefused(f"Client {client} sent a second vector; it was ignored.")
        about, receipt = self._about, masked.receipt
        place = (about.index.get(client), client, about.hash)
        if (receipt.index, receipt.client, masked.roster) != place:
            raise SumRefused(f"Client {client} sent a vector for another roster or place; it was ignored.")
        modulus = self._terms.modulus(len(about.index))
        size = self._terms.size + checks(modulus)
        if len(masked.payload) != size * modulus.width or sha256(masked.payload) != receipt.payload:
            raise SumRefused(f"Client {client} sent a vector that is not the one it signed; it was ignored.")
        statement = receipt_statement(masked.terms, masked.attempt, masked.roster, receipt)
        self._enrolment.check(client, statement, receipt.signature)
        words = modulus.unpack(masked.payload)
        self._sum = words if self._sum is None else self._sum + words
        self._here.receipts[client] = receipt

    def _take_seed(self, client: int, seed: Seed) -> None:
        if client in self._here.seeds:
            raise SumRefused(f"Client {client} sent a second seed; it was ignored.")
        about = self._about
        if client not in about.index or (seed.client, seed.roster) != (client, about.hash):
            raise SumRefused(f"Client {client} sent a seed for another roster or client; it was ignored.")
        if sha256(seed.seed) != self._state.receipts[about.index[client]].seed:
            raise SumRefused(f"Client {client} sent another seed than the one it masked with; it was ignored.")
        statement = seed_statement(seed.terms, seed.attempt, seed.roster, client, seed.seed)
        self._enrolment.check(client, statement, seed.signature)
        self._here.seeds[client] = seed.seed

    def _close_keys(self) -> None:
        keys = tuple(replace(self._here.keys[c], index=i) for i, c in enumerate(sorted(self._here.keys)))
        if len(keys) < self._terms.minimum:
            few = f"{len(keys)} clients sent keys and the minimum is {self._terms.minimum}."
            # Whoever sent a key is named as the roster that did not come about.
            self._go(self._ended(few, (), roster=tuple(key.client for key in keys), step=FAILED))
        else:
            self._go(replace(self._state, step=MASKS, members=keys))

    def _close_masks(self) -> None:
        missing = tuple(c for c in self.roster if c not in self._here.receipts)
        if not missing:
            receipts = tuple(self._here.receipts[c] for c in self.roster)
            assert self._sum is not None  # a roster has members, and all of them sent a vector
            words = self._terms.modulus(len(receipts)).pack(self._sum)
            self._go(replace(self._state, step=SEEDS, receipts=receipts, words=words))
            return
        left = tuple(c for c in self.roster if c not in missing)
        reason = f"{len(missing)} of {len(self.roster)} clients sent a key and then no vector."
        again = self._state.attempt < MOST_ATTEMPTS and len(left) >= self._terms.minimum
        ended = self._ended(reason, missing, step=KEYS if again else FAILED)
        if again:
            ended = replace(ended, asked=left, attempt=self._state.attempt + 1, members=())
        self._go(ended)

    def _close_seeds(self) -> None:
        missing = tuple(c for c in self.roster if c not in self._here.seeds)
        if missing:
            self._go(self._ended(f"{len(missing)} of {len(self.roster)} clients did not unmask.", missing, step=FAILED))
            return
        modulus = self._terms.modulus(len(self.roster))
        words = modulus.unpack(self._state.words)
        for seed in self._here.seeds.values():
            words -= stream(seed, len(words), modulus)
        size = self._terms.size
        try:
            if modulus.pack(words[size:]) != modulus.pack(np.full(len(words) - size, len(self.roster), modulus.words)):
                raise SumRefused("The masks did not come off: a client masked otherwise than it signed.")
            total = modulus.decode(words[:size])
        except SumRefused as reason:
            self._go(self._ended(str(reason), (), step=FAILED))
        else:
            self._go(replace(self._ended("", (), step=DONE), words=total.astype("<i8").tobytes()))

    def _ended(self, reason: str, missing: tuple[int, ...], step: int, roster: tuple[int, ...] | None = None) -> _State:
        """The state with this attempt's row."""
        ending = "summed" if step == DONE else "failed" if step == FAILED else "repeated"
        row = Attempt(
            self._state.attempt,
            self._state.asked,
            self.roster if roster is None else roster,
            missing,
            self._state.step == SEEDS,
            ending,
            reason,
        )
        return replace(self._state, step=step, receipts=(), words=b"", attempts=(*self.attempts, row))

    def _go(self, state: _State) -> None:
        self._keep(_STATE.write(state))
        self._state, self._here, self._sum, self._roster = state, _Arrived(), None, None

    @property
    def _about(self) -> _Roster:
        if self._roster is None:
            members = self._state.members
            tree = Tree([Member(member.client, member.public) for member in members])
            whole = roster_hash(self._terms.digest, self._state.attempt, len(members), tree.top)
            graph = Graph(len(members), self._terms.degree(len(members)), graph_seed(whole))
            self._roster = _Roster(tree, whole, graph, {m.client: i for i, m in enumerate(members)})
        return self._roster

    def _view(self, client: int) -> bytes:
        about, members = self._about, self._state.members
        if about.graph.complete:
            if not about.whole:  # the same for all
                about.whole = self._encoded(members)
            return about.whole
        own = about.index[client]
        places = sorted((own, *about.graph.of(own)))
        return self._encoded(tuple(replace(members[i], path=about.tree.path(i)) for i in places))

    def _encoded(self, entries: tuple[Entry, ...]) -> bytes:
        about, state = self._about, self._state
        return encode(View(self._terms.digest, state.attempt, about.hash, len(state.members), entries))

    def _unmask(self, client: int) -> bytes:
        about = self._about
        receipts = tuple(self._state.receipts[i] for i in about.graph.of(about.index[client]))
        return encode(Unmask(self._terms.digest, self._state.attempt, about.hash, receipts))


_CLIENTS = Many(Number())
_ATTEMPT = Record(
    Attempt,
    {
        "number": Number(1, MOST_ATTEMPTS),
        "asked": _CLIENTS,
        "roster": _CLIENTS,
        "missing": _CLIENTS,
        "exposed": Flag(),
        "ending": Text(),
        "reason": Text(),
    },
)
_STATE = Record(
    _State,
    {
        "terms": Fixed(32),
        "step": Number(KEYS, FAILED),
        "asked": _CLIENTS,
        "attempt": Number(1, MOST_ATTEMPTS),
        "members": Many(ENTRY),
        "receipts": Many(RECEIPT),
        "words": Blob(),
        "attempts": Many(_ATTEMPT),
    },
)
