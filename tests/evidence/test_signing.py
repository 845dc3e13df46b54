"""The installation's key."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from evidence.failure import KeyUnusable
from evidence.signing import PRIVATE_NAME, KeyRing, PublicKey, SigningKey


def test_the_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    key = SigningKey.load_or_create(folder)
    assert stat.S_IMODE((folder / PRIVATE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert SigningKey.load_or_create(folder).public.fingerprint == key.public.fingerprint
    (public,) = KeyRing.from_folder(folder)
    assert public.is_signed(b"x", key.sign(b"x")) and not public.is_signed(b"y", key.sign(b"x"))


def _make(folder: Path) -> None:
    SigningKey.load_or_create(folder)


def test_two_first_runs_agree_on_one_key(tmp_path: Path) -> None:
    workers = [multiprocessing.get_context("fork").Process(target=_make, args=(tmp_path / "k",)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert len(KeyRing.from_folder(tmp_path / "k")) == 1
    assert len(list((tmp_path / "k").iterdir())) == 2


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    SigningKey.load_or_create(tmp_path)
    (tmp_path / PRIVATE_NAME).chmod(0o640)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        SigningKey.load_or_create(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_broken_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PRIVATE_NAME).write_bytes(content)
    (tmp_path / PRIVATE_NAME).chmod(0o600)
    with pytest.raises(KeyUnusable, match="backup"):
        SigningKey.load_or_create(tmp_path)
    with pytest.raises(KeyUnusable):
        PublicKey.from_pem(content, "x.pem")


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    (tmp_path / PRIVATE_NAME).write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / PRIVATE_NAME).chmod(0o600)
    with pytest.raises(KeyUnusable, match="Ed25519"):
        SigningKey.load_or_create(tmp_path)
    with pytest.raises(KeyUnusable, match="Ed25519"):
        PublicKey.from_pem(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "x")


def test_a_place_that_cannot_hold_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"")
    with pytest.raises(KeyUnusable):
        SigningKey.load_or_create(tmp_path / "keys")


@pytest.mark.parametrize("signature", ["", "AAAA", "không", "A" * 88])
def test_hostile_signatures_are_not_valid(signature: str) -> None:
    assert not SigningKey.generate().public.is_signed(b"x", signature)


def test_a_second_spelling_of_a_signature_is_not_valid() -> None:
    key = SigningKey.generate()
    signature = key.sign(b"x")
    assert signature.endswith("==")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters[letters.index(signature[-3]) ^ 1]  # a bit that base64 drops
    assert not key.public.is_signed(b"x", f"{signature[:-3]}{last}==")
