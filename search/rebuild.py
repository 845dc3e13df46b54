"""Rebuilding the index from the records: beside the old one, resumable, one at a time; and whether it must be."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from search.documents import document_batch
from search.indexes.index import DocumentsRefused, Index, IndexCondition, IndexState, IndexUnavailable
from search.outbox import retry_refused
from search.records import Records, RecordsError
from search.tables import HitRow, OutboxRow

PAGE = 5_000
"""How many ids and versions are read from the records at once."""
BATCH = 2_000
"""How many hits are put at once at most: enough that several bulk requests are under way side by side."""
CATCH_UPS = 5
"""How often at most is caught up with what changed before the new index takes over; the rest is put afterwards."""
_LOCK_KEY = 7260210526
"""PostgreSQL's name for the lock on rebuilding; the number only has to be ours."""
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 10, 0.05
"""Whoever looks whether a rebuild is under way holds the lock for a moment."""

_IS_HELD = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database ON oid = database AND datname = current_database() "
    "WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :key)"
)
Progress = Callable[[int, int], None]


class RebuildUnderWay(IndexUnavailable):
    """Another process is rebuilding the index of these records."""


class _Outdated(IndexUnavailable):
    """An index holds what the records do not."""


class Difference(StrEnum):
    """How index and records differ in a hit."""

    MISSING = "missing"
    """The records have it, the index does not."""
    STALE = "stale"
    """The index holds an older version."""
    UNKNOWN = "unknown"
    """The index holds it, or a newer version, and the records do not: they are older than the index."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """How the index stands beside the records that it is made from.

    `hits` are in the records. Of them `waiting` entries wait for the index since `waiting_since`, of
    `waiting_hits` hits, and `refused` hits were refused by it. `is_rebuilding`: some process fills a new one now.
    """

    state: IndexState
    hits: int
    waiting: int
    waiting_hits: int
    waiting_since: datetime | None
    refused: int
    is_rebuilding: bool

    @property
    def lost(self) -> int:
        """How many hits the index should hold and does not: somebody deleted it, or put an older copy in its place."""
        return 0 if self.state.hits is None else max(0, self.hits - self.waiting_hits - self.refused - self.state.hits)

    @property
    def needs_rebuild(self) -> bool:
        """Whether a rebuild is what it needs, and none is under way. An index that holds nothing yet makes itself."""
        is_new = self.state.condition is IndexCondition.GONE and not self.hits
        return not (self.is_rebuilding or is_new) and (self.state.needs_rebuild or self.lost > 0)


def report(records: Records, index: Index) -> IndexReport:
    """How the index stands. Raises RecordsError, and IndexUnavailable where the index cannot be asked."""
    is_rebuilding = is_under_way(records)
    # The records first: whatever they hold and does not wait is in the index already.
    with records.read() as session:
        hits = session.scalar(select(func.count()).select_from(HitRow)) or 0
        waits = select(func.count(), func.count(OutboxRow.hit_id.distinct()), func.min(OutboxRow.created_at)).where(
            OutboxRow.refusal == ""
        )
        waiting, waiting_hits, since = session.execute(waits).one()
        unrefused = select(OutboxRow.hit_id).where(OutboxRow.refusal == "")
        refused = session.scalar(
            select(func.count(OutboxRow.hit_id.distinct())).where(
                OutboxRow.refusal != "", OutboxRow.hit_id.not_in(unrefused)
            )
        )
    return IndexReport(index.state(), hits, waiting, waiting_hits, since, refused or 0, is_rebuilding)


def rebuild(records: Records, index: Index, progress: Progress | None = None, is_anew: bool = False) -> int:
    """Fill a new index from the records beside the old, and let it take over; returns how many hits it was filled with.

    Searches go on meanwhile, and what changes is caught up with. A rebuild that was interrupted is gone on with: only
    what its index lacks, or holds in an older version, is put; not so with `is_anew`, or where its index holds what
    the records do not. `progress` is told how many hits are done, of how many, at the start and after each batch.
    What the index refuses waits in the outbox. Raises RebuildUnderWay, RecordsError and IndexUnavailable; the old
    index stays in force then.
    """
    with only_one(records):
        refused: set[int] = set()
        if is_anew or not index.state().is_behind:
            refused = _renew(records, index, progress, is_anew)
        # Deliveries went to the old index until now: whatever changed since it was read is put once more.
        try:
            refused |= _fill(records, index, refused)[1]
        except _Outdated:
            refused = _renew(records, index, progress, is_anew=True)
            refused |= _fill(records, index, refused)[1]
        index.settle()
        retry_refused(records, refused)
        return index.count()


def _renew(records: Records, index: Index, progress: Progress | None, is_anew: bool) -> set[int]:
    try:
        with index.renewal(is_anew) as fresh:
            _, refused = _fill(records, fresh, set(), progress)
            for _ in range(CATCH_UPS):
                put, again = _fill(records, fresh, refused)
                refused |= again
                if put < BATCH:
                    break
            return refused
    except _Outdated:
        return _renew(records, index, progress, is_anew=True)


def _fill(records: Records, index: Index, refused: set[int], progress: Progress | None = None) -> tuple[int, set[int]]:
    """Put what the index lacks, but for the `refused`; returns how many were put, and which were refused now."""
    expected = hits_in(records)
    held = min(index.count(), expected)
    if progress is not None:
        progress(held, expected)
    put, refused_now = 0, set[int]()
    lacking = (hit_id for hit_id in _lacking(records, index) if hit_id not in refused)
    ids = list(islice(lacking, BATCH))
    while ids:
        with records.read() as session:
            batch, count = document_batch(session, ids)
        try:
            index.put(batch)
        except DocumentsRefused as error:
            refused_now |= set(error.reasons)
        put += len(batch)
        if progress is not None:
            progress(min(held + put, expected), expected)
        ids = ids[count:] or list(islice(lacking, BATCH))
    return put, refused_now


def _lacking(records: Records, index: Index) -> Iterator[int]:
    for hit_id, difference in differences(records, index):
        if difference is Difference.UNKNOWN:
            raise _Outdated(f"the index holds hit {hit_id} in a version that the records have not")
        yield hit_id


def hits_in(records: Records) -> int:
    """How many hits the records hold."""
    with records.read() as session:
        return session.scalar(select(func.count()).select_from(HitRow)) or 0


def differences(records: Records, index: Index) -> Iterator[tuple[int, Difference]]:
    """Where index and records differ, by ascending id; little is in memory at a time.

    The index is read as of one moment, the records after it: what is recorded meanwhile counts as missing.
    """
    held = iter(index.versions())
    last = next(held, None)
    for hit_id, version in _recorded(records):
        while last is not None and last[0] < hit_id:
            yield last[0], Difference.UNKNOWN
            last = next(held, None)
        if last is None or last[0] > hit_id:
            yield hit_id, Difference.MISSING
            continue
        if last[1] != version:
            yield hit_id, Difference.STALE if last[1] < version else Difference.UNKNOWN
        last = next(held, None)
    while last is not None:
        yield last[0], Difference.UNKNOWN
        last = next(held, None)


def check(records: Records, index: Index) -> dict[int, Difference]:
    """Where index and records differ for good: not in what changed meanwhile, nor in what waits in the outbox.

    What is unknown differs though it waits: the index never takes a version older than the one it holds.
    """
    first = dict(differences(records, index))
    if not first:
        return {}
    second = dict(differences(records, index))
    with records.read() as session:
        waits = set(session.scalars(select(OutboxRow.hit_id).where(OutboxRow.refusal == "")))
    return {
        hit_id: difference
        for hit_id, difference in second.items()
        if first.get(hit_id) is difference and (difference is Difference.UNKNOWN or hit_id not in waits)
    }


def is_ahead(records: Records, index: Index) -> bool:
    """Whether the index holds a hit, or a version of one, that the records have not: an older copy took their place.

    As new hits take the ids of those that were lost, the index would ignore them for the newer versions that it holds.
    Reads every version of both unless one is found before. Raises RecordsError and IndexUnavailable.
    """
    return any(difference is Difference.UNKNOWN for _, difference in differences(records, index))


def _recorded(records: Records) -> Iterator[tuple[int, int]]:
    last_id = 0
    while True:
        with records.read() as session:
            statement = select(HitRow.id, HitRow.version).where(HitRow.id > last_id).order_by(HitRow.id).limit(PAGE)
            rows = [(hit_id, version) for hit_id, version in session.execute(statement)]
        yield from rows
        if len(rows) < PAGE:
            return
        last_id = rows[-1][0]


@contextmanager
def only_one(records: Records) -> Iterator[None]:
    """Keep others from rebuilding the index of these records for the block, and not a moment longer if we are killed.

    Raises RebuildUnderWay when another process does, and RecordsError.
    """
    hold = _hold_postgres if records.engine.dialect.name == "postgresql" else _hold_file
    with hold(records):
        yield


def is_under_way(records: Records) -> bool:
    """Whether some process rebuilds the index of these records now. Raises RecordsError and IndexUnavailable."""
    if records.engine.dialect.name == "postgresql":
        with records.read() as session:
            return bool(session.scalar(_IS_HELD, {"key": _LOCK_KEY}))
    path = _lock_file(records)
    if path is None or not path.exists():
        return False
    try:
        lock = path.open()
    except OSError as error:
        raise IndexUnavailable(f"{path}: {error.strerror}; give us read access") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def _hold_postgres(records: Records) -> Iterator[None]:
    # A lock of the session: the server takes it back when the connection ends, however it ends.
    try:
        connection = records.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with closing(connection):
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}):
                raise RebuildUnderWay("another process is rebuilding the index; see `luoitroi index status`")
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
    except DBAPIError as error:
        raise RecordsError(f"the records' server: {error.orig}; see `luoitroi doctor`") from error


@contextmanager
def _hold_file(records: Records) -> Iterator[None]:
    path = _lock_file(records)
    if path is None:
        yield
        return
    try:
        lock = path.open("a+")
    except OSError as error:
        raise IndexUnavailable(f"{path}: {error.strerror}; give the folder write access") from error
    with lock:
        for tries_left in reversed(range(_LOCK_TRIES)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not tries_left:
                    lock.seek(0)
                    holder = lock.read().strip()
                    raise RebuildUnderWay(
                        f"process {holder} is rebuilding the index; see `luoitroi index status`"
                    ) from None
                time.sleep(_LOCK_PAUSE_SECONDS)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _lock_file(records: Records) -> Path | None:
    """What is locked beside records in SQLite; None for records in memory, which nobody else has."""
    path = records.sqlite_path
    return path and path.with_name(f"{path.name}-rebuild")
