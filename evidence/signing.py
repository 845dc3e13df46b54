"""The installation's signing key (Ed25519, RFC 8032) and the public keys it trusts."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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

from evidence.failure import KeyUnusable

PRIVATE_NAME = "evidence-signing.key"
PUBLIC_SUFFIX = ".pub.pem"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to check signatures with. `fingerprint` is the SHA-256 of its 32 bytes, the name it goes by."""

    key: Ed25519PublicKey

    @classmethod
    def from_pem(cls, pem: bytes, name: str) -> PublicKey:
        """The key in `pem`; KeyUnusable, naming `name`, when it holds none."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"{name} holds no public key in PEM form: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyUnusable(f"{name} holds a key of another kind; an Ed25519 key is needed")
        return cls(key)

    @property
    def raw(self) -> bytes:
        return self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def base64(self) -> str:
        return base64.b64encode(self.raw).decode()

    @property
    def pem(self) -> bytes:
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    def is_signed(self, content: bytes, signature: str) -> bool:
        """Whether `signature` (base64, strictly spelled) is this key's over `content`."""
        try:
            raw = base64.b64decode(signature, validate=True)
            if base64.b64encode(raw).decode() != signature:  # a second spelling of the same bits is a change too
                return False
        except ValueError:
            return False
        return self.is_signed_raw(content, raw)

    def is_signed_raw(self, content: bytes, signature: bytes) -> bool:
        """Whether `signature`, 64 bytes, is this key's over `content`."""
        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


class KeyRing:
    """The public keys whose signatures count, by fingerprint."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys = {key.fingerprint: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self._keys.values())

    @classmethod
    def from_folder(cls, folder: Path, extra: Iterable[PublicKey] = ()) -> KeyRing:
        """Every `*.pub.pem` in `folder` (the installation's own key, its earlier ones, colleagues'), and `extra`."""
        paths = sorted(folder.glob(f"*{PUBLIC_SUFFIX}")) if folder.is_dir() else []
        return cls([*(PublicKey.from_pem(path.read_bytes(), str(path)) for path in paths), *extra])

    def get(self, fingerprint: str) -> PublicKey | None:
        """The key of that fingerprint if it is trusted."""
        return self._keys.get(fingerprint)


class SigningKey:
    """The private key. It never leaves its file but to sign."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, in memory alone."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load_or_create(cls, folder: Path) -> SigningKey:
        """The key in `folder`, made on first use and readable by its owner only.

        KeyUnusable when it is there but unreadable, broken, or readable by others.
        """
        path = folder / PRIVATE_NAME
        try:
            if not path.exists():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                cls.generate()._save(path)
            key = cls._load(path)
            public = folder / f"evidence-signing-{key.public.fingerprint[:16]}{PUBLIC_SUFFIX}"
            if not public.exists():
                _write_once(public, key.public.pem, 0o644)
        except OSError as error:
            raise KeyUnusable(f"{path}: {error.strerror}; the evidence key must be readable by its owner") from error
        return key

    @classmethod
    def _load(cls, path: Path) -> SigningKey:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise KeyUnusable(f"{path} can be read by others than its owner; run: chmod 600 {path}")
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"{path} holds no usable private key ({error}); restore it from its backup") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusable(f"{path} holds a key of another kind; an Ed25519 key is needed")
        return cls(key)

    def _save(self, path: Path) -> None:
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write_once(path, pem, 0o600)

    def sign(self, content: bytes) -> str:
        """The signature over `content`, base64."""
        return base64.b64encode(self._key.sign(content)).decode()


def _write_once(path: Path, content: bytes, mode: int) -> None:
    """Write a file as a whole; when another process was first, its file stands."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
