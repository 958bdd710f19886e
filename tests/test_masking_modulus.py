"""The modulus: no sum of entries within the bounds can overflow, with noise in it or without."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.privacy import Schema
from tocsin.privacy.masking import Modulus, SumRefused


def of_tallies(bound: int, noise: int, clients: int) -> Modulus:
    """For tallies with entries in [0, bound] and shares of noise in [-noise, noise]."""
    return Modulus(-noise, bound + noise, clients)


@st.composite
def moduli(draw: st.DrawFn) -> Modulus:
    clients = draw(st.integers(1, 10_000))
    most = (2**63 - 1) // clients // 3
    bound = draw(st.integers(1, 2 ** draw(st.integers(1, 40))).filter(lambda b: b <= most))
    noise = draw(st.integers(0, min(most, 2 ** draw(st.integers(0, 40)))))
    return of_tallies(bound, noise, clients)


@given(moduli())
@example(of_tallies(255, 0, 1))
@example(of_tallies(1, 0, 255))
@example(of_tallies(1, 0, 256))
def test_every_possible_sum_has_a_residue_of_its_own(m):
    # The range of sums has clients * (high - low) + 1 values: injective exactly when the modulus has as many.
    assert 2**m.bits >= m.clients * (m.high - m.low) + 1
    assert m.width == 1 or 2 ** (m.bits - 8) < m.clients * (m.high - m.low) + 1  # and no byte is wasted


@given(moduli(), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_sums_come_back_from_words_up_to_the_very_ends_of_the_range(m, where):
    span = m.clients * (m.high - m.low)
    wanted = [m.clients * m.low, m.clients * m.high] + [m.clients * m.low + int(w * span) for w in where]
    residues = np.array([w % 2**m.bits for w in wanted], np.uint64).astype(m.words)
    assert m.decode(m.unpack(m.pack(residues))).tolist() == wanted


@given(st.integers(1, 40), st.integers(0, 10**6), st.integers(0, 2**32))
def test_encoded_vectors_with_noise_add_up(clients, noise, seed):
    schema = Schema({"p": ("all",)}, most=2**20)
    m = of_tallies(schema.bound, noise, clients)
    random = np.random.default_rng(seed)
    vectors = random.integers(0, schema.bound + 1, (clients, 6)) + random.integers(-noise, noise + 1, (clients, 6))
    vectors[:, 0], vectors[:, 1] = m.low, m.high  # all clients at an end at once
    words = m.encode(vectors[0])
    for vector in vectors[1:]:
        words = words + m.encode(vector)
    assert (m.decode(m.unpack(m.pack(words))) == vectors.sum(axis=0)).all()


def test_an_entry_outside_the_bounds_is_not_sent():
    m = of_tallies(10, 3, 5)
    for value in (-4, 14, 2**62, -(2**62)):
        with pytest.raises(SumRefused, match="outside -3 to 13"):
            m.encode(np.array([0, value]))


def test_a_residue_that_no_sum_has_is_no_sum():
    m = Modulus(0, 10, 3)
    assert m.decode(np.array([30], np.uint32)).tolist() == [30]
    with pytest.raises(SumRefused, match="thrown away"):
        m.decode(np.array([31], np.uint32))


def test_what_cannot_fit_is_refused():
    with pytest.raises(SumRefused, match="do not fit 63 bits"):
        of_tallies(2**60, 0, 8)
    assert of_tallies(2**60 - 1, 0, 8).width == 8


@pytest.mark.parametrize("clients", [3, 50, 10_000])
def test_the_schema_and_roster_give_the_width(clients):
    schema = Schema({"p": ("all",)})
    m = of_tallies(schema.bound, 1 << 20, clients)
    assert m.width == {3: 5, 50: 6, 10_000: 7}[clients]
