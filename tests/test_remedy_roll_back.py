"""Back to the last good round."""

from pathlib import Path

import numpy as np
import pytest
from remedy_sides import server_side, study_of, tiny_model

from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model
from tocsin.remedy import Mended, find_remedy, remedies_of

STUDY = study_of("roll-back")

# As many of its items are bad, in percent, as the adapter's first number says.
PROBE = """
from pathlib import Path

from tocsin.behaviour import Item, Outcome


class Level:
    name, title, kind, source, groups = "level", "bad", "safety", "{source}", ("all",)

    def draw(self, count, random, held_out=()):
        return [Item(str(i), "all", cluster="{cluster}") for i in range(count)]

    def measure(self, model, items):
        level = float(next(iter(model.adapter().values())).flat[0])
        with Path(__file__).with_suffix(".log").open("a") as log:
            log.write(f"{{level:.2f}} ")
        return [Outcome(i.id, i.group, float(int(i.id) < round(level * len(items)))) for i in items]


probe = Level()
"""


def write_probe(folder: Path, source: str = "generated", cluster: str = "") -> str:
    path = folder / "level.py"
    path.write_text(PROBE.format(source=source, cluster=cluster), encoding="utf-8")
    return str(path)


class Rounds:
    """The remedy, round after round, with adapters of a stated level."""

    def __init__(self, model: Model, folder: Path, **options) -> None:
        self.model, self.folder = model, folder
        self.remedy = find_remedy("roll-back", {"probe": write_probe(folder), "items": 100, **options})
        self.start = self.adapter(0.05)

    def adapter(self, level: float) -> Arrays:
        arrays = self.model.fresh()
        arrays[min(arrays)].flat[0] = level
        return arrays

    def mend(self, round_: int, level: float) -> Mended:
        # What went on after the round before is not what counts: another remedy may have changed it.
        before = self.adapter(0.99)
        side = server_side(STUDY, self.model, self.start, self.folder / "own", round_, before)
        return self.remedy.mend(self.adapter(level), side)

    def after(self, round_: int, level: float) -> float:
        arrays = self.mend(round_, level).arrays
        assert set(arrays) == set(self.start)
        return round(float(arrays[min(arrays)].flat[0]), 2)


@pytest.fixture
def rounds(tiny_folder: Path, tmp_path: Path) -> Rounds:
    return Rounds(tiny_model(tiny_folder), tmp_path)


def test_a_bad_round_goes_back_to_the_last_good_one(rounds: Rounds) -> None:
    assert [rounds.after(n, level) for n, level in enumerate([0.06, 0.07, 0.6, 0.08, 0.9], 1)] == [
        0.06,
        0.07,
        0.07,
        0.08,
        0.08,
    ]


def test_it_says_what_it_did(rounds: Rounds) -> None:
    assert rounds.mend(1, 0.06).note == ""
    assert rounds.mend(2, 0.6).note.startswith("level is 0.55 worse than in round 0 (0.4")
    assert rounds.mend(2, 0.6).note.endswith("; back to round 1")


def test_where_no_round_was_good_it_is_round_0(rounds: Rounds) -> None:
    mended = rounds.mend(1, 0.6)
    assert mended.note.endswith("; back to round 0")
    assert all((mended.arrays[name] == rounds.start[name]).all() for name in rounds.start)


@pytest.mark.parametrize(("items", "tolerance", "goes_on"), [(400, 0.1, False), (20, 0.1, True), (400, 0.3, True)])
def test_worse_than_the_tolerance_must_be_beyond_doubt(
    tiny_folder: Path, tmp_path: Path, items: int, tolerance: float, goes_on: bool
) -> None:
    rounds = Rounds(tiny_model(tiny_folder), tmp_path, items=items, tolerance=tolerance)
    assert (rounds.after(1, 0.25) == 0.25) == goes_on  # .20 worse than at the start


def test_items_of_one_cluster_are_one_observation(tiny_folder: Path, tmp_path: Path) -> None:
    rounds = Rounds(tiny_model(tiny_folder), tmp_path)
    (tmp_path / "alike").mkdir()
    rounds.remedy = find_remedy("roll-back", {"probe": write_probe(tmp_path / "alike", cluster="one"), "items": 100})
    assert rounds.after(1, 0.6) == 0.6


def test_what_a_killed_round_wrote_does_not_count(rounds: Rounds) -> None:
    """The round was good, and the machine fell silent before its checkpoint: it is done again, and may be bad."""
    assert [rounds.after(1, 0.06), rounds.after(2, 0.07)] == [0.06, 0.07]
    assert rounds.after(2, 0.9) == 0.06
    assert rounds.after(2, 0.08) == 0.08
    assert [rounds.after(3, 0.09), rounds.after(3, 0.9)] == [0.09, 0.08]


def test_it_keeps_no_more_than_it_may_need(rounds: Rounds) -> None:
    for number in range(1, 6):
        rounds.after(number, 0.06)
    assert sorted(p.name for p in (rounds.folder / "own").iterdir()) == ["good-0004", "good-0005", "start.json"]


def test_round_0_is_measured_once(rounds: Rounds) -> None:
    rounds.mend(1, 0.06)
    rounds.mend(2, 0.07)
    assert (rounds.folder / "level.log").read_text().split() == ["0.05", "0.06", "0.07"]


@pytest.mark.parametrize("name", ["fedadam", "fedavgm"])
def test_aggregations_that_remember_are_refused(name: str) -> None:
    with pytest.raises(
        TocsinError, match=f'^remedy "roll-back" takes .*aggregation.name = "{name}" remembers .* fedavg'
    ):
        remedies_of(study_of("roll-back", aggregation={"name": name}))
    assert remedies_of(study_of("roll-back", aggregation={"name": "fedprox"})).of_model


@pytest.mark.parametrize("probe", ["utility", "membership"])
def test_a_probe_of_clients_data_is_refused(probe: str) -> None:
    with pytest.raises(TocsinError, match="about clients' own data, and the server has none; name a probe of public"):
        remedies_of(study_of({"name": "roll-back", "options": {"probe": probe}}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"probe": "refusals"}, 'There is no probe called "refusals"'),
        ({"items": 0}, "items = 0 is wrong"),
        ({"tolerance": 1.0}, "tolerance = 1.0 is wrong"),
        ({"tolerance": -0.1}, "tolerance = -0.1 is wrong"),
    ],
)
def test_wrong_options(options: dict, said: str) -> None:
    with pytest.raises(TocsinError, match=said):
        remedies_of(study_of({"name": "roll-back", "options": options}))


def test_arrays_are_left_as_they_came(rounds: Rounds) -> None:
    arrays = rounds.adapter(0.06)
    kept = {name: array.copy() for name, array in arrays.items()}
    side = server_side(STUDY, rounds.model, rounds.start, rounds.folder / "own")
    assert rounds.remedy.mend(arrays, side).arrays is arrays
    assert all(np.array_equal(arrays[name], kept[name]) for name in kept)
