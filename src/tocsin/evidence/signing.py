"""Ed25519 keys (RFC 8032) in PEM files, and what they sign."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from platformdirs import user_config_path

from tocsin.errors import TocsinError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def default_key() -> Path:
    """Where the user's own signing key lies."""
    return user_config_path("tocsin") / "release-key.pem"


def make_key(path: Path) -> None:
    """Write a fresh key that only its owner may read. A key that is there already is left alone.

    Raises TocsinError where the disk does not let us.
    """
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # mode 0600 from the start
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)  # unlike a rename it never replaces another process's key
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    except OSError as error:
        raise TocsinError(
            f"No signing key can be kept at {path} ({error.strerror}); name one of your own with --key."
        ) from None


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file.

    Raises TocsinError when there is none, when others may read it, or when it is no unencrypted Ed25519 key.
    """
    pem = _read(path)
    try:
        if path.stat().st_mode & _OTHERS:
            raise TocsinError(f"Others may read the signing key {path}; close it to them with `chmod 600`.")
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise TocsinError(f"The signing key {path} is locked by a passphrase; name one that is not.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise TocsinError(
            f"{path} is no private key in PEM; make one with `openssl genpkey -algorithm ed25519 -out {path.name}`."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise TocsinError(f"The signing key {path} is not an Ed25519 key; name one that is.")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file. Raises TocsinError when there is none, or no Ed25519 key."""
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise TocsinError(f"{path} holds no Ed25519 public key in PEM; name the signer's manifest.pub.")
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half, in PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 (64 hex digits) of the key in DER: `openssl pkey -pubin -in FILE -outform DER | sha256sum`."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def is_signed(statement: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether `signature` (64 bytes) is that of `statement` by the owner of `key`."""
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TocsinError(f"The key {path} cannot be read ({error.strerror}); name a PEM file.") from None
