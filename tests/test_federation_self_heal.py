"""Self-heal: a client that trips goes back to its last good adapter, alone, and keeps it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import toy
from studies import write_data

from tocsin.errors import TocsinError
from tocsin.federation import Task
from tocsin.federation.language import LanguageWork

PROBES = [{"name": "stereotype", "items": 60, "at": "clients"}]


class Client(LanguageWork):
    """A client of whose outcomes the test says which are bad: all those after local training in a round of `bad`."""

    bad: tuple[int, ...] = ()

    def train(self, task):
        self.round, self.times = task.round, 0
        return super().train(task)

    def _measure(self, items, tick):
        self.times += 1
        after = self.times == (2 if self.round == 1 else 3)  # from round 2 on the start model comes first
        value = float(after and self.round in self.bad)
        found = super()._measure([(probe, drawn[:60]) for probe, drawn in items], tick)
        return {name: [replace(one, value=value) for one in outcomes] for name, outcomes in found.items()}


@pytest.fixture
def made(tmp_path, tiny_folder):
    def make(**sections):
        job = toy.job(
            tmp_path,
            model={"source": str(tiny_folder), "precision": "float32", "threads": 1},
            corpus={"source": str(write_data(tmp_path))},
            training={"rounds": 4, "steps": 2, "batch_size": 2, "learning_rate": 1e-2, "max_tokens": 64},
            probe=PROBES,
            **({"alarm": {"self_heal": True}} | sections),
        )
        return lambda: Client(job, 0)  # a process may live for one message

    return make


def served(client, round_):
    return client._model.read(client._home / f"personal-{round_:04d}")


def went(make, bad, rounds=(1, 2, 3, 4)):
    """The personal adapters that are kept after each round, and the updates that were sent."""
    arrays = {name: array.copy() for name, array in make()._model.fresh().items()}
    kept, sent = {}, {}
    for round_ in rounds:
        client = make()
        client.bad = bad
        update = client.train(Task(0, round_, arrays, 600.0, {}))
        kept[round_], sent[round_] = served(client, round_), update.arrays
        arrays = {name: array + np.float32(0.01) for name, array in update.arrays.items()}
    return kept, sent


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("personalisation", ["finetune", "ditto"])
def test_it_goes_back_to_the_round_before_the_trip_and_stays(made, personalisation):
    make = made(personalisation={"name": personalisation})
    kept, sent = went(make, bad=(3, 4))
    assert not same(kept[1], kept[2])
    assert same(kept[2], kept[3]) and same(kept[2], kept[4])
    assert not same(sent[3], sent[2]) and not same(sent[4], sent[3])  # it goes on training for all
    noted = json.loads((make()._home / "self-heal.json").read_text())
    assert noted == {"round": 3, "stream": ["Amplified Bias", "stereotype", "all", "personalised"]}
    assert (make()._home / "self-heal.json").stat().st_mode & 0o077 == 0


def test_what_is_measured_after_it_is_the_good_adapter(made, monkeypatch):
    make = made()
    used = []
    monkeypatch.setattr(Client, "_measure", lambda self, items, tick: _noting(self, items, tick, used))
    kept, _ = went(make, bad=(2,), rounds=(1, 2, 3))
    assert same(used[-1], kept[1]) and same(kept[3], kept[1])


_MEASURE = Client._measure


def _noting(client, items, tick, used):
    used.append({name: array.copy() for name, array in client._model.adapter().items()})
    return _MEASURE(client, items, tick)


def test_a_trip_in_the_first_round_goes_back_to_what_was_received(made):
    make = made()
    received = make()._model.fresh()
    kept, _ = went(make, bad=(1,), rounds=(1, 2))
    assert same(kept[1], received) and same(kept[2], received)


def test_a_round_that_is_repeated_goes_back_as_before(made):
    make = made()
    arrays = make()._model.fresh()
    for round_ in (1, 2, 2, 2, 3):
        client = make()
        client.bad = (2,)
        client.train(Task(0, round_, arrays, 600.0, {}))
    assert same(served(make(), 3), served(make(), 2))
    assert json.loads((make()._home / "self-heal.json").read_text())["round"] == 2


def test_without_a_trip_or_without_self_heal_nothing_is_different(made):
    healthy, _ = went(made(), bad=(), rounds=(1, 2))
    assert not (made()()._home / "self-heal.json").exists()
    assert not same(healthy[1], healthy[2])


def test_it_is_off_by_default(made):
    make = made(alarm={})
    kept, _ = went(make, bad=(2,), rounds=(1, 2, 3))
    assert not same(kept[1], kept[2]) and not same(kept[2], kept[3])
    assert not (make()._home / "self-heal.json").exists()


def test_the_trip_is_told_in_its_release_as_ever(made):
    make = made()
    went(make, bad=(2,))
    client = make()
    assert client.trip(4) == ("Amplified Bias", "stereotype", "all", "personalised")


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"personalisation": {"name": "none"}}, "no personal adapter to go back to"),
        ({"privacy": {"epsilon": 2.0, "channels": ["trips", "counts"]}}, 'the noise of "counts" does not hide'),
    ],
)
def test_what_it_cannot_be_together_with(sections, sentence):
    with pytest.raises(TocsinError, match=sentence):
        toy.study(alarm={"self_heal": True}, probe=PROBES, **sections)
    toy.study(alarm={"self_heal": True}, probe=PROBES, privacy={"epsilon": 2.0, "channels": ["trips", "histogram"]})
