"""The picture shelf: what was read in pictures, and small copies of them to show, in one bounded SQLite file.

A picture is known by the hash of its bytes, so that the same creative is read once over all crawls, whoever carries it.
What was read is kept under the reader that read it: another Tesseract, other languages or a better reader read anew.
The copies are re-encoded by us; the bytes that a site sent are never kept here. What was not asked for longest goes
first when the shelf is full, and what belongs to no hit before what does. Nothing here is a record: without the file,
pictures are read again.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from matchers.page import Picture

FILE_NAME: Final = "pictures.db"
"""The shelf's file in the data folder."""
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_LOCK_WAIT_SECONDS: Final = 5.0
_LEFT_AFTER_CLEARING: Final = 0.9
"""Share of the bound that clearing leaves, so that not every new picture clears."""
_ROW_BYTES: Final = 200
"""What a row costs beside its content: keys, times, its places in the indexes."""
_SCHEMA: Final = """
create table if not exists readings (
    sha256 text not null, reader text not null, reading text not null, bytes integer not null, used_at real not null,
    primary key (sha256, reader)) without rowid;
create index if not exists readings_by_use on readings (used_at, bytes);
create table if not exists copies (
    sha256 text primary key, png blob not null, bytes integer not null, is_of_hit integer not null,
    used_at real not null);
create index if not exists copies_by_use on copies (is_of_hit, used_at, bytes);
"""
_HELD: Final = (
    "select coalesce(sum(bytes), 0) from readings",
    "select coalesce(sum(bytes), 0) from copies",
)
_OLDEST_AND_DELETE: Final = (
    ("select sha256, bytes from copies order by is_of_hit, used_at", "delete from copies where sha256 = ?"),
    (
        "select sha256, reader, bytes from readings order by used_at",
        "delete from readings where sha256 = ? and reader = ?",
    ),
)
_PICTURE: Final = TypeAdapter(Picture)
_Answer = TypeVar("_Answer")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShelfUse:
    """How full the shelf is: readings and copies on it, their bytes, and the bound."""

    readings: int
    copies: int
    bytes: int
    max_bytes: int


class PictureShelf:
    """Readings and small copies by content hash, at most `max_bytes` of them; safe to share between threads.

    A file that cannot be read or written costs readings, never a crawl: every failure is logged once by name and the
    answer is as if nothing were there.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._has_warned = False

    def reading(self, sha256: str, reader: str) -> Picture | None:
        """What this reader read in the picture of this hash; None where it has not, or that is gone."""

        def find(database: sqlite3.Connection) -> str:
            row = database.execute(
                "select reading from readings where sha256 = ? and reader = ?", (sha256, reader)
            ).fetchone()
            if row is None:
                return ""
            now = time.time()
            database.execute("update readings set used_at = ? where sha256 = ? and reader = ?", (now, sha256, reader))
            database.execute("update copies set used_at = ? where sha256 = ?", (now, sha256))
            return str(row[0])

        found = self._do(find, "")
        try:
            return _PICTURE.validate_json(found) if found else None
        except ValidationError:
            # Written by another version of this program.
            return None

    def keep(self, picture: Picture, reader: str, copy: bytes = b"") -> None:
        """Put what was read, and the small copy where there is one, on the shelf; clear it where that is too much.

        Raises ValueError for a copy that is no PNG.
        """
        if copy and not copy.startswith(PNG_START):
            raise ValueError(f"the copy of picture {picture.sha256} is no PNG; only what we encoded is kept")
        reading = _PICTURE.dump_json(picture).decode("utf-8", "replace")
        size, now = len(reading) + _ROW_BYTES, time.time()

        def put(database: sqlite3.Connection) -> None:
            database.execute(
                "insert or replace into readings values (?, ?, ?, ?, ?)", (picture.sha256, reader, reading, size, now)
            )
            if copy:
                database.execute(
                    "insert into copies values (?, ?, ?, 0, ?) "
                    "on conflict (sha256) do update set used_at = excluded.used_at",
                    (picture.sha256, copy, len(copy) + _ROW_BYTES, now),
                )
            self._clear(database)

        self._do(put, None)

    def keep_for_hit(self, hashes: Collection[str]) -> None:
        """The pictures of these hashes are a hit's: their copies go last."""

        def mark(database: sqlite3.Connection) -> None:
            database.executemany("update copies set is_of_hit = 1 where sha256 = ?", [(one,) for one in hashes])

        self._do(mark, None)

    def copy(self, sha256: str) -> bytes | None:
        """The small copy of the picture of this hash, a PNG of our own making; None where there is none."""

        def find(database: sqlite3.Connection) -> bytes:
            row = database.execute("select png from copies where sha256 = ?", (sha256,)).fetchone()
            return bytes(row[0]) if row is not None else b""

        found = self._do(find, b"")
        return found if found.startswith(PNG_START) else None

    def holds(self, hashes: Collection[str]) -> frozenset[str]:
        """Those of these hashes of which there is a copy."""

        def find(database: sqlite3.Connection) -> frozenset[str]:
            question = "select 1 from copies where sha256 = ?"
            return frozenset(one for one in hashes if database.execute(question, (one,)).fetchone() is not None)

        return self._do(find, frozenset())

    def use(self) -> ShelfUse:
        """How full the shelf is."""

        def count(database: sqlite3.Connection) -> ShelfUse:
            readings = database.execute("select count(*), coalesce(sum(bytes), 0) from readings").fetchone()
            copies = database.execute("select count(*), coalesce(sum(bytes), 0) from copies").fetchone()
            return ShelfUse(readings[0], copies[0], readings[1] + copies[1], self.max_bytes)

        return self._do(count, ShelfUse(0, 0, 0, self.max_bytes))

    def close(self) -> None:
        """Let go of the file; asked again, the shelf opens it anew."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _clear(self, database: sqlite3.Connection) -> None:
        """Take the longest unused off the shelf where it holds more than it may."""
        held = sum(database.execute(question).fetchone()[0] for question in _HELD)
        surplus = held - self.max_bytes
        if surplus <= 0:
            return
        surplus += int(self.max_bytes * (1 - _LEFT_AFTER_CLEARING))
        for oldest, delete in _OLDEST_AND_DELETE:
            gone = []
            for *key, size in database.execute(oldest):
                if surplus <= 0:
                    break
                gone.append(key)
                surplus -= size
            database.executemany(delete, gone)

    def _do(self, work: Callable[[sqlite3.Connection], _Answer], otherwise: _Answer) -> _Answer:
        """What `work` answers, its changes kept; `otherwise`, with the failure told once, where the file fails."""
        with self._lock:
            try:
                database = self._opened()
                with database:
                    return work(database)
            except (OSError, sqlite3.Error) as error:
                self._warn(error)
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                return otherwise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_LOCK_WAIT_SECONDS, check_same_thread=False)
            try:
                # What is lost with the power is read again: no write waits for the disk.
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = off")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            detail = f"{self.path}: {error}; pictures are read without it, delete the file if it is damaged"
            logger.warning("picture_shelf_unusable", extra={"detail": detail})
