from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tocsin.behaviour import Outcome, keep_round, kept_rounds
from tocsin.bench import Cell, Header, Recording, Replayed, asked, gather, read_recording, write_recording
from tocsin.errors import TocsinError

CELLS = (Cell("refusal", "all", "safety"), Cell("group-quality", "A", "in-domain", own=True))


def recording(onset: int = 3, rounds: int = 5, clients: int = 4, items: int = 6) -> Recording:
    """Refusals are lost by every model but the start, from the onset on; client 0 does badly on its own data."""
    outcomes = np.zeros((rounds, clients, 2, items, 3), dtype=np.float16)
    outcomes[max(0, onset - 1) :, :, 0, :, 1:] = 1.0
    outcomes[:, 0, 1] = 1.0
    outcomes[:, :, 1, -1] = np.nan
    clusters = np.broadcast_to(np.arange(items), outcomes.shape[:4]).astype(np.int32).copy()
    clusters[:, :, 1, -1] = -1
    header = Header(scenario="refusal-erodes", strength="plain", onset=onset, cells=asked(CELLS), made={"seed": "1"})
    return Recording(header, outcomes, clusters, np.ones((rounds, clients), dtype=np.float32))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "one.npz"
    told = recording()
    write_recording(told, path)
    read = read_recording(path)
    assert read.header == told.header
    assert read.cells == CELLS
    for name in ("outcomes", "clusters", "loss"):
        assert np.array_equal(getattr(read, name), getattr(told, name), equal_nan=True)
    assert [p.name for p in path.parent.iterdir()] == ["one.npz"]


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    with pytest.raises(TocsinError, match="no recording"):
        read_recording(path)
    path.write_bytes(b"PK not really")
    with pytest.raises(TocsinError, match="no recording"):
        read_recording(path)
    told = recording()
    later = told.header.model_copy(update={"version": 9})
    write_recording(replace(told, header=later), path)
    with pytest.raises(TocsinError, match="version 9"):
        read_recording(path)


def test_shapes_and_values_that_do_not_fit_are_refused() -> None:
    told = recording()
    with pytest.raises(TocsinError, match="shape"):
        replace(told, outcomes=told.outcomes[..., :2])
    with pytest.raises(TocsinError, match="losses"):
        replace(told, loss=told.loss[:2])
    with pytest.raises(TocsinError, match="outside"):
        replace(told, outcomes=told.outcomes + np.float16(2.0))
    with pytest.raises(TocsinError, match="round 9"):
        replace(told, header=told.header.model_copy(update={"onset": 9}))


def test_a_federation_is_resampled_from_whole_clients() -> None:
    source = Replayed([recording()], items=10)
    federation = source.federation(np.random.default_rng(0), 40, 9, onset=6)
    told = list(federation.rounds)
    change = [np.nanmean(one.outcomes[:, 0, :, 2] - one.outcomes[:, 0, :, 0]) for one in told]
    assert change[:5] == [0.0] * 5
    assert change[5:] == [1.0] * 4
    poor = [np.nanmean(one.outcomes[:, 1, :, 2], axis=1) for one in told]
    assert 0 < (poor[0] == 1.0).sum() < 40
    assert all(np.array_equal(one, poor[0]) for one in poor)


def test_a_recording_that_fails_at_once_cannot_be_replayed() -> None:
    with pytest.raises(TocsinError, match="before its onset"):
        Replayed([recording(onset=1)])
    with pytest.raises(TocsinError, match="different cells"):
        other = recording()
        Replayed([recording(), replace(other, header=other.header.model_copy(update={"strength": "subtle"}))])


def _outcomes(values: tuple[float, ...]) -> dict[str, list[Outcome]]:
    items = [Outcome(f"secret item {at}", "all", value, f"template {at % 2}") for at, value in enumerate(values)]
    return {"refusal": items, "not asked for": items}


def test_what_clients_keep_becomes_a_recording(tmp_path: Path) -> None:
    homes = [tmp_path / "a", tmp_path / "b"]
    for at in (1, 2):
        keep_round(homes[0], at, 1.5, *(_outcomes(v) for v in ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0))))
    keep_round(homes[1], 2, 1.0, *[_outcomes((0.5,))] * 3)
    header = recording().header.model_copy(update={"onset": 2})
    told = gather(homes, header)
    assert told.outcomes.shape == (2, 2, 2, 3, 3)
    assert told.outcomes[0, 0, 0].tolist() == [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]
    assert np.isnan(told.outcomes[0, 1]).all() and np.isnan(told.loss[0, 1])
    assert told.clusters[0, 0, 0].tolist() == [0, 1, 0]
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*.json"))
    assert b"secret" not in kept and b"template" not in kept


def test_nothing_kept_and_items_mixed_up_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match="No client"):
        gather([tmp_path], recording().header)
    with pytest.raises(ValueError, match="same items"):
        keep_round(tmp_path, 1, 1.0, _outcomes((0.0, 1.0)), _outcomes((0.0, 1.0)), _outcomes((0.0,)))


def test_what_was_not_measured_is_unknown(tmp_path: Path) -> None:
    keep_round(tmp_path, 1, float("nan"), None, _outcomes((0.0, 1.0)), None)
    assert kept_rounds(tmp_path)[1].loss is None
    told = gather([tmp_path], recording().header.model_copy(update={"onset": 0}))
    assert np.isnan(told.loss).all()
    assert np.isnan(told.outcomes[0, 0, 0][:, [0, 2]]).all()
    assert told.outcomes[0, 0, 0, :, 1].tolist() == [0.0, 1.0]


def test_a_cell_of_all_groups_takes_what_no_other_takes(tmp_path: Path) -> None:
    items = {"refusal": [Outcome(str(at), group, float(at)) for at, group in enumerate(("a", "b"))]}
    keep_round(tmp_path, 1, 1.0, items, items, items)
    whole = recording().header.model_copy(update={"onset": 0})
    assert gather([tmp_path], whole).outcomes[0, 0, 0, :, 0].tolist() == [0.0, 1.0]
    apart = whole.model_copy(update={"cells": asked([*CELLS, Cell("refusal", "b", "safety")])})
    told = gather([tmp_path], apart).outcomes[0, 0, :, :, 0]
    assert told[[0, 2]].tolist() == [[0.0], [1.0]]


def test_a_recording_that_asks_other_cells_knows_nothing_of_them() -> None:
    told = recording()
    other = Cell("stereotype", "all", "bias")
    wider = told.asking([other, *CELLS[::-1]])
    assert wider.cells == (other, CELLS[1], CELLS[0])
    assert np.isnan(wider.outcomes[:, :, 0]).all() and (wider.clusters[:, :, 0] == -1).all()
    assert np.array_equal(wider.asking(CELLS).outcomes, told.outcomes, equal_nan=True)
