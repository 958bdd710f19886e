"""Signing keys: made once, closed to others, and refused when they are not what they should be."""

import os
import stat
import threading

import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.errors import TocsinError
from tocsin.evidence.signing import (
    default_key,
    is_signed,
    key_fingerprint,
    make_key,
    public_pem,
    read_private_key,
    read_public_key,
)


@pytest.fixture
def key(tmp_path):
    make_key(tmp_path / "mine" / "key.pem")
    return tmp_path / "mine" / "key.pem"


def write(path, key, lock=None):
    lock = lock or pem.NoEncryption()
    path.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, lock))
    path.chmod(0o600)
    return path


def test_a_key_is_for_its_owner_alone(key):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert [file.name for file in key.parent.iterdir()] == ["key.pem"]


def test_a_key_is_never_replaced(key):
    before = key.read_bytes()
    make_key(key)
    assert key.read_bytes() == before


def test_two_processes_that_make_a_key_agree(tmp_path):
    path = tmp_path / "key.pem"
    seen = []

    def first_use():
        make_key(path)
        seen.append(path.read_bytes())

    threads = [threading.Thread(target=first_use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8 and len(set(seen)) == 1


def test_what_it_signs(key, tmp_path):
    private = read_private_key(key)
    (tmp_path / "key.pub").write_bytes(public_pem(private))
    public = read_public_key(tmp_path / "key.pub")
    signature = private.sign(b"this")
    assert len(signature) == 64
    assert is_signed(b"this", signature, public)
    assert not is_signed(b"that", signature, public)
    assert not is_signed(b"this", signature[:-1], public)
    assert key_fingerprint(public) == key_fingerprint(private.public_key()) and len(key_fingerprint(public)) == 64


def test_the_default_is_in_the_user_s_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_key() == tmp_path / "tocsin" / "release-key.pem"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read(key, mode):
    key.chmod(mode)
    with pytest.raises(TocsinError, match=r"Others may read the signing key .* `chmod 600`"):
        read_private_key(key)


def test_a_key_of_another_kind(tmp_path):
    with pytest.raises(TocsinError, match="not an Ed25519 key"):
        read_private_key(write(tmp_path / "ec.pem", ec.generate_private_key(ec.SECP256R1())))


def test_a_key_with_a_passphrase(tmp_path):
    path = write(tmp_path / "locked.pem", Ed25519PrivateKey.generate(), pem.BestAvailableEncryption(b"secret"))
    with pytest.raises(TocsinError, match="locked by a passphrase"):
        read_private_key(path)


def test_what_is_no_key(tmp_path, key):
    (tmp_path / "text").write_text("hello")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(TocsinError, match="no private key in PEM; make one with `openssl"):
        read_private_key(tmp_path / "text")
    with pytest.raises(TocsinError, match="cannot be read"):
        read_private_key(tmp_path / "none.pem")
    with pytest.raises(TocsinError, match="no Ed25519 public key"):
        read_public_key(key)  # the private half, given by mistake


def test_no_place_for_a_key(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TocsinError, match="No signing key can be kept"):
        make_key(tmp_path / "file" / "key.pem")
    assert os.listdir(tmp_path) == ["file"]
