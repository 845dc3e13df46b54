"""The manifest of a bundle: WACZ's `datapackage.json`, and the signature over it in `datapackage-digest.json`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evidence.canonical import canonical_json, parse_canonical
from evidence.metadata import CaptureMetadata
from evidence.signing import SigningKey
from evidence.warc import WarcRecord

MANIFEST_NAME = "datapackage.json"
DIGEST_NAME = "datapackage-digest.json"
WARC_NAME = "archive/data.warc.gz"
METADATA_NAME = "capture/capture.json"
WACZ_VERSION = "1.1.1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


P = TypeVar("P", bound=_Part)


class Resource(_Part):
    """A file of the bundle. `hash` is `sha256:` and 64 hexadecimal digits."""

    name: str
    path: str
    hash: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    bytes: int = Field(ge=0)

    @property
    def sha256(self) -> str:
        return self.hash.removeprefix("sha256:")


class RecordSpan(_Part):
    """One WARC record as it lies in the WARC: `sha256` over its gzip member."""

    record_id: str
    kind: str
    url: str
    offset: int = Field(ge=0)
    length: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Sealed(_Part):
    """What the manifest says beyond WACZ."""

    format: Literal["luoitroi-manifest-1"] = "luoitroi-manifest-1"
    time_stamp: Literal["not time-stamped"] = "not time-stamped"
    warc_records: tuple[RecordSpan, ...]


class Manifest(_Part):
    """`datapackage.json`: every file with its hash, every WARC record with its hash."""

    profile: Literal["data-package"] = "data-package"
    wacz_version: Literal["1.1.1"] = "1.1.1"
    title: str
    created: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    software: str
    main_page_url: str = Field(alias="mainPageUrl")
    main_page_date: str = Field(alias="mainPageDate")
    resources: tuple[Resource, ...]
    luoitroi: Sealed

    def records(self) -> tuple[WarcRecord, ...]:
        """The WARC's records, as the WARC's checker takes them."""
        return tuple(WarcRecord(**span.model_dump()) for span in self.luoitroi.warc_records)

    def to_bytes(self) -> bytes:
        """The file's content."""
        return canonical_json(self.model_dump(by_alias=True))


class Signature(_Part):
    """`value` is over the bytes of `datapackage.json` as they are. `key` is the public key's fingerprint."""

    algorithm: Literal["Ed25519"] = "Ed25519"
    key: str
    public_key: str = Field(alias="publicKey")
    value: str


class Digest(_Part):
    """`datapackage-digest.json`."""

    path: Literal["datapackage.json"] = "datapackage.json"
    hash: str
    signature: Signature

    def to_bytes(self) -> bytes:
        """The file's content."""
        return canonical_json(self.model_dump(by_alias=True))


def build_manifest(
    metadata: CaptureMetadata, resources: Iterable[Resource], records: Iterable[WarcRecord], sealed_at: datetime
) -> Manifest:
    """The manifest of a capture that is sealed now."""
    return Manifest(
        title=metadata.title or metadata.final_url,
        created=second(sealed_at),
        software=f"{metadata.tool} {metadata.tool_version}",
        main_page_url=metadata.final_url,
        main_page_date=second(metadata.started_at),
        resources=tuple(sorted(resources, key=lambda resource: resource.path)),
        luoitroi=Sealed(warc_records=tuple(RecordSpan(**asdict(record)) for record in records)),
    )


def sign_manifest(manifest: bytes, key: SigningKey) -> Digest:
    """The digest file that vouches for `manifest`."""
    return Digest(
        hash=f"sha256:{hashlib.sha256(manifest).hexdigest()}",
        signature=Signature(
            key=key.public.fingerprint,
            public_key=key.public.base64,
            value=key.sign(manifest),
        ),
    )


def parse_manifest(raw: bytes) -> Manifest:
    """The manifest in `raw`; ValueError with a short reason when it is none of ours."""
    return _parsed(Manifest, raw)


def parse_digest(raw: bytes) -> Digest:
    """The digest file in `raw`; ValueError with a short reason when it is none of ours."""
    return _parsed(Digest, raw)


def _parsed(model: type[P], raw: bytes) -> P:
    value = parse_canonical(raw)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def second(at: datetime) -> str:
    """`at` in UTC to the second, as WACZ writes times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def capture_id(created: str, manifest_sha256: str) -> str:
    """The id of a capture: when it was sealed and the start of its manifest's hash.

    It can be read out over the telephone, sorts by time, and cannot be given to another content.

    >>> capture_id("2025-11-24T21:58:01Z", "3f9a2cde51" + "0" * 54)
    '20251124T215801Z-3f9a2cde51'
    """
    return f"{created.replace('-', '').replace(':', '')}-{manifest_sha256[:10]}"
