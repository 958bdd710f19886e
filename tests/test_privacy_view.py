"""End to end: of all that the server receives, nothing but the total tells of the input, and that as the ledger says.

Real clients and a real server, in memory. One of three clients works together with the server: it shows what it added,
so that the noise of the two others is all there is, as the plan supposes.
"""

from fractions import Fraction

import numpy as np
import pytest
from masked_sums import enrolment, identity
from scipy.stats import binom, ks_2samp

from tocsin.privacy import ExactSum, NoisySum, Schema, Tally
from tocsin.privacy.audit import audit, audit_gaussian
from tocsin.privacy.channels import Counts, Histogram, Trips
from tocsin.privacy.ledger import Budget, Horizon, Ledger, Plan, calibrate
from tocsin.privacy.masking import SumClient, SumServer
from tocsin.privacy.masking.masks import stream
from tocsin.privacy.masking.messages import Masked, Seed, decode
from tocsin.privacy.noise import DiscreteGaussian, DiscreteLaplace, Honesty

# Noise and keys from the operating system cannot be seeded: a test that is wrong once in 100,000 can be stable.
RARE = 1e-5
CLIENTS, COLLUDER = 3, 2
SCHEMA = Schema({"refusal": ("cyber", "fraud")}, most=100)
STREAMS = tuple(("refusal", group, f"ward-{n}") for group in ("cyber", "fraud") for n in range(6))


class View:
    """One masked sum, and all that the server has of it afterwards."""

    def __init__(self, release, channel, given, number=0):
        """`given` holds (tally, trip) for each client; `number` is the run's."""
        enrolled = enrolment(CLIENTS)
        self.terms = release.terms(channel, number.to_bytes(16, "big"), "", 1, enrolled.hash)
        server = SumServer(self.terms, enrolled)
        clients = [SumClient(c, identity(c), enrolled, lambda _: None) for c in range(CLIENTS)]
        self.replies, self.added = [], {}

        def vector(client, clients):
            self.added[client] = release.vector(channel, *given[client], clients)
            return self.added[client]

        while not server.over:
            for client, request in server.requests().items():
                reply = clients[client].answer(request, self.terms, lambda n, client=client: vector(client, n))
                assert server.take(client, reply) is None
                self.replies.append(reply)
            server.close()
        assert len(self.replies) == 3 * CLIENTS
        self.total = server.total

    @property
    def bits(self):
        """Every bit of every reply; and of each vector, what is left when its own mask is taken off."""
        messages = [decode(reply) for reply in self.replies]
        seeds = {message.client: message.seed for message in messages if isinstance(message, Seed)}
        modulus = self.terms.modulus(CLIENTS)
        stripped = []
        for message in messages:
            if isinstance(message, Masked):
                words = modulus.unpack(message.payload)
                stripped.append(modulus.pack(words - stream(seeds[message.receipt.client], len(words), modulus)))
        return np.unpackbits(np.frombuffer(b"".join([*self.replies, *stripped]), np.uint8))


def tally(records, vote=None):
    """Of one client: (group, change) for each record, a change above 0 being for the worse; and its vote."""
    filled = Tally(SCHEMA)
    for group, change in records:
        filled.add("refusal", "worse", [(group, max(0.0, change))])
        filled.add("refusal", "better", [(group, max(0.0, -change))])
    if vote is not None:
        filled.vote("refusal", "after", vote)
    return filled.vector


REST = [("cyber", 0.3), ("cyber", -0.5), ("fraud", 0.0)]
# An epsilon at which a few thousand views tell much; the unit; what client 0 gives without it and with it. The others
# give the same in both runs.
FLIPS = {
    "trips": (1.0, Trips(STREAMS), "client", (tally(REST), None), (tally(REST), STREAMS[1])),
    "counts": (4.0, Counts(SCHEMA), "record", (tally(REST), None), (tally([*REST, ("fraud", 1.0)]), None)),
    "histogram": (
        4.0,
        Histogram(SCHEMA, (("refusal", "after"),)),
        "client",
        (tally(REST), None),
        (tally(REST, vote=0.42), None),
    ),
}
OTHERS = [(tally([("fraud", -0.2)], vote=0.9), STREAMS[0]), (tally([], vote=0.1), None)]


class Flip:
    """One unit that is there or is not, in one channel, under a plan for it."""

    def __init__(self, name, folder, weaker=1.0):
        self.name = name
        epsilon, self.channel, self.unit, *self.given = FLIPS[name]
        horizon = Horizon(1, CLIENTS, CLIENTS, exposures=1, honesty=Honesty(Fraction(1, 3)))
        self.plan = calibrate(Budget(epsilon * weaker, RARE), horizon, [self.channel])
        self.release = NoisySum(SCHEMA, self.plan, floor=2)
        self.noise = self.plan.releases[name].noise
        self.honest = horizon.honesty.honest(CLIENTS)
        ledger = Ledger(folder / "ledger.jsonl", self.plan)
        self.charged = ledger.reserve(1, 1, name, CLIENTS, "00").epsilon[self.unit]
        exact = [self._exact(given) for given in (*self.given, *OTHERS)]
        self.base, self.moved = exact[0] + exact[2], exact[1] - exact[0]

    def _exact(self, given):
        told, trip = given
        return self.channel.encode(trip) if self.name == "trips" else self.channel.encode(told)

    def views(self, runs, present):
        """What the server can work out from each of `runs` views: the two honest clients' sum, less what it is without
        the unit and without noise; (runs, entries)."""
        seen = []
        for number in range(runs):
            view = View(self.release, self.name, [self.given[present], *OTHERS], number)
            seen.append(view.total - view.added[COLLUDER] - self.base)
        return np.array(seen)

    def shares(self, noise, runs):
        """The sum of the honest clients' shares in the entries that the unit moves, with none of the protocol;
        (runs, moved entries)."""
        moved = int((self.moved != 0).sum())
        return sum(noise.share(runs * moved, self.honest) for _ in range(self.honest)).reshape(runs, moved)

    def bound(self, without, with_, confidence=1 - RARE):
        """From views of (runs, moved entries) each: by the log-likelihood ratio, which no other statistic beats."""
        step = self.moved[self.moved != 0]
        scores = [(self.noise.log_pmf(seen - step) - self.noise.log_pmf(seen)).sum(axis=1) for seen in (without, with_)]
        how = audit if isinstance(self.noise, DiscreteLaplace) else audit_gaussian
        return how(*scores, RARE, confidence).epsilon


def halved(noise):
    """The same noise with half of its spread."""
    if isinstance(noise, DiscreteLaplace):
        return DiscreteLaplace(2 * noise.epsilon)
    return DiscreteGaussian(noise.sigma / 2)


@pytest.mark.parametrize("name", FLIPS)
def test_flipping_one_unit_changes_the_servers_view_as_the_ledger_allows(name, tmp_path):
    flip = Flip(name, tmp_path)
    assert (flip.moved != 0).any() and flip.charged <= flip.plan.budget.epsilon
    where = flip.moved != 0
    without, with_ = flip.views(40, False), flip.views(40, True)
    assert flip.bound(without[:, where], with_[:, where]) <= flip.charged
    # The totals of the real protocol have the law of plain shares, of which there can be many more.
    noise = np.concatenate([without, with_ - flip.moved]).ravel()
    direct = flip.shares(flip.noise, 5000)
    assert ks_2samp(noise, direct.ravel()).pvalue > RARE
    assert ks_2samp(noise, flip.shares(halved(flip.noise), 5000).ravel()).pvalue < RARE, "it could not tell"
    found = flip.bound(direct, flip.shares(flip.noise, 5000) + flip.moved[where])
    assert found <= flip.charged
    # What is found is no empty bound: of half the noise the same attack tells more than is charged.
    wrong = halved(flip.noise)
    assert flip.bound(flip.shares(wrong, 5000), flip.shares(wrong, 5000) + flip.moved[where]) > flip.charged


@pytest.mark.parametrize("name", FLIPS)
def test_a_client_that_forgets_its_noise_is_found_in_the_servers_view(name, tmp_path, monkeypatch):
    flip = Flip(name, tmp_path, weaker=0.5)  # what 30 views can show
    monkeypatch.setattr(Plan, "noise_share", lambda plan, channel, clients: np.zeros(flip.channel.size, np.int64))
    where = flip.moved != 0
    without, with_ = flip.views(30, False)[:, where], flip.views(30, True)[:, where]
    assert flip.bound(without, with_, confidence=0.99) > flip.charged


# -- what is in the messages beside the total -----------------------------------------------------


def told_apart(train, test):
    """Of views (runs, bits) on two inputs, the share of `test` that naive Bayes, trained on `train`, puts right."""
    ones = [(views.sum(axis=0) + 1) / (len(views) + 2) for views in train]
    score = [views @ np.log(ones[1] / ones[0]) + (1 - views) @ np.log((1 - ones[1]) / (1 - ones[0])) for views in test]
    return (np.sum(score[0] < 0) + np.sum(score[1] > 0)) / (len(test[0]) + len(test[1]))


def views_with_one_total(runs):
    """Bits of views of two inputs that differ in every client's tally but not in their sum, no noise."""
    release = ExactSum(SCHEMA, fewest=3, floor=1, rounds=1)
    one = [(tally(REST, vote=0.4), None), (tally([("fraud", 0.9)] * 7, vote=0.9), None), (tally([]), None)]
    other = [one[1], one[2], one[0]]
    views = [[View(release, "tally", given, number) for number in range(runs)] for given in (one, other)]
    assert (views[0][0].total == views[1][0].total).all()
    return [np.array([view.bits for view in of]).astype(float) for of in views]


def test_beside_the_total_the_messages_tell_nothing():
    train, test = views_with_one_total(50), views_with_one_total(30)
    right = told_apart(train, test)
    assert binom.sf(round(right * 60) - 1, 60, 0.5) > RARE, f"{right:.0%} told apart"


def test_masks_that_are_used_twice_would_tell(monkeypatch):
    monkeypatch.setattr("tocsin.privacy.masking.client.pair_key", lambda *_: bytes(32))
    assert told_apart(views_with_one_total(20), views_with_one_total(10)) == 1.0


def test_nothing_that_a_client_sends_holds_a_piece_of_its_vector():
    """In any width in which integers could be sent, and be it four entries of it."""
    release = ExactSum(SCHEMA, fewest=3, floor=1, rounds=1)
    view = View(release, "tally", [(tally([("fraud", 0.9)] * 7, vote=0.9), None), *OTHERS])
    sent = b"".join(view.replies)
    for added in view.added.values():
        for width in range(1, 9):
            plain = added.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
            pieces = {plain[at : at + 4 * width] for at in range(0, len(plain) - 4 * width, width)}
            assert not any(piece in sent for piece in pieces if np.count_nonzero(np.frombuffer(piece, np.uint8)) > 3)
