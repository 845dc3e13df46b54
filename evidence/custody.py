"""The custody log: what happened to a capture, by whom and when, in a chain that no link can be taken out of.

Each capture has a log of signed entries, one canonical JSON line each. An entry names the SHA-256 of the line before
it; the first names the manifest. The installation's register lists every entry of every log, chained and signed in the
same way, so that a log that is cut short or put back to an older state no longer agrees with the register.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evidence.canonical import canonical_json, parse_canonical
from evidence.signing import KeyRing, SigningKey

Action = Literal["taken", "stored", "checked", "viewed", "exported"]

GENESIS = "0" * 64
"""What the first entry of the register names as the line before it."""

Hash = Field(pattern=r"^[0-9a-f]{64}$")


class _Link(BaseModel):
    """A link of a chain. `signature` is over the canonical JSON of all other fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int = Field(ge=1)
    at: str
    previous: str = Hash
    key: str = Hash
    signature: str = ""

    def signed_content(self) -> bytes:
        """The bytes that the signature covers."""
        return canonical_json(self.model_dump(exclude={"signature"}))

    def to_line(self) -> bytes:
        """The link as a line of its log, without the line end."""
        return canonical_json(self.model_dump())


class CustodyEntry(_Link):
    """One event. `actor` is who did it, `facts` what belongs to it: recipient, case number, outcome of a check."""

    capture: str
    action: Action
    actor: str
    note: str = ""
    facts: dict[str, str] = {}


class RegisterEntry(_Link):
    """One entry of one custody log: `entry` is its number, `hash` the SHA-256 of its line."""

    capture: str
    entry: int = Field(ge=1)
    hash: str = Hash


L = TypeVar("L", bound=_Link)


def line_hash(line: bytes) -> str:
    """The hash by which the next link names this line."""
    return hashlib.sha256(line).hexdigest()


def custody_line(
    key: SigningKey,
    capture: str,
    action: Action,
    actor: str,
    at: datetime,
    *,
    previous: str,
    sequence: int,
    note: str = "",
    facts: Mapping[str, str] | None = None,
) -> bytes:
    """A signed line of a custody log. `previous` is the hash of the line before, of the manifest for the first."""
    entry = CustodyEntry(
        sequence=sequence,
        at=stamp(at),
        previous=previous,
        key=key.public.fingerprint,
        capture=capture,
        action=action,
        actor=actor,
        note=note,
        facts=dict(facts or {}),
    )
    return _signed(entry, key)


def register_line(
    key: SigningKey, capture: str, entry: int, entry_hash: str, at: datetime, *, previous: str, sequence: int
) -> bytes:
    """A signed line of the register."""
    link = RegisterEntry(
        sequence=sequence,
        at=stamp(at),
        previous=previous,
        key=key.public.fingerprint,
        capture=capture,
        entry=entry,
        hash=entry_hash,
    )
    return _signed(link, key)


def _signed(link: _Link, key: SigningKey) -> bytes:
    return link.model_copy(update={"signature": key.sign(link.signed_content())}).to_line()


def stamp(at: datetime) -> str:
    """`at` in UTC to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_entry(line: bytes) -> CustodyEntry:
    """The custody entry in `line`; ValueError when it is none."""
    return _parsed(CustodyEntry, line)


def parse_register(line: bytes) -> RegisterEntry:
    """The register's entry in `line`; ValueError when it is none."""
    return _parsed(RegisterEntry, line)


def _parsed(model: type[L], line: bytes) -> L:
    value = parse_canonical(line)
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def custody_faults(lines: Sequence[bytes], capture: str, manifest_sha256: str, trusted: KeyRing) -> list[str]:
    """What is wrong with the custody log of `capture`, nothing when it is whole."""
    faults, entries = _chain_faults(CustodyEntry, lines, manifest_sha256, trusted, "custody entry")
    faults += [
        f"custody entry {entry.sequence} is of another capture, {entry.capture}"
        for entry in entries
        if entry.capture != capture
    ]
    opening = [entry.action for entry in entries[:2]]
    if opening != ["taken", "stored"]:
        faults.append("the custody log does not begin with 'taken' and 'stored'")
    return faults


def register_faults(lines: Sequence[bytes], trusted: KeyRing) -> list[str]:
    """What is wrong with the register's own chain."""
    return _chain_faults(RegisterEntry, lines, GENESIS, trusted, "register entry")[0]


def registered(lines: Sequence[bytes], capture: str) -> RegisterEntry | None:
    """The newest register entry of `capture`: its hash vouches for all entries before it, which it chains to."""
    needle = capture.encode()
    newest: RegisterEntry | None = None
    for line in lines:
        if needle not in line:
            continue
        try:
            entry = parse_register(line)
        except ValueError:
            continue  # told by register_faults
        if entry.capture == capture and (newest is None or entry.entry > newest.entry):
            newest = entry
    return newest


def is_ahead(lines: Sequence[bytes], newest: RegisterEntry | None) -> bool:
    """Whether a custody log has entries that the register does not know (yet)."""
    return len(lines) > (newest.entry if newest is not None else 0)


def disagreement(lines: Sequence[bytes], newest: RegisterEntry | None) -> str:
    """How a custody log differs from what the register knows of it, or ""."""
    if newest is None:
        return "the register knows nothing of this capture: it was cut"
    if is_ahead(lines, newest):
        return f"the register knows {newest.entry} custody entries, the log has {len(lines)}: the register was cut"
    if newest.entry > len(lines):
        return f"the register knows {newest.entry} custody entries, the log has {len(lines)}: it was cut"
    if line_hash(lines[newest.entry - 1]) != newest.hash:
        return f"custody entry {newest.entry} is not the one the register knows"
    return ""


def _chain_faults(
    model: type[L], lines: Sequence[bytes], genesis: str, trusted: KeyRing, called: str
) -> tuple[list[str], list[L]]:
    faults: list[str] = []
    entries: list[L] = []
    previous = genesis
    for number, line in enumerate(lines, start=1):
        try:
            entry = _parsed(model, line)
        except ValueError as error:
            faults.append(f"{called} {number} cannot be read: {error}")
            previous = line_hash(line)
            continue
        if entry.sequence != number:
            faults.append(f"{called} {number} bears the number {entry.sequence}")
        if entry.previous != previous:
            faults.append(f"{called} {number} does not follow the one before it")
        key = trusted.get(entry.key)
        if key is None:
            faults.append(f"{called} {number} is signed by an unknown key, {entry.key[:16]}")
        elif not key.is_signed(entry.signed_content(), entry.signature):
            faults.append(f"the signature of {called} {number} is not valid")
        entries.append(entry)
        previous = line_hash(line)
    return faults, entries
