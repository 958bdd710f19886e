"""A client's side of masked sums: answers requests, and never lets the server see one vector twice.

What it refuses, whatever the server asks:
- another sum than its own study has (terms), a round or attempt that is over (replay);
- a roster under the minimum, with a client that is not enrolled, a key that is not signed, with another key in its
  own name, or that does not hash to what it says;
- a second roster in an attempt in which it has masked;
- to unmask before all its neighbours signed that they masked for the very same roster;
- a further attempt in a round in which it has unmasked. Hence a vector is in one unmasked sum at most, and two sums
  can never be subtracted from each other to find one client.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.privacy.masking.errors import SumRefused
from tocsin.privacy.masking.graph import Graph
from tocsin.privacy.masking.identity import Enrolment, Identity
from tocsin.privacy.masking.journal import JOURNAL, Journal, Turn
from tocsin.privacy.masking.masks import checks, pair_key, stream
from tocsin.privacy.masking.messages import (
    Call,
    Entry,
    Key,
    Masked,
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
from tocsin.privacy.masking.roster import Member, Tree, graph_seed, roster_hash, top_of
from tocsin.privacy.masking.terms import Terms
from tocsin.privacy.tally import Vector

_ERASED = bytes(32)


class SumClient:
    """One client.

    `keep(bytes)` must put the state on the client's disk, whole or not at all, for its eyes only, before it
    returns: it is called before any reply that depends on it is returned. `state` is what was kept last, empty
    at first. A reply that was lost is given again, byte for byte. Raises SumRefused for a state that cannot be read.
    """

    def __init__(
        self, client: int, identity: Identity, enrolment: Enrolment, keep: Callable[[bytes], object], state: bytes = b""
    ) -> None:
        if enrolment.keys.get(client) != identity.public:
            raise SumRefused(f"This identity is not the one that client {client} is enrolled with.")
        self._client, self._identity, self._enrolment, self._keep = client, identity, enrolment, keep
        self._journal = JOURNAL.parse(state) if state else Journal()

    def revealed(self, run: bytes, channel: str) -> int | None:
        """The round of the newest sum of a channel, where this client has unmasked in it; else None."""
        last = self._journal.find(run, channel)
        return last.round if last is not None and last.revealed else None

    def answer(self, request: bytes, terms: Terms, vector: Callable[[int], Vector]) -> bytes:
        """The reply to one request of a server.

        `terms` are those of the client's own study for the sum that it is ready for. `vector(clients)` gives
        the entries for a roster of so many, with this client's share of the noise freshly drawn: it is called once for
        each attempt at most.
        Raises SumRefused, with the reason, where the request is refused; then nothing may be sent but that reason.
        """
        if terms.enrolment != self._enrolment.hash:
            raise SumRefused("The terms were made for another list of enrolled clients than this client has.")
        message = decode(request)
        if isinstance(message, Call):
            return self._key(message, terms)
        if isinstance(message, View):
            return self._masked(message, terms, vector)
        if isinstance(message, Unmask):
            return self._seed(message, terms)
        raise SumRefused(f"A {type(message).__name__} message is for a server; it was ignored.")

    def _key(self, call: Call, terms: Terms) -> bytes:
        terms.must_equal(call.terms)
        last = self._journal.find(terms.run, terms.channel)
        if last is not None:
            if (call.terms.round, call.attempt) < (last.round, last.attempt):
                raise SumRefused(
                    f"Round {call.terms.round}, attempt {call.attempt} is over: this client is in round {last.round}, "
                    f"attempt {last.attempt}."
                )
            if call.terms.round == last.round and last.terms != terms.digest:
                raise SumRefused(f"This client is in another sum of this channel in round {last.round}.")
            if call.terms.round == last.round and last.revealed and call.attempt > last.attempt:
                raise SumRefused(f"This client's vector of round {last.round} was summed; it is not sent again.")
        if last is None or (call.terms.round, call.attempt) > (last.round, last.attempt):
            private = X25519PrivateKey.generate()
            last = Turn(
                terms.run,
                terms.channel,
                terms.round,
                call.attempt,
                terms.digest,
                private.private_bytes_raw(),
                private.public_key().public_bytes_raw(),
                secrets.token_bytes(32),
            )
            self._put(last)
        statement = key_statement(last.terms, last.attempt, self._client, last.public)
        return encode(Key(last.terms, last.attempt, self._client, last.public, self._identity.sign(statement)))

    def _masked(self, view: View, terms: Terms, vector: Callable[[int], Vector]) -> bytes:
        turn = self._turn(view.terms, view.attempt, terms)
        if turn.masked:
            if turn.roster != view.roster:
                raise SumRefused(f"This client masked for another roster in attempt {turn.attempt} already.")
            return turn.masked
        own, others = self._checked(view, terms, turn)
        modulus = terms.modulus(view.count)
        entries = np.asarray(vector(view.count))
        if entries.dtype != np.int64 or entries.shape != (terms.size,):
            raise SumRefused(
                f"The vector is {entries.dtype} of shape {entries.shape}; the terms say int64 of ({terms.size},)."
            )
        words = np.concatenate([modulus.encode(entries), np.ones(checks(modulus), modulus.words)])
        words += stream(turn.seed, len(words), modulus)
        private = X25519PrivateKey.from_private_bytes(turn.private)
        for other in others:
            pair = (self._client, other.client)
            key = pair_key(private, other.public, terms, view.attempt, view.roster, pair)
            if self._client < other.client:
                words += stream(key, len(words), modulus)
            else:
                words -= stream(key, len(words), modulus)
        payload = modulus.pack(words)
        receipt = Receipt(own.index, self._client, sha256(payload), sha256(turn.seed), b"")
        signature = self._identity.sign(receipt_statement(turn.terms, turn.attempt, view.roster, receipt))
        receipt = replace(receipt, signature=signature)
        reply = encode(Masked(turn.terms, turn.attempt, view.roster, receipt, payload))
        peers = tuple((other.index, other.client) for other in others)
        self._put(replace(turn, private=_ERASED, roster=view.roster, peers=peers, masked=reply))
        return reply

    def _seed(self, unmask: Unmask, terms: Terms) -> bytes:
        turn = self._turn(unmask.terms, unmask.attempt, terms)
        if not turn.masked or turn.roster != unmask.roster:
            raise SumRefused("This client has masked nothing for that roster; there is nothing to unmask.")
        if tuple((receipt.index, receipt.client) for receipt in unmask.receipts) != turn.peers:
            raise SumRefused("Not all that this client masked with are said to have masked; nothing was unmasked.")
        for receipt in unmask.receipts:
            statement = receipt_statement(turn.terms, turn.attempt, turn.roster, receipt)
            self._enrolment.check(receipt.client, statement, receipt.signature)
        if not turn.revealed:
            self._put(replace(turn, revealed=True))
        statement = seed_statement(turn.terms, turn.attempt, turn.roster, self._client, turn.seed)
        signature = self._identity.sign(statement)
        return encode(Seed(turn.terms, turn.attempt, turn.roster, self._client, turn.seed, signature))

    def _turn(self, digest: bytes, attempt: int, terms: Terms) -> Turn:
        """The turn that a request belongs to."""
        turn = self._journal.find(terms.run, terms.channel)
        if turn is None or (turn.terms, turn.attempt) != (digest, attempt) or digest != terms.digest:
            raise SumRefused("The request is for a sum or an attempt that this client is not in; it was ignored.")
        return turn

    def _checked(self, view: View, terms: Terms, turn: Turn) -> tuple[Entry, list[Entry]]:
        """This client's place, and those it masks with, in a roster that may be trusted."""
        if view.count < terms.minimum:
            raise SumRefused(f"The roster has {view.count} clients and the minimum is {terms.minimum}.")
        if view.count > len(self._enrolment.keys):
            raise SumRefused(f"The roster says {view.count} clients and {len(self._enrolment.keys)} are enrolled.")
        entries = view.entries
        for one, two in pairwise(entries):
            if not (one.index < two.index and one.client < two.client):
                raise SumRefused("The roster shows a client twice, or out of order; it was refused.")
        own = next((entry for entry in entries if entry.client == self._client), None)
        if own is None or own.public != turn.public:
            raise SumRefused(
                f"The roster does not show client {self._client} with the key that it sent; "
                "somebody else may be using its identity."
            )
        if entries[-1].index >= view.count:
            raise SumRefused("The roster shows a place that it does not have; it was refused.")
        self._prove(view)
        graph = Graph(view.count, terms.degree(view.count), graph_seed(view.roster))
        others = [entry for entry in entries if entry is not own]
        if tuple(entry.index for entry in others) != graph.of(own.index):
            raise SumRefused("The roster shows other neighbours than its hash gives this client; it was refused.")
        for entry in others:
            statement = key_statement(turn.terms, turn.attempt, entry.client, entry.public)
            self._enrolment.check(entry.client, statement, entry.signature)
        return own, others

    @staticmethod
    def _prove(view: View) -> None:
        """Every entry that is shown is in the roster that the hash stands for."""
        members = [Member(entry.client, entry.public) for entry in view.entries]
        if len(members) == view.count:
            if any(entry.path for entry in view.entries):
                raise SumRefused("The roster is shown whole and with proofs; it was refused.")
            tops = {Tree(members).top}
        else:
            tops = {
                top_of(member, entry.index, view.count, entry.path)
                for member, entry in zip(members, view.entries, strict=True)
            }
        if {roster_hash(view.terms, view.attempt, view.count, top) for top in tops} != {view.roster}:
            raise SumRefused("The roster is not the one that its hash stands for; it was refused.")

    def _put(self, turn: Turn) -> None:
        journal = self._journal.put(turn)
        self._keep(JOURNAL.write(journal))  # first on disk: what is not kept must not be sent
        self._journal = journal
