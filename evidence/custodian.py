"""The custodian seals captures, keeps them in the vault and writes down what happens to them."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime

from evidence.bundle import FolderBundle, draw_up
from evidence.capture import TOOL, Capture
from evidence.custody import (
    GENESIS,
    Action,
    CustodyEntry,
    custody_line,
    is_ahead,
    line_hash,
    parse_entry,
    parse_register,
    register_line,
    registered,
)
from evidence.failure import Damaged, LogMoved
from evidence.manifest import (
    DIGEST_NAME,
    MANIFEST_NAME,
    build_manifest,
    sign_manifest,
)
from evidence.signing import KeyRing, SigningKey
from evidence.vault import REGISTER, CaptureRecord, Recovery, Vault
from evidence.verify import VerifyReport, describe, verify

APPEND_TRIES = 100
"""Every failed try means that another writer succeeded; so many in a row mean that something is broken."""


class Custodian:
    """Seals and keeps in `vault`, signing with `key`; `trusted` are the keys whose signatures count (its own always).

    Made by `open`, which first finishes what a dead process left.
    """

    def __init__(self, vault: Vault, key: SigningKey, trusted: KeyRing | None = None) -> None:
        self.vault = vault
        self.trusted = trusted if trusted is not None and len(trusted) else KeyRing([key.public])
        self._key = key
        self._place = f"{TOOL}@{socket.gethostname()}"

    @classmethod
    def open(cls, vault: Vault, key: SigningKey, trusted: KeyRing | None = None) -> tuple[Custodian, Recovery]:
        """A custodian for `vault`, and what had to be put in order first."""
        custodian = cls(vault, key, trusted)
        recovery = vault.recover()
        custodian._register_missing()
        return custodian, recovery

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key it signs with."""
        return self._key.public.fingerprint

    def sign(self, content: bytes) -> str:
        """The installation's signature over `content`, base64."""
        return self._key.sign(content)

    def keep(self, capture: Capture) -> CaptureRecord:
        """Seal `capture` and store it; its work folder is gone afterwards. When this returns, the capture is safe."""
        try:
            return self._keep(capture)
        finally:
            capture.discard()

    def _keep(self, capture: Capture) -> CaptureRecord:
        files, resources = draw_up(capture)
        manifest = build_manifest(capture.metadata, resources, capture.records, datetime.now(UTC))
        raw = manifest.to_bytes()
        for name, content in ((MANIFEST_NAME, raw), (DIGEST_NAME, sign_manifest(raw, self._key).to_bytes())):
            files[name] = capture.folder.path / name
            files[name].write_bytes(content)
        record = describe(FolderBundle(files), manifest)
        metadata = capture.metadata
        taken = custody_line(
            self._key,
            record.id,
            "taken",
            metadata.requested_by,
            metadata.finished_at,
            previous=record.manifest_sha256,
            sequence=1,
            note=metadata.reason,
        )
        kept = custody_line(
            self._key,
            record.id,
            "stored",
            self._place,
            datetime.now(UTC),
            previous=line_hash(taken),
            sequence=2,
        )
        self.vault.store(record, files, (taken, kept))
        self._register(record.id, 2, line_hash(kept))
        return record

    def note(
        self, capture: str, action: Action, actor: str, note: str = "", facts: Mapping[str, str] | None = None
    ) -> CustodyEntry:
        """Write down that `actor` did `action` with a capture; NotInVault when there is no such capture."""
        self.vault.get(capture)
        log = f"custody/{capture}"
        for _ in range(APPEND_TRIES):
            lines = self.vault.read_log(log)
            if not lines:
                raise Damaged(f"the custody log of {capture} is gone; check the vault")
            line = custody_line(
                self._key,
                capture,
                action,
                actor,
                datetime.now(UTC),
                previous=line_hash(lines[-1]),
                sequence=len(lines) + 1,
                note=note,
                facts=facts,
            )
            try:
                self.vault.append_log(log, line, lines[-1])
            except LogMoved:
                continue
            self._register(capture, len(lines) + 1, line_hash(line))
            return parse_entry(line)
        raise LogMoved(f"the custody log of {capture} could not be written for other writers")

    def history(self, capture: str) -> tuple[CustodyEntry, ...]:
        """The custody log of a capture, oldest first; Damaged when an entry cannot be read."""
        self.vault.get(capture)
        try:
            return tuple(parse_entry(line) for line in self.vault.read_log(f"custody/{capture}"))
        except ValueError as error:
            raise Damaged(f"the custody log of {capture} cannot be read: {error}") from error

    def check(self, capture: str, actor: str) -> VerifyReport:
        """Verify a capture and write down that it was checked, and with what outcome."""
        report = verify(self.vault, capture, self.trusted)
        outcome = "whole" if report.is_whole else f"{len(report.faults)} faults"
        self.note(capture, "checked", actor, facts={"outcome": outcome})
        return report

    def _register(self, capture: str, entry: int, entry_hash: str) -> None:
        for _ in range(APPEND_TRIES):
            last = self.vault.last_line(REGISTER)
            line = register_line(
                self._key,
                capture,
                entry,
                entry_hash,
                datetime.now(UTC),
                previous=line_hash(last) if last else GENESIS,
                sequence=_number_after(last),
            )
            try:
                self.vault.append_log(REGISTER, line, last)
            except LogMoved:
                continue
            return
        raise LogMoved("the register could not be written for other writers")

    def _register_missing(self) -> None:
        """Register custody entries whose process died between the log and the register."""
        behind = self.vault.unregistered()
        register = self.vault.read_log(REGISTER) if behind else ()
        for capture in behind:
            lines = self.vault.read_log(f"custody/{capture}")
            if lines and is_ahead(lines, registered(register, capture)):
                self._register(capture, len(lines), line_hash(lines[-1]))


def _number_after(last: bytes) -> int:
    if not last:
        return 1
    try:
        return parse_register(last).sequence + 1
    except ValueError as error:
        raise Damaged(f"the last entry of the register cannot be read: {error}; check the vault") from error
