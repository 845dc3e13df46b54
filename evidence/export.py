"""The package handed out: a capture with all that a stranger needs to check it with public tools."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
from base64 import b64decode
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evidence.bundle import Bundle, ContainerBundle, VaultBundle, ordered, write_wacz
from evidence.canonical import canonical_json, parse_canonical
from evidence.container import Section, read_container, write_container
from evidence.custodian import Custodian
from evidence.custody import custody_faults, parse_entry, stamp
from evidence.failure import Damaged
from evidence.manifest import DIGEST_NAME, MANIFEST_NAME, parse_digest
from evidence.signing import KeyRing, PublicKey
from evidence.vault import StoredFile
from evidence.verify import VerifyReport, check_wacz, read_part

WACZ_NAME = "capture.wacz"
SIGNATURE_NAME = "datapackage.sig"
KEY_NAME = "public-key.pem"
CUSTODY_NAME = "custody.jsonl"
GUIDE_NAME = "HUONG-DAN-KIEM-TRA.txt"
LIST_NAME = "export.json"
LIST_SIGNATURE_NAME = "export.sig"
SUMS_NAME = "SHA256SUMS"
LAST_NAMES = (LIST_NAME, LIST_SIGNATURE_NAME)


class ExportList(BaseModel):
    """`export.json`: what is in the package, for whom. `export.sig` is the signature over it, 64 bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["luoitroi-export-1"] = "luoitroi-export-1"
    capture: str
    exported_at: str
    exported_by: str
    recipient: str
    case: str
    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    files: dict[str, StoredFile]


def export_capture(
    custodian: Custodian,
    capture: str,
    target: Path,
    *,
    actor: str,
    recipient: str = "",
    case: str = "",
) -> ExportList:
    """Write the package of a capture to a new file at `target`, and that into the custody log first.

    NotInVault when there is no such capture, FileExistsError when there is already a file.
    """
    vault = custodian.vault
    record = vault.get(capture)
    if target.exists():
        raise FileExistsError(f"{target} is already there; name another file")
    custodian.note(capture, "exported", actor, facts={"recipient": recipient, "case": case, "file": target.name})
    bundle = VaultBundle(vault, record)
    with vault.workspace.folder() as work, ExitStack() as opened:
        wacz = work.path / WACZ_NAME
        write_wacz(bundle, wacz)
        lines = vault.read_log(f"custody/{capture}")
        parts: dict[str, BinaryIO] = {
            WACZ_NAME: opened.enter_context(wacz.open("rb")),
            MANIFEST_NAME: opened.enter_context(bundle.open(MANIFEST_NAME)),
            SIGNATURE_NAME: io.BytesIO(_signature_of(bundle)),
            KEY_NAME: io.BytesIO(_sealing_key(bundle, custodian.trusted).pem),
            CUSTODY_NAME: io.BytesIO(b"".join(line + b"\n" for line in lines)),
            GUIDE_NAME: io.BytesIO(_guide(capture, record.final_url)),
        }
        stored = {name: _measured(stream) for name, stream in parts.items()}
        sums = "".join(f"{item.sha256}  {name}\n" for name, item in stored.items()).encode()
        parts[SUMS_NAME] = io.BytesIO(sums)
        stored[SUMS_NAME] = _measured(parts[SUMS_NAME])
        listed = ExportList(
            capture=capture,
            exported_at=stamp(datetime.now(UTC)),
            exported_by=actor,
            recipient=recipient,
            case=case,
            key=custodian.fingerprint,
            files=stored,
        )
        raw = canonical_json(listed.model_dump())
        parts[LIST_NAME] = io.BytesIO(raw)
        parts[LIST_SIGNATURE_NAME] = io.BytesIO(b64decode(custodian.sign(raw)))
        draft = work.path / "package.zip"
        write_container(draft, {name: parts[name] for name in ordered(parts, LAST_NAMES)})
        _publish(draft, target)
    return listed


def _publish(draft: Path, target: Path) -> None:
    """Copy the finished package to its place in one step, so that there is never half a package.

    The copy has no name until it is complete (O_TMPFILE), and so leaves nothing behind if we die; where the file
    system cannot do that, it has a hidden one.
    """
    try:
        descriptor = os.open(target.parent, os.O_TMPFILE | os.O_WRONLY, 0o644)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR):
            raise
        beside = target.with_name(f".{target.name}.part")
        shutil.copyfile(draft, beside)
        beside.rename(target)
        return
    with os.fdopen(descriptor, "wb") as out, draft.open("rb") as source:
        shutil.copyfileobj(source, out)
        out.flush()
        os.fsync(out.fileno())
        descriptors = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY)
        try:  # only with a folder's descriptor does Python follow the link to the nameless file
            os.link(str(descriptor), target, src_dir_fd=descriptors, follow_symlinks=True)
        finally:
            os.close(descriptors)


def _signature_of(bundle: Bundle) -> bytes:
    return b64decode(parse_digest(read_part(bundle, DIGEST_NAME)).signature.value)


def _sealing_key(bundle: Bundle, trusted: KeyRing) -> PublicKey:
    fingerprint = parse_digest(read_part(bundle, DIGEST_NAME)).signature.key
    key = trusted.get(fingerprint)
    if key is None:
        raise Damaged(f"the capture is signed by a key that is not trusted here, {fingerprint[:16]}")
    return key


def _measured(stream: BinaryIO) -> StoredFile:
    digest = hashlib.sha256()
    size = 0
    while piece := stream.read(1 << 18):
        digest.update(piece)
        size += len(piece)
    stream.seek(0)
    return StoredFile(sha256=digest.hexdigest(), size=size)


def _guide(capture: str, url: str) -> bytes:
    text = (files("evidence") / "guide.vi.txt").read_text("utf-8")
    return text.replace("{capture}", capture).replace("{url}", url).encode("utf-8", "replace")


def verify_file(path: Path, trusted: KeyRing) -> VerifyReport:
    """Check a file from anywhere: a bundle (.wacz) or an exported package (.zip) with its custody log.

    Every byte of the file counts, those of the ZIP structure too.
    """
    report = VerifyReport(str(path))
    size = path.stat().st_size
    with path.open("rb") as stream:
        try:
            members, faults = read_container(stream, size)
        except Damaged as error:
            report.accuse("container", str(error))
            return report
        if LIST_NAME not in members:
            check_wacz(stream, size, report, trusted)
            return report
        for message in faults:
            report.accuse("container", message)
        if list(members) != ordered(members, LAST_NAMES):
            report.accuse("container", "its files are not in the order in which they were packed")
        bundle = ContainerBundle(stream, members)
        listed = _check_list(bundle, report, trusted)
        if listed is not None:
            _check_parts(bundle, listed, report, trusted)
            if WACZ_NAME in members:
                member = members[WACZ_NAME]
                check_wacz(Section(stream, member.start, member.size), member.size, report, trusted)
            _check_agreement(bundle, listed, report, trusted)
    return report


def _check_list(bundle: Bundle, report: VerifyReport, trusted: KeyRing) -> ExportList | None:
    raw = read_part(bundle, LIST_NAME)
    try:
        listed = ExportList.model_validate(parse_canonical(raw))
    except (ValueError, ValidationError) as error:
        report.accuse(LIST_NAME, f"it cannot be read: {str(error).splitlines()[0]}")
        return None
    key = trusted.get(listed.key)
    if key is None:
        report.accuse(LIST_NAME, f"it is signed by a key that is not trusted here, {listed.key[:16]}")
    elif LIST_SIGNATURE_NAME not in bundle.names() or not key.is_signed_raw(
        raw, read_part(bundle, LIST_SIGNATURE_NAME)
    ):
        report.accuse(LIST_SIGNATURE_NAME, "the signature over the list of the package is not valid")
    return listed


def _check_parts(bundle: Bundle, listed: ExportList, report: VerifyReport, trusted: KeyRing) -> None:
    names = set(bundle.names())
    for name in sorted(names - set(listed.files) - {LIST_NAME, LIST_SIGNATURE_NAME}):
        report.accuse(name, "it is not in the list of the package: it was added")
    for name, stored in listed.files.items():
        if name not in names:
            report.accuse(name, "it is missing")
            continue
        with bundle.open(name) as stream:
            if _measured(stream) != stored:
                report.accuse(name, "it was changed: its SHA-256 is not the one in the list of the package")


def _check_agreement(bundle: Bundle, listed: ExportList, report: VerifyReport, trusted: KeyRing) -> None:
    """Hold the parts against each other: the loose manifest and key against the bundle, the log against both."""
    names = set(bundle.names())
    if not names.issuperset({WACZ_NAME, MANIFEST_NAME, KEY_NAME, CUSTODY_NAME}):
        return  # told as missing
    if report.capture != listed.capture:
        report.accuse(LIST_NAME, f"it speaks of capture {listed.capture}, the bundle is {report.capture}")
    manifest = read_part(bundle, MANIFEST_NAME)
    manifest_sha256 = hashlib.sha256(manifest).hexdigest()
    if not listed.capture.endswith(manifest_sha256[:10]):
        report.accuse(MANIFEST_NAME, "it is not the manifest of this capture")
    lines = tuple(read_part(bundle, CUSTODY_NAME).split(b"\n")[:-1])
    report.custody_entries = len(lines)
    faults = custody_faults(lines, listed.capture, manifest_sha256, trusted)
    for message in faults:
        report.accuse(CUSTODY_NAME, message)
    if not faults and parse_entry(lines[-1]).action != "exported":
        report.accuse(CUSTODY_NAME, "it does not end with the handing out of this package")
