"""`tocsin ledger`, `tocsin egress` and `tocsin enrol`, on a run that was noised."""

import json
import stat

import pytest
from studies import write_study
from typer.testing import CliRunner

from tocsin import run as running
from tocsin import study
from tocsin.accounts import spending
from tocsin.cli import app
from tocsin.errors import TocsinError
from tocsin.privacy import read_enrolment


@pytest.fixture(scope="module")
def noised(tiny_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("noised")
    path = write_study(folder, tiny_folder)
    changes = ["training.rounds=1", "privacy.epsilon=2.0", "privacy.delta=1e-6"]
    return folder, path, running.start(study.load(path, changes), folder / "runs", lambda kind, detail: None)


def tocsin(*words):
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_the_ledger_of_a_run_is_a_table_and_sentences(noised):
    folder, _, done = noised
    shown = tocsin("ledger", done.id, "--runs", str(folder / "runs"))
    assert "counts" in shown and "histogram" in shown and "of 2" in shown
    data = json.loads(tocsin("ledger", "--runs", str(folder / "runs"), "--json"))
    assert data["budget"] == {"epsilon": 2.0, "delta": 1e-6, "adjacency": "add-or-remove"}
    assert [(row["round"], row["channel"], row["state"]) for row in data["rows"]] == [
        (1, "counts", "released"),
        (1, "histogram", "released"),
    ]
    assert data["spent"]["record"] > 0 and 0 < data["spent"]["client"] <= 2.0


def test_the_report_has_what_is_left_of_the_budget(noised):
    _, _, done = noised
    found = spending(done)
    assert found.budget == 2.0 and [(one.round, one.channel, one.failed) for one in found.steps] == [
        (1, "counts", False),
        (1, "histogram", False),
    ]
    last = found.steps[-1].epsilon
    assert set(found.units) == {"client", "record"} and all(0 < last[unit] <= 2.0 for unit in found.units)


def test_a_run_without_noise_has_no_ledger(noised, tmp_path):
    _, path, _ = noised
    done = running.start(study.load(path, ["training.rounds=1"]), tmp_path / "runs", lambda kind, detail: None)
    with pytest.raises(TocsinError, match=r"no privacy ledger.*set privacy.epsilon"):
        tocsin("ledger", done.id, "--runs", str(tmp_path / "runs"))


def test_what_left_each_client_is_listed(noised):
    folder, _, done = noised
    shown = tocsin("egress", done.id, "--runs", str(folder / "runs"))
    assert "client-0002" in shown and "masked and noised" in shown and "update" in shown
    data = json.loads(tocsin("egress", str(done.folder / "clients" / "client-0001"), "--json"))
    assert [left["client"] for left in data] == ["client-0001"]
    kinds = [one["kind"] for one in data[0]["departures"]]
    # A greeting, an update; of each sum a key, then the vector, then a seed.
    assert kinds == ["message", "update", "key", "key", "count", "histogram", "key", "key"]
    with pytest.raises(TocsinError, match="no egress record"):
        tocsin("egress", str(folder))


def test_a_client_enrols_once_and_its_identity_is_its_own(tmp_path):
    line = tocsin("enrol", "3", "--home", str(tmp_path)).splitlines()[0]
    assert tocsin("enrol", "3", "--home", str(tmp_path)).splitlines()[0] == line
    secret = tmp_path / "client-0003" / "identity"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    (tmp_path / "enrolment.toml").write_text(f"[clients]\n{line}\n")
    assert list(read_enrolment(tmp_path / "enrolment.toml").keys) == [3]
    assert secret.read_bytes().hex() not in line


@pytest.mark.parametrize(
    "text", ["", "[clients]\n0 = 1\n", '[clients]\n0 = "00"\n', "[clients", '[clients]\nx = "00"\n']
)
def test_what_is_no_list_of_clients_is_one_sentence(tmp_path, text):
    (tmp_path / "list.toml").write_text(text)
    with pytest.raises(TocsinError, match=r"list\.toml.*[Cc]lient"):
        read_enrolment(tmp_path / "list.toml")


def test_a_home_must_be_named(monkeypatch):
    monkeypatch.delenv("TOCSIN_CLIENT_HOME", raising=False)
    with pytest.raises(TocsinError, match="--home FOLDER"):
        tocsin("enrol", "0")


def test_clients_of_a_superlink_need_a_list(noised, tmp_path):
    _, path, _ = noised
    with pytest.raises(TocsinError, match=r"privacy\.enrolment"):
        running.start(
            study.load(path, ["federation.superlink='x'", "probe=[]"]), tmp_path / "runs", lambda kind, detail: None
        )
    assert not (tmp_path / "runs").exists()
