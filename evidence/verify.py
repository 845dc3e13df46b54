"""Checks captures and tells what is wrong: in the vault, or in a file from anywhere."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from pydantic import ValidationError

from evidence.bundle import LAST_NAMES, Bundle, ContainerBundle, VaultBundle, ordered
from evidence.container import read_container
from evidence.custody import (
    RegisterEntry,
    custody_faults,
    disagreement,
    is_ahead,
    parse_register,
    register_faults,
    registered,
)
from evidence.failure import Damaged, NotInVault
from evidence.manifest import (
    DIGEST_NAME,
    MANIFEST_NAME,
    METADATA_NAME,
    WARC_NAME,
    Manifest,
    capture_id,
    parse_digest,
    parse_manifest,
)
from evidence.metadata import CaptureMetadata
from evidence.signing import KeyRing
from evidence.vault import REGISTER, CaptureRecord, StoredFile, Vault
from evidence.warc import digest_faults, span_faults

CHUNK_BYTES = 256 * 1024
WRITER_SECONDS = 0.5
"""Between a line in a custody log and its line in the register lie two flushes to the disk."""

MAX_MANIFEST_BYTES = 64 * 2**20
"""A capture at every bound has a manifest of about 1 MB."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed: `part` names the file or log, `message` what is wrong with it."""

    part: str
    message: str


@dataclass(slots=True)
class VerifyReport:
    """What was checked and what is wrong. `capture` is "" when not even the manifest could be read."""

    subject: str
    capture: str = ""
    url: str = ""
    signed_by: str = ""
    files: int = 0
    records: int = 0
    custody_entries: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Nothing is wrong."""
        return not self.faults

    def accuse(self, part: str, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(part, message))


def verify(vault: Vault, capture: str, trusted: KeyRing) -> VerifyReport:
    """Check a capture in the vault: every file, the signature, the WARC, the custody log against the register.

    Raises NotInVault when there is no such capture.
    """
    return _verify_stored(vault, capture, trusted, _Register(vault))


def _verify_stored(vault: Vault, capture: str, trusted: KeyRing, register: _Register) -> VerifyReport:
    report = VerifyReport(capture, capture)
    try:
        record = vault.get(capture)
    except Damaged as error:
        report.accuse("record", str(error))
        return report
    bundle = VaultBundle(vault, record)
    manifest = _check_bundle(bundle, report, trusted)
    if report.capture != capture:
        report.accuse("record", f"it lies under the id {capture}, but what it holds is {report.capture}")
    lines = vault.read_log(f"custody/{capture}")
    report.custody_entries = len(lines)
    for message in custody_faults(lines, capture, record.manifest_sha256, trusted):
        report.accuse("custody", message)
    if message := disagreement(lines, register.newest(capture, lines)):
        report.accuse("custody", message)
    if manifest is not None and report.is_whole and record != describe(bundle, manifest):
        report.accuse("record", "the list entry of the capture does not say what its signed metadata say")
    return report


class _Register:
    """The register as one check sees it; a writer between a log and the register gets time to finish, once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._patience_seconds = WRITER_SECONDS
        self.lines = vault.read_log(REGISTER)

    def newest(self, capture: str, custody: tuple[bytes, ...]) -> RegisterEntry | None:
        """What the register knows last of a capture whose log holds `custody`."""
        entry = registered(self.lines, capture)
        while is_ahead(custody, entry) and self._patience_seconds > 0:
            time.sleep(WRITER_SECONDS / 10)
            self._patience_seconds -= WRITER_SECONDS / 10
            self.lines = self._vault.read_log(REGISTER)
            entry = registered(self.lines, capture)
        return entry


def check_wacz(stream: BinaryIO, size: int, report: VerifyReport, trusted: KeyRing) -> Manifest | None:
    """Check the WACZ in `stream` of `size` bytes into `report`; its manifest where it can be read."""
    try:
        members, faults = read_container(stream, size)
    except Damaged as error:
        report.accuse("container", str(error))
        return None
    for message in faults:
        report.accuse("container", message)
    if list(members) != ordered(members, LAST_NAMES):
        report.accuse("container", "its files are not in the order in which they were packed")
    return _check_bundle(ContainerBundle(stream, members), report, trusted)


def verify_vault(vault: Vault, trusted: KeyRing) -> Iterator[VerifyReport]:
    """Check every capture, then the vault itself: its register, and that nothing is missing or was put there."""
    register = _Register(vault)
    present = vault.ids()
    for capture in present:
        yield _verify_stored(vault, capture, trusted, register)
    report = VerifyReport("vault")
    for message in register_faults(register.lines, trusted):
        report.accuse(REGISTER, message)
    missing: dict[str, None] = {}
    for line in register.lines:
        try:
            missing.setdefault(parse_register(line).capture)
        except ValueError:
            continue  # told by register_faults
    for capture in missing:
        if capture not in present:
            report.accuse(capture, "the register knows this capture, the vault no longer holds it")
    for stray in vault.strays():
        report.accuse(stray, "it has no place in the vault")
    yield report


def describe(bundle: Bundle, manifest: Manifest) -> CaptureRecord:
    """The record of a capture, from its own signed files."""
    metadata = CaptureMetadata.model_validate_json(read_part(bundle, METADATA_NAME))
    files = {item.path: StoredFile(sha256=item.sha256, size=item.bytes) for item in manifest.resources}
    for name in (MANIFEST_NAME, DIGEST_NAME):
        raw = read_part(bundle, name)
        files[name] = StoredFile(sha256=hashlib.sha256(raw).hexdigest(), size=len(raw))
    return CaptureRecord(
        id=capture_id(manifest.created, files[MANIFEST_NAME].sha256),
        sealed_at=manifest.created,
        url=metadata.url,
        final_url=metadata.final_url,
        title=metadata.title,
        status=metadata.status,
        method=metadata.method,
        device=metadata.device,
        requested_by=metadata.requested_by,
        reason=metadata.reason,
        manifest_sha256=files[MANIFEST_NAME].sha256,
        files=files,
    )


def read_part(bundle: Bundle, name: str) -> bytes:
    """A small file of a bundle; what is beyond the size of any honest one is not read, and so does not verify."""
    with bundle.open(name) as stream:
        return stream.read(MAX_MANIFEST_BYTES)


def _check_bundle(bundle: Bundle, report: VerifyReport, trusted: KeyRing) -> Manifest | None:
    names = set(bundle.names())
    for name in (MANIFEST_NAME, DIGEST_NAME):
        if name not in names:
            report.accuse(name, "it is missing")
            return None
    try:
        raw = read_part(bundle, MANIFEST_NAME)
        _check_signature(raw, read_part(bundle, DIGEST_NAME), report, trusted)
        manifest = parse_manifest(raw)
    except NotInVault as error:
        report.accuse(MANIFEST_NAME, str(error))
        return None
    except ValueError as error:
        report.accuse(MANIFEST_NAME, f"it cannot be read: {error}")
        return None
    report.capture = capture_id(manifest.created, hashlib.sha256(raw).hexdigest())
    _check_files(bundle, names, manifest, report)
    return manifest


def _check_signature(manifest: bytes, raw: bytes, report: VerifyReport, trusted: KeyRing) -> None:
    try:
        digest = parse_digest(raw)
    except ValueError as error:
        report.accuse(DIGEST_NAME, f"it cannot be read: {error}")
        return
    if digest.hash != f"sha256:{hashlib.sha256(manifest).hexdigest()}":
        report.accuse(MANIFEST_NAME, "its hash is not the one in the digest file")
    signature = digest.signature
    key = trusted.get(signature.key)
    if key is None:
        report.accuse(
            DIGEST_NAME,
            f"it is signed by a key that is not trusted here, {signature.key[:16]}; "
            "if you have that key from its owner, name its file",
        )
    elif signature.public_key != key.base64:
        report.accuse(DIGEST_NAME, "the public key in it is not the one it names")
    elif not key.is_signed(manifest, signature.value):
        report.accuse(DIGEST_NAME, "the signature over the manifest is not valid")
    else:
        report.signed_by = signature.key


def _check_files(bundle: Bundle, names: set[str], manifest: Manifest, report: VerifyReport) -> None:
    listed = {resource.path for resource in manifest.resources}
    for name in sorted(names - listed - {MANIFEST_NAME, DIGEST_NAME}):
        report.accuse(name, "it is not in the manifest: it was added")
    for resource in manifest.resources:
        if resource.path not in names:
            report.accuse(resource.path, "it is missing")
            continue
        try:
            with bundle.open(resource.path) as stream:
                _check_file(stream, resource.path, resource.sha256, resource.bytes, manifest, report)
        except NotInVault:
            report.accuse(resource.path, "its content is missing from the vault")
        report.files += 1
    if not listed.issuperset({WARC_NAME, METADATA_NAME}):
        report.accuse(MANIFEST_NAME, "it lists no WARC or no metadata")


def _check_file(stream: BinaryIO, path: str, sha256: str, size: int, manifest: Manifest, report: VerifyReport) -> None:
    digest = hashlib.sha256()
    found = 0
    while piece := stream.read(CHUNK_BYTES):
        digest.update(piece)
        found += len(piece)
    is_same = digest.hexdigest() == sha256 and found == size
    if not is_same:
        report.accuse(path, "it was changed: its SHA-256 is not the one in the manifest")
    if path == WARC_NAME:
        for message in span_faults(stream, found, manifest.records()):
            report.accuse(path, message)
        if is_same:
            stream.seek(0)
            for message in digest_faults(stream):
                report.accuse(path, message)
        report.records = len(manifest.luoitroi.warc_records)
    elif path == METADATA_NAME and is_same:
        stream.seek(0)
        try:
            report.url = CaptureMetadata.model_validate_json(stream.read(MAX_MANIFEST_BYTES)).url
        except ValidationError as error:
            report.accuse(path, f"it cannot be read: {error.errors()[0]['msg']}")
