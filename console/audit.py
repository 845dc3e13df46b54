"""The audit log: who did what in the console, when. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import func, select

from search.records import Records
from search.tables import AuditRow


class Deed(StrEnum):
    """What the log tells of."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGOUT = "logout"
    HIT_VIEWED = "hit_viewed"
    EVIDENCE_VIEWED = "evidence_viewed"
    DECIDED = "decided"
    TIE_CUT = "tie_cut"
    TIE_RESTORED = "tie_restored"
    HIT_PARTED = "hit_parted"
    CAMPAIGN_NAMED = "campaign_named"
    VALUE_STOPPED = "value_stopped"
    VALUE_FREED = "value_freed"
    REPORTED = "reported"
    EXPORTED = "exported"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


def note(records: Records, actor: str, deed: Deed, subject: str, detail: str = "") -> None:
    """Add a line. Raises RecordsError: what cannot be logged must not be done."""
    with records.write() as session:
        session.add(
            AuditRow(at=datetime.now(UTC), actor=actor[:128], action=deed, subject=subject[:255], detail=detail[:2000])
        )


def audit_lines(records: Records, limit: int, offset: int = 0) -> tuple[list[AuditLine], int]:
    """A page of the log, newest first, and how many lines there are in all."""
    with records.read() as session:
        total = session.scalar(select(func.count()).select_from(AuditRow)) or 0
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(limit).offset(offset))
        return [AuditLine(row.id, row.at, row.actor, row.action, row.subject, row.detail) for row in rows], total
