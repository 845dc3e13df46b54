"""The outbox: index work written with the hit it belongs to, delivered to the index afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from search.documents import documents
from search.index import Document, DocumentsRefused, Index
from search.records import Records
from search.saved import raise_alerts
from search.tables import HitRow, OutboxRow

BATCH = 500


def announce(session: Session, hit_id: int) -> None:
    """Note, in the caller's transaction, that the index and the saved searches must hear of this hit."""
    session.add(OutboxRow(hit_id=hit_id, created_at=datetime.now(UTC)))
    raise_alerts(session, hit_id)


def deliver(records: Records, index: Index) -> int:
    """Deliver all that waits, oldest first; returns how many entries were delivered.

    At least once: an entry leaves the outbox only after the index took it, and the index keeps the newest
    version of a hit whatever the order. Raises IndexUnavailable with the rest still waiting; DocumentsRefused
    when everything was delivered but some hits, which keep waiting.
    """
    delivered, last_id = 0, 0
    refused: dict[int, str] = {}
    while True:
        with records.read() as session:
            rows = session.execute(
                select(OutboxRow.id, OutboxRow.hit_id).where(OutboxRow.id > last_id).order_by(OutboxRow.id).limit(BATCH)
            ).all()
            hits = session.scalars(select(HitRow).where(HitRow.id.in_({hit_id for _, hit_id in rows}))).all()
            changed = documents(session, hits)
        if not rows:
            break
        try:
            index.put(changed)
        except DocumentsRefused as error:
            refused |= error.reasons
        taken = [row_id for row_id, hit_id in rows if hit_id not in refused]
        with records.write() as session:
            session.execute(delete(OutboxRow).where(OutboxRow.id.in_(taken)))
        delivered, last_id = delivered + len(taken), rows[-1][0]
    if refused:
        raise DocumentsRefused(refused)
    return delivered


def waiting(records: Records) -> tuple[int, datetime | None]:
    """How many entries wait, and since when the oldest."""
    with records.read() as session:
        count, oldest = session.execute(select(func.count(), func.min(OutboxRow.created_at))).one()
        return count, oldest


def rebuild(records: Records, index: Index, progress: Callable[[int, int], None] | None = None) -> int:
    """Fill a new index from the records beside the old, and let it take over; returns how many hits it was filled with.

    Searches go on meanwhile, and what changes is caught up with. `progress` is told how many are done, of how many,
    after each batch. A rebuild that is interrupted leaves the old index as it was.
    """
    with records.read() as session:
        expected = session.scalar(select(func.count()).select_from(HitRow)) or 0
    filled: dict[int, int] = {}
    with index.renewal() as fresh:
        last_id = 0
        while found := _documents(records, HitRow.id > last_id):
            fresh.put(found)
            filled.update((document.id, document.version) for document in found)
            last_id = found[-1].id
            if progress is not None:
                progress(len(filled), expected)
    # Deliveries went to the old index until now: whatever changed since it was read is put once more.
    with records.read() as session:
        versions = session.execute(select(HitRow.id, HitRow.version).order_by(HitRow.id)).all()
    changed = [hit_id for hit_id, version in versions if filled.get(hit_id) != version]
    for start in range(0, len(changed), BATCH):
        index.put(_documents(records, HitRow.id.in_(changed[start : start + BATCH])))
    return len(filled)


def _documents(records: Records, which: ColumnElement[bool]) -> list[Document]:
    with records.read() as session:
        return documents(session, session.scalars(select(HitRow).where(which).order_by(HitRow.id).limit(BATCH)).all())
