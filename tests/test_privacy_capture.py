"""Everything that the server process receives in a run, gone through: masked sums, updates, greetings, nothing else."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from capture import captured, received
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.evidence import Store
from tocsin.federation import ENGINES, Job, client_data, enrol_all, release_of, run_key, schema_of
from tocsin.privacy import Tally, decode
from tocsin.privacy.masking.messages import Key, Masked, Seed
from tocsin.privacy.masking.messages import decode as read

ENGINE = pytest.mark.parametrize("engine", ["local", pytest.param("deployment", marks=pytest.mark.deployment)])


@ENGINE
@pytest.mark.parametrize("privacy", [[], ["privacy.epsilon=2.0"]], ids=["masked", "noised"])
def test_the_server_receives_masked_sums_and_updates_and_nothing_else(
    engine, privacy, tiny_folder, tmp_path, monkeypatch
):
    if engine == "deployment" and not privacy:
        pytest.skip("deployment is run once, with noise: its processes take a minute")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    path = write_study(tmp_path, tiny_folder)
    settings = study.load(path, ["training.rounds=1", f"federation.engine={engine}", "privacy.floor=1", *privacy])
    run = Store.open(tmp_path / "runs").new_run(running.checked(settings))
    folder = run.folder.resolve()
    job = captured(Job(run.study, folder, folder / "clients", "", running.WORK, run_key(folder)))
    enrol_all(job)
    ENGINES.get(engine)().run(job, lambda kind, detail: None)

    messages = received(folder)
    release = release_of(run.study, schema_of(run.study), folder)
    assert {m["kind"] for m in messages} == {"query.hello", "train", "query.sum"}
    greeted = {m["node"]: m["records"]["hello"]["client"] for m in messages if m["kind"] == "query.hello"}
    assert sorted(greeted.values()) == [0, 1, 2]
    masked: dict[int, dict[str, bytes]] = {client: {} for client in range(3)}
    seen = set()
    for message in messages:
        assert "error" not in message
        records = message["records"]
        match message["kind"]:
            case "query.hello":
                assert records.keys() == {"hello"} and records["hello"].keys() == {"client", "fingerprint", "schema"}
                assert records["hello"]["schema"] == release.schema.hash
            case "train":
                assert records.keys() == {"update"}
                assert all(name.endswith(("lora_A.weight", "lora_B.weight")) for name in records["update"])
                assert {dtype for dtype, _, _ in records["update"].values()} == {"float32"}
            case "query.sum":
                assert records.keys() == {"sums", "refusals"} and not records["refusals"]
                for channel, part in records["sums"].items():
                    assert channel in release.channels(1)
                    said = read(part)  # the only encoding: not a byte more
                    seen.add(type(said))
                    if isinstance(said, Masked):
                        masked[greeted[message["node"]]][channel] = said.payload
                    else:
                        assert isinstance(said, Key | Seed)
    assert seen == {Key, Masked, Seed}

    everything = b"".join(_bytes_of(m["records"]) for m in messages if m["kind"] != "train")
    for client in range(3):
        plain = np.load(folder / "clients" / f"client-{client:04d}" / job.run[:16] / "tally-0001.npy")
        assert plain.any()
        for form in _forms(plain):
            assert form not in everything
        for cell in decode(plain, release.schema).cells.values():
            if cell.total % 1:  # a score such as .3471...; whole numbers are anywhere
                for form in _forms(np.array([cell.total, cell.total / cell.n])):
                    assert form not in everything
        data = client_data(run.study, client)
        for example in (*data.train, *data.held_out):
            for text in (example.response, *(said for _, said in example.turns)):
                assert text.encode() not in everything
        for channel, payload in masked[client].items():
            terms = release.terms(channel, bytes.fromhex(job.run), "all", 1, bytes(32))
            words = terms.modulus(3).unpack(payload)
            addend = _noiseless(release, channel, plain)
            # A masked entry equals its plain one by chance alone: once in 2^bits, at least 2^6.
            assert (words[: len(addend)].astype(np.int64) == addend).mean() < 0.1


def _noiseless(release, channel, plain):
    if release.plan is None:
        return plain
    return release.plan.releases[channel].channel.encode(plain)


def _bytes_of(value) -> bytes:
    if isinstance(value, dict):
        return b"".join(_bytes_of(k) + _bytes_of(v) for k, v in value.items())
    if isinstance(value, tuple | list):
        return b"".join(map(_bytes_of, value))
    return value if isinstance(value, bytes) else str(value).encode()


def _forms(numbers: np.ndarray) -> list[bytes]:
    """The numbers as they would look in a message, one way or another."""
    kinds = ("<i8", ">i8", "<i4", ">i4") if numbers.dtype.kind == "i" else ("<f8", ">f8", "<f4", ">f4")
    whole = [numbers.astype(kind).tobytes() for kind in kinds]
    return [*whole, *(repr(float(x)).encode() for x in numbers if numbers.dtype.kind == "f")]


def test_the_capture_would_find_a_plain_tally():
    """The test of the test: what it looks for is found where it is."""
    tally = Tally(schema_of(study.parse({"name": "x"}, "x")))
    tally.add("training-loss", "before", [("all", 0.3471)])
    assert any(form in b"..." + tally.vector.tobytes() + b"..." for form in _forms(tally.vector))
    assert struct.pack("<d", 0.3471) in _forms(np.array([0.3471]))
