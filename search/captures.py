"""Captures that hits wait for: asked for with the hit, leased to one worker at a time, then done or failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from search.campaigns.membership import hold_campaigns, retie
from search.outbox import announce
from search.records import Records
from search.saved import before_change
from search.tables import CapturedPageRow, CaptureRow, HitEventRow, HitRow

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3
MAX_TEXT_CHARACTERS = 400_000
"""Of a captured page's words, what is kept to be searched; the evidence has all of them."""


class CaptureState(StrEnum):
    """How far a capture is; `UNDER_WAY` is as good as due once its lease is over, for then its worker died."""

    DUE = "due"
    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """A capture as the records know it. `evidence_id` names it in the vault, "" until it is done."""

    id: int
    hit_id: int
    url: str
    device: str
    referrer_url: str
    state: CaptureState
    attempts: int
    requested_at: datetime
    finished_at: datetime | None
    evidence_id: str
    failure: str


@dataclass(frozen=True, slots=True)
class ShownPage:
    """What a capture shows: the page's visible words, and its picture's fingerprint (`pictures.fingerprint`)."""

    text: str
    picture_fingerprint: int


def request_capture(session: Session, hit_id: int, url: str, device: str, referrer_url: str) -> None:
    """Put a capture down in the caller's transaction, unless one is already due for this hit."""
    is_due = session.scalar(
        select(CaptureRow.id).where(CaptureRow.hit_id == hit_id, CaptureRow.state == CaptureState.DUE)
    )
    if is_due is None:
        session.add(
            CaptureRow(
                hit_id=hit_id,
                url=url,
                device=device,
                referrer_url=referrer_url,
                state=CaptureState.DUE,
                requested_at=datetime.now(UTC),
            )
        )


def lease_capture(records: Records) -> CaptureJob | None:
    """Take the oldest capture that is due (or whose worker died), for `LEASE`; None when there is none.

    A capture that `MAX_ATTEMPTS` workers died of has failed.
    """
    now = datetime.now(UTC)
    with records.write() as session:
        while True:
            row = _oldest(session, CaptureRow.state == CaptureState.DUE) or _oldest(
                session, CaptureRow.state == CaptureState.UNDER_WAY, CaptureRow.lease_until < now
            )
            if row is None:
                return None
            if row.attempts < MAX_ATTEMPTS:
                row.state = CaptureState.UNDER_WAY
                row.lease_until = now + LEASE
                row.attempts += 1
                return _job(row)
            _fail(session, row, row.failure or f"its worker died {row.attempts} times")


def finish_capture(records: Records, job_id: int, evidence_id: str, shown: ShownPage | None = None) -> None:
    """The vault holds it: note so, add it to the hit's history, and keep what it shows to search and compare by.

    `shown` is None where the answer was no page that can be shown. Of two workers that both finish (the first one's
    lease had run out), the first names the evidence.
    """
    with records.write() as session:
        row = _locked(session, job_id)
        now = datetime.now(UTC)
        if row.state != CaptureState.DONE:
            row.state, row.evidence_id, row.failure = CaptureState.DONE, evidence_id, ""
            row.finished_at = now
            if shown is not None:
                _keep(session, row, shown)
        session.add(HitEventRow(hit_id=row.hit_id, at=now, actor="crawler", action="captured", note=evidence_id))


def _keep(session: Session, row: CaptureRow, shown: ShownPage) -> None:
    # Before anything that locks the hit, as everybody does who needs both.
    hold_campaigns(session)
    hit = session.scalars(select(HitRow).where(HitRow.id == row.hit_id).with_for_update()).one()
    before = before_change(session, hit)
    session.add(
        CapturedPageRow(
            capture_id=row.id,
            hit_id=row.hit_id,
            text=shown.text[:MAX_TEXT_CHARACTERS],
            picture_fingerprint=shown.picture_fingerprint,
        )
    )
    session.flush()
    hit.version += 1
    retie(session, hit)
    announce(session, hit.id, before)


def fail_capture(records: Records, job_id: int, failure: str, is_final: bool = False) -> None:
    """Note why it failed; it is due again unless `is_final` or tried `MAX_ATTEMPTS` times.

    What another worker has finished meanwhile stays done.
    """
    with records.write() as session:
        row = _locked(session, job_id)
        if row.state == CaptureState.DONE:
            return
        if is_final or row.attempts >= MAX_ATTEMPTS:
            _fail(session, row, failure)
        else:
            row.state, row.failure = CaptureState.DUE, failure


def captures_of(records: Records, hit_id: int) -> list[CaptureJob]:
    """The captures of a hit, newest first."""
    with records.read() as session:
        rows = session.scalars(select(CaptureRow).where(CaptureRow.hit_id == hit_id).order_by(CaptureRow.id.desc()))
        return [_job(row) for row in rows]


def captures_in(records: Records, state: CaptureState) -> int:
    """How many captures are in this state."""
    with records.read() as session:
        return session.scalar(select(func.count()).select_from(CaptureRow).where(CaptureRow.state == state)) or 0


def captures_waiting(records: Records) -> int:
    """How many captures `lease_capture` would take now: those due, and those whose worker died."""
    is_left = (CaptureRow.state == CaptureState.UNDER_WAY) & (CaptureRow.lease_until < datetime.now(UTC))
    statement = select(func.count()).select_from(CaptureRow).where((CaptureRow.state == CaptureState.DUE) | is_left)
    with records.read() as session:
        return session.scalar(statement) or 0


def _oldest(session: Session, *conditions: ColumnElement[bool]) -> CaptureRow | None:
    return session.scalar(
        select(CaptureRow).where(*conditions).order_by(CaptureRow.id).limit(1).with_for_update(skip_locked=True)
    )


def _locked(session: Session, job_id: int) -> CaptureRow:
    return session.scalars(select(CaptureRow).where(CaptureRow.id == job_id).with_for_update()).one()


def _fail(session: Session, row: CaptureRow, failure: str) -> None:
    row.state, row.failure, row.finished_at = CaptureState.FAILED, failure, datetime.now(UTC)
    session.add(
        HitEventRow(hit_id=row.hit_id, at=row.finished_at, actor="crawler", action="capture_failed", note=failure)
    )
    session.flush()


def _job(row: CaptureRow) -> CaptureJob:
    return CaptureJob(
        id=row.id,
        hit_id=row.hit_id,
        url=row.url,
        device=row.device,
        referrer_url=row.referrer_url,
        state=CaptureState(row.state),
        attempts=row.attempts,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        evidence_id=row.evidence_id,
        failure=row.failure,
    )
