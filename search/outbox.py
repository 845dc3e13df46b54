"""The outbox: index work written with the hit it belongs to, delivered to the index afterwards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from search.documents import document_batch
from search.indexes.index import Document, DocumentsRefused, Index
from search.records import Records
from search.saved import raise_alerts
from search.tables import OutboxRow

BATCH = 500


def announce(session: Session, hit_id: int, before: Document | None) -> None:
    """Note, in the caller's transaction, that the index and the saved searches must hear of this hit.

    `before` is the hit before its change (`search.saved.before_change`), None where it is new or nothing but seen.
    """
    session.add(OutboxRow(hit_id=hit_id, created_at=datetime.now(UTC)))
    raise_alerts(session, hit_id, before)


def deliver(records: Records, index: Index, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Deliver all that waits, oldest first, while it `goes_on`; returns how many entries were delivered.

    At least once: an entry leaves the outbox only after the index took it, and the index keeps the newest
    version of a hit whatever the order. Raises IndexUnavailable with the rest still waiting; DocumentsRefused
    when everything was delivered but some hits. These stay with the reason, and are not sent again until they change
    (`announce`) or the index is rebuilt: what the index will never take is not asked of it every few seconds.
    """
    delivered, last_id = 0, 0
    refused: dict[int, str] = {}
    while goes_on():
        with records.read() as session:
            rows = session.execute(
                select(OutboxRow.id, OutboxRow.hit_id)
                .where(OutboxRow.id > last_id, OutboxRow.refusal == "")
                .order_by(OutboxRow.id)
                .limit(BATCH)
            ).all()
            ids = list(dict.fromkeys(hit_id for _, hit_id in rows))
            changed, count = document_batch(session, ids)
            later = set(ids[count:])
            rows = rows[: next((at for at, row in enumerate(rows) if row.hit_id in later), len(rows))]
        if not rows:
            break
        reasons: Mapping[int, str] = {}
        try:
            index.put(changed)
        except DocumentsRefused as error:
            reasons = error.reasons
        last_id = rows[-1][0]
        _note_outcome(records, [(row_id, hit_id) for row_id, hit_id in rows], reasons)
        delivered += sum(hit_id not in reasons for _, hit_id in rows)
        refused |= reasons
    if refused:
        raise DocumentsRefused(refused)
    return delivered


def waiting(records: Records) -> tuple[int, datetime | None]:
    """How many entries wait, and since when the oldest; what the index refused waits for nothing."""
    with records.read() as session:
        count, oldest = session.execute(
            select(func.count(), func.min(OutboxRow.created_at)).where(OutboxRow.refusal == "")
        ).one()
        return count, oldest


def refusals(records: Records) -> dict[int, str]:
    """Why the index refused which hits, by hit; a hit that changed since is tried again and not among them."""
    with records.read() as session:
        waits = select(OutboxRow.hit_id).where(OutboxRow.refusal == "")
        rows = session.execute(
            select(OutboxRow.hit_id, OutboxRow.refusal)
            .where(OutboxRow.refusal != "", OutboxRow.hit_id.not_in(waits))
            .order_by(OutboxRow.id)
        )
        return {row.hit_id: row.refusal for row in rows}


def retry_refused(records: Records, hit_ids: Collection[int] = ()) -> None:
    """Let what was refused wait again, and these hits with it: the index in force is another one now."""
    with records.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.refusal != "").values(refusal=""))
        now = datetime.now(UTC)
        session.add_all(OutboxRow(hit_id=hit_id, created_at=now) for hit_id in sorted(hit_ids))


def _note_outcome(records: Records, rows: Sequence[tuple[int, int]], reasons: Mapping[int, str]) -> None:
    """Drop the entries of hits that the index took, and keep one, with its reason, of each that it refused."""
    kept = {hit_id: row_id for row_id, hit_id in rows if hit_id in reasons}
    # What was refused of these hits before is out of date either way.
    is_older = OutboxRow.hit_id.in_({hit_id for _, hit_id in rows}) & (OutboxRow.refusal != "")
    is_done = OutboxRow.id.in_([row_id for row_id, _ in rows if row_id not in kept.values()])
    with records.write() as session:
        is_older &= (OutboxRow.id < rows[-1][0]) & OutboxRow.id.not_in(list(kept.values()))
        session.execute(delete(OutboxRow).where(is_done | is_older))
        for hit_id, row_id in kept.items():
            session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(refusal=reasons[hit_id]))
