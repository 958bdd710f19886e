"""The signed manifest: whatever is done to a folder afterwards is found, and named."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.errors import TocsinError
from tocsin.evidence.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE, Provenance, seal
from tocsin.evidence.signing import public_pem
from tocsin.evidence.verification import verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ORIGIN = Provenance(
    parameters={"round": 2},
    internal={},
    materials=({"name": "base", "digest": {"sha256": "00"}},),
    run="run-1",
    versions={"tocsin": "1"},
    begun="2026-11-22T10:00:00+00:00",
    ended="2026-11-22T11:00:00+00:00",
)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "release"
    (made / "deeper").mkdir(parents=True)
    (made / "weights.bin").write_bytes(bytes(1000))
    (made / "README.md").write_text("card")
    (made / "deeper" / "notes.txt").write_text("notes")
    seal(made, ORIGIN, KEY)
    return made


def faults(folder, expected=None):
    return verify(folder, expected.public_key() if expected else None).faults


def test_an_untouched_folder(folder):
    found = verify(folder)
    assert found.faults == () and (found.run, found.files, found.expected) == ("run-1", 3, False)
    assert verify(folder, KEY.public_key()).expected and faults(folder, KEY) == ()


def test_it_is_an_in_toto_statement_with_slsa_provenance(folder):
    statement = json.loads((folder / MANIFEST).read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert set(statement) == {"_type", "subject", "predicateType", "predicate"}
    named = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    assert named["weights.bin"] == hashlib.sha256(bytes(1000)).hexdigest()
    assert set(named) == {"weights.bin", "README.md", "deeper/notes.txt"}
    assert statement["predicate"]["buildDefinition"]["externalParameters"] == {"round": 2}
    assert statement["predicate"]["runDetails"]["metadata"]["invocationId"] == "run-1"


def test_the_same_files_give_the_same_bytes(folder, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(folder, again, ignore=shutil.ignore_patterns("manifest.*"))
    seal(again, ORIGIN, KEY)
    for name in (MANIFEST, SIGNATURE, PUBLIC_KEY):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_alone_can_check_it(folder):
    words = ["-pubin", "-inkey", PUBLIC_KEY, "-rawin", "-in", MANIFEST, "-sigfile", SIGNATURE]
    command = ["openssl", "pkeyutl", "-verify", *words]
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text() + " ")
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode != 0


@pytest.mark.parametrize("name", ["weights.bin", "README.md", "deeper/notes.txt"])
def test_a_changed_byte(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[0] ^= 1
    (folder / name).write_bytes(content)
    assert faults(folder) == (f"{name} was changed.",)


@pytest.mark.parametrize("name", ["evil.py", ".hidden", "deeper/more.txt", "manifest.json.bak", ".github.py"])
def test_an_added_file(folder, name):
    (folder / name).write_text("x")
    assert faults(folder) == (f"{name} was added.",)


@pytest.mark.parametrize("name", ["weights.bin", "deeper/notes.txt"])
def test_a_removed_file(folder, name):
    (folder / name).unlink()
    assert faults(folder) == (f"{name} is missing.",)


def test_a_renamed_file_is_one_missing_and_one_added(folder):
    (folder / "weights.bin").rename(folder / "other.bin")
    assert faults(folder) == ("weights.bin is missing.", "other.bin was added.")


def test_a_link_is_not_the_file(folder, tmp_path):
    """Its target could be another file tomorrow."""
    shutil.move(folder / "weights.bin", tmp_path / "elsewhere.bin")
    (folder / "weights.bin").symlink_to(tmp_path / "elsewhere.bin")
    assert faults(folder) == ("weights.bin is a link and not the file itself.",)
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    assert "linked was added." in faults(folder)


def test_a_changed_manifest(folder):
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace("run-1", "run-2"))
    assert faults(folder) == ("manifest.sig is not that key's signature of manifest.json.",)


def test_a_changed_signature(folder):
    (folder / SIGNATURE).write_bytes(bytes(64))
    assert faults(folder) == ("manifest.sig is not that key's signature of manifest.json.",)
    (folder / SIGNATURE).write_bytes(b"")
    assert faults(folder) == ("manifest.sig is not that key's signature of manifest.json.",)


def test_another_key_beside_it(folder):
    (folder / PUBLIC_KEY).write_bytes(public_pem(OTHER))
    assert faults(folder) == ("manifest.sig is not that key's signature of manifest.json.",)
    (folder / PUBLIC_KEY).write_text("no key")
    assert faults(folder) == ("manifest.pub holds no Ed25519 public key.",)


def test_signed_anew_by_somebody_else_shows_only_beside_the_known_key(folder):
    """What a signature cannot do: say whose key it is."""
    (folder / "weights.bin").write_bytes(b"other weights")
    for name in (MANIFEST, SIGNATURE, PUBLIC_KEY):
        (folder / name).unlink()
    seal(folder, ORIGIN, OTHER)
    assert faults(folder) == ()
    assert faults(folder, KEY) == ("manifest.pub is not the key that you named.",)


@pytest.mark.parametrize("name", [SIGNATURE, PUBLIC_KEY])
def test_a_half_written_folder(folder, name):
    (folder / name).unlink()
    assert faults(folder) == (f"{name} is missing.",)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"_type": "https://in-toto.io/Statement/v1"}'])
def test_a_manifest_that_is_none(folder, text):
    (folder / MANIFEST).write_text(text)
    (folder / SIGNATURE).write_bytes(KEY.sign(text.encode()))
    assert faults(folder) == ("manifest.json is no manifest that we can read.",)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "deeper/../README.md", "manifest.sig", ""])
def test_a_manifest_that_points_outside_is_not_followed(folder, name):
    statement = json.loads((folder / MANIFEST).read_text())
    statement["subject"][0]["name"] = name
    text = json.dumps(statement).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_bytes(KEY.sign(text))
    assert faults(folder) == ("manifest.json is no manifest that we can read.",)


def test_a_file_named_twice(folder):
    statement = json.loads((folder / MANIFEST).read_text())
    statement["subject"].append(statement["subject"][0])
    text = json.dumps(statement).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_bytes(KEY.sign(text))
    assert faults(folder) == ("manifest.json names a file twice.",)


def test_what_git_and_the_hub_add_does_not_count(folder):
    for name in (".git/config", ".gitattributes", ".cache/huggingface/download/README.md.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    assert faults(folder) == ()
    (folder / ".cache" / "other").write_text("x")
    assert faults(folder) == (".cache/other was added.",)


def test_a_pipe_does_not_hang_it(folder):
    os.mkfifo(folder / "pipe")
    assert faults(folder) == ("pipe was added.",)


def test_a_folder_without_manifest(folder, tmp_path):
    (folder / MANIFEST).unlink()
    for place in (folder, tmp_path / "nowhere"):
        with pytest.raises(TocsinError, match=r"holds no manifest\.json"):
            verify(place)
