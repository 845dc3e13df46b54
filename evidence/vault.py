"""Where captures are kept: the Vault interface, and a vault in a folder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evidence.canonical import canonical_json, parse_canonical
from evidence.failure import Damaged, LogMoved, NotInVault, VaultError, VaultFull, VaultUnwritable
from evidence.request import Device
from evidence.workspace import Workspace

CHUNK_BYTES = 256 * 1024
CLOCK_TICK_SECONDS = 0.02
REGISTER = "register"
SHA256 = re.compile(r"[0-9a-f]{64}")
CAPTURE_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{10}")
LOG_NAME = re.compile(rf"register|custody/{CAPTURE_ID.pattern}")


class StoredFile(BaseModel):
    """A file of a capture, by the hash under which the vault holds its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class CaptureRecord(BaseModel):
    """A capture in the vault: what a list shows of it, and its files by their path in the bundle.

    All of it follows from the signed manifest and metadata; `verify` holds it against them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=rf"^{CAPTURE_ID.pattern}$")
    sealed_at: str
    url: str
    final_url: str
    title: str
    status: int
    method: str
    device: Device
    requested_by: str
    reason: str
    manifest_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    files: dict[str, StoredFile]

    def to_bytes(self) -> bytes:
        """The record as the vault writes it."""
        return canonical_json(self.model_dump())


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found at opening that a dead process had left: captures `finished`, drafts `discarded`."""

    finished: tuple[str, ...] = ()
    discarded: int = 0


class Vault(Protocol):
    """Content-addressed files, capture records over them, and append-only logs beside them.

    Whatever a method has returned from is on the disk. Nothing is ever overwritten by other content.
    """

    workspace: Workspace
    """Where captures are drawn up before they are stored."""

    def put(self, stream: BinaryIO) -> str:
        """Store what `stream` holds and return its SHA-256; the same content is stored once."""

    def open(self, sha256: str) -> BinaryIO:
        """The content of that hash, seekable; NotInVault when there is none. Not checked against the hash here."""

    def store(self, record: CaptureRecord, sources: Mapping[str, Path], custody: Sequence[bytes]) -> None:
        """Store a capture as one act: its files (`sources` by path in the bundle), its record, its first custody lines.

        Storing the same capture again changes nothing. Damaged when a source is not what the record says.
        """

    def get(self, capture_id: str) -> CaptureRecord:
        """The record of a capture; NotInVault when there is none, Damaged when it cannot be read."""

    def ids(self) -> tuple[str, ...]:
        """The ids of all captures, oldest first."""

    def read_log(self, log: str) -> tuple[bytes, ...]:
        """The lines of a log (`register`, `custody/ID`), none when there is no such log."""

    def last_line(self, log: str) -> bytes:
        """The last line of a log, b"" when it is empty."""

    def append_log(self, log: str, line: bytes, after: bytes) -> None:
        """Append `line` if the log still ends with the line `after` (b"" for an empty log); else LogMoved."""

    def unregistered(self) -> tuple[str, ...]:
        """Captures whose custody log may be ahead of the register: written to since the register last was."""

    def recover(self) -> Recovery:
        """Finish or discard what dead processes left half done."""

    def strays(self) -> Iterator[str]:
        """Names of things in the vault that have no place there."""


class FolderVault:
    """A vault in a folder of this machine.

    ```
    objects/3f/3f9a…   content, by SHA-256
    captures/ID.json   capture records
    custody/ID.jsonl   custody logs
    register.jsonl     the installation's register
    incoming/          drafts of living processes
    ```

    A capture is written whole into `incoming/`, flushed to the disk, and becomes one by the rename of its record there;
    only then is it moved to its places. A process that dies before the rename leaves a draft that the next opening
    discards, one that dies after it leaves a capture that the next opening finishes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = Workspace(root / "incoming")
        self._objects = root / "objects"
        self._captures = root / "captures"
        self._custody = root / "custody"
        with _named_failures(root):
            for folder in (self._objects, self._captures, self._custody, self.workspace.root):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, stream: BinaryIO) -> str:
        with _named_failures(self.root), self.workspace.folder() as draft:
            sha256, _ = _copy(stream, draft.path / "content")
            self._place(draft.path / "content", sha256)
            return sha256

    def open(self, sha256: str) -> BinaryIO:
        try:
            return self._object(sha256).open("rb")
        except FileNotFoundError:
            raise NotInVault(f"{self.root} holds no content {sha256}") from None

    def store(self, record: CaptureRecord, sources: Mapping[str, Path], custody: Sequence[bytes]) -> None:
        with _named_failures(self.root), self.workspace.folder() as draft:
            for path, stored in record.files.items():
                with sources[path].open("rb") as source:
                    found = _copy(source, draft.path / stored.sha256)
                if found != (stored.sha256, stored.size):
                    raise Damaged(f"{path} of capture {record.id} changed while it was being stored")
            _write(draft.path / "custody.jsonl", b"".join(line + b"\n" for line in custody))
            _write(draft.path / "record.draft", record.to_bytes())
            (draft.path / "record.draft").rename(draft.path / "record.json")
            _flush_folder(draft.path)
            self._publish(draft.path)

    def _publish(self, draft: Path) -> str:
        """Move a complete draft to its places; may be done again over what an earlier try had moved."""
        record = _parse_record((draft / "record.json").read_bytes())
        for stored in record.files.values():
            if (draft / stored.sha256).exists():
                self._place(draft / stored.sha256, stored.sha256)
        for name, target in (
            ("custody.jsonl", self._log(f"custody/{record.id}")),
            ("record.json", self._record(record.id)),
        ):
            # linked, not moved: the draft stays complete until all of it is in place
            with contextlib.suppress(FileExistsError):
                target.hardlink_to(draft / name)
            _flush_folder(target.parent)
        return record.id

    def _place(self, content: Path, sha256: str) -> None:
        target = self._object(sha256)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            _flush_folder(self._objects)
        if target.exists() and _sha256_of(target) == sha256:
            return
        content.chmod(0o400)
        content.rename(target)
        _flush_folder(target.parent)

    def get(self, capture_id: str) -> CaptureRecord:
        try:
            return _parse_record(self._record(capture_id).read_bytes())
        except FileNotFoundError:
            raise NotInVault(f"{self.root} holds no capture {capture_id}") from None

    def ids(self) -> tuple[str, ...]:
        names = (path.stem for path in self._captures.glob("*.json"))
        return tuple(sorted(name for name in names if CAPTURE_ID.fullmatch(name)))

    def read_log(self, log: str) -> tuple[bytes, ...]:
        try:
            content = self._log(log).read_bytes()
        except FileNotFoundError:
            return ()
        return tuple(content.split(b"\n")[:-1])  # what follows the last line end was never acknowledged

    def last_line(self, log: str) -> bytes:
        try:
            with self._log(log).open("rb") as stream:
                return _last_line(stream)[1]
        except FileNotFoundError:
            return b""

    def append_log(self, log: str, line: bytes, after: bytes) -> None:
        path = self._log(log)
        with _named_failures(self.root):
            is_new = not path.exists()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                end, last = _last_line(stream)
                if last != after:
                    raise LogMoved(f"{log} has a new last line")
                stream.seek(end)
                stream.truncate()
                stream.write(line + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            if is_new:
                _flush_folder(path.parent)

    def unregistered(self) -> tuple[str, ...]:
        register = self._log(REGISTER)
        since = register.stat().st_mtime if register.exists() else 0.0
        # a file's time has the grain of the kernel's clock tick, so that "at the same time" is not "before"
        logs = (path for path in self._custody.glob("*.jsonl") if path.stat().st_mtime >= since - CLOCK_TICK_SECONDS)
        return tuple(sorted(path.stem for path in logs))

    def recover(self) -> Recovery:
        finished: list[str] = []

        def salvage(draft: Path) -> None:
            if (draft / "record.json").exists():
                finished.append(self._publish(draft))

        with _named_failures(self.root):
            swept = self.workspace.sweep(salvage)
            for log in (REGISTER, *(f"custody/{capture}" for capture in self.unregistered())):
                self._trim(log)
        return Recovery(tuple(finished), swept - len(finished))

    def _trim(self, log: str) -> None:
        """Take away the piece of a line that a process was writing when it died; it was never acknowledged."""
        path = self._log(log)
        if not path.exists():
            return
        with path.open("r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            end = _last_line(stream)[0]
            if end != stream.seek(0, os.SEEK_END):
                stream.truncate(end)
                os.fsync(stream.fileno())

    def strays(self) -> Iterator[str]:
        known = {stored.sha256 for capture in self.ids() for stored in self._files_of(capture)}
        for path in sorted(self._objects.rglob("*")):
            is_content = path.is_file() and path.parent.name == path.name[:2] and path.name in known
            if not is_content and not (path.is_dir() and path.parent == self._objects):
                yield str(path.relative_to(self.root))
        ids = set(self.ids())
        for folder, suffix in ((self._captures, ".json"), (self._custody, ".jsonl")):
            for path in sorted(folder.iterdir()):
                if path.suffix != suffix or path.stem not in ids:
                    yield str(path.relative_to(self.root))
        for log in (REGISTER, *(f"custody/{capture}" for capture in sorted(ids))):
            if self._log(log).exists() and self._log(log).read_bytes()[-1:] not in (b"", b"\n"):
                yield f"an unfinished line at the end of {log}.jsonl"
        places = {"objects", "captures", "custody", "incoming", "register.jsonl"}
        yield from sorted(path.name for path in self.root.iterdir() if path.name not in places)

    def _files_of(self, capture_id: str) -> Sequence[StoredFile]:
        try:
            return tuple(self.get(capture_id).files.values())
        except Damaged:
            return ()

    def _object(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise NotInVault(f"{sha256!r} is no SHA-256")
        return self._objects / sha256[:2] / sha256

    def _record(self, capture_id: str) -> Path:
        if not CAPTURE_ID.fullmatch(capture_id):
            raise NotInVault(f"{capture_id!r} is no capture id; they look like 20251124T215801Z-3f9a2cde51")
        return self._captures / f"{capture_id}.json"

    def _log(self, log: str) -> Path:
        if not LOG_NAME.fullmatch(log):
            raise NotInVault(f"{log!r} is no log of a vault")
        return self.root / f"{log}.jsonl"


@contextlib.contextmanager
def _named_failures(root: Path) -> Iterator[None]:
    """Turn what the file system says into what it means for the vault."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise VaultFull(f"no space left for the vault at {root}; free some or move the vault") from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise VaultUnwritable(f"the vault at {root} cannot be written: {error.strerror}") from error
        raise VaultError(f"the vault at {root}: {error}") from error


def _parse_record(raw: bytes) -> CaptureRecord:
    try:
        return CaptureRecord.model_validate(parse_canonical(raw))
    except (ValueError, ValidationError) as error:
        raise Damaged(f"a capture record cannot be read: {str(error).splitlines()[0]}") from error


def _copy(source: BinaryIO, target: Path) -> tuple[str, int]:
    """Copy to a new file, flushed to the disk; its SHA-256 and size."""
    digest = hashlib.sha256()
    size = 0
    with target.open("wb") as out:
        while piece := source.read(CHUNK_BYTES):
            digest.update(piece)
            size += len(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _last_line(stream: BinaryIO) -> tuple[int, bytes]:
    """Where the last complete line ends, and that line, b"" when there is none."""
    end = stream.seek(0, os.SEEK_END)
    tail = b""
    position = end
    while position > 0 and tail.count(b"\n") < 2:
        step = min(4096, position)
        position -= step
        stream.seek(position)
        tail = stream.read(step) + tail
    complete, newline, torn = tail.rpartition(b"\n")
    if not newline:
        return 0, b""
    return end - len(torn), complete.rpartition(b"\n")[2]
