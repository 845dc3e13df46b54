"""Reported links: addresses that citizens or colleagues report, each with a receipt and an outcome."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import select

from search.records import Records
from search.tables import ReportedLinkRow

MAX_URL_CHARACTERS = 2000


class ReportOutcome(StrEnum):
    WAITING = "waiting"
    FLAGGED = "flagged"
    NOTHING_FOUND = "nothing_found"
    UNREACHABLE = "unreachable"


class ReportRefused(ValueError):
    """What was reported is not an address of the web."""


@dataclass(frozen=True, slots=True)
class ReportedLink:
    """One reported address. `hit_id` is set when it was flagged."""

    receipt: str
    url: str
    note: str
    reporter: str
    received_at: datetime
    outcome: ReportOutcome
    visited_at: datetime | None
    hit_id: int | None


def report_link(records: Records, url: str, note: str, reporter: str) -> ReportedLink:
    """Take down a reported address; returns it with its receipt. Raises ReportRefused."""
    address = url.strip()
    if "://" not in address:
        address = f"http://{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        raise ReportRefused(f"{url!r} is not an address of the web") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "." not in parts.hostname:
        raise ReportRefused(f"{url!r} is not an address of the web; it must look like https://ten-mien.vn/…")
    if len(address) > MAX_URL_CHARACTERS:
        raise ReportRefused(f"an address has at most {MAX_URL_CHARACTERS} characters")
    now = datetime.now(UTC)
    with records.write() as session:
        row = ReportedLinkRow(
            receipt=f"LT-{now:%Y%m%d}-{secrets.token_hex(4).upper()}",
            url=address,
            note=note,
            reporter=reporter,
            received_at=now,
            outcome=ReportOutcome.WAITING,
        )
        session.add(row)
        session.flush()
        return _link(row)


def waiting_links(records: Records, limit: int = 500) -> list[ReportedLink]:
    """The reported addresses nobody has visited yet, oldest first."""
    with records.read() as session:
        rows = session.scalars(
            select(ReportedLinkRow)
            .where(ReportedLinkRow.outcome == ReportOutcome.WAITING)
            .order_by(ReportedLinkRow.id)
            .limit(limit)
        )
        return [_link(row) for row in rows]


def latest_links(records: Records, limit: int = 100) -> list[ReportedLink]:
    """The newest reports, newest first."""
    with records.read() as session:
        rows = session.scalars(select(ReportedLinkRow).order_by(ReportedLinkRow.id.desc()).limit(limit))
        return [_link(row) for row in rows]


def find_link(records: Records, receipt: str) -> ReportedLink | None:
    """The report with this receipt, or None."""
    with records.read() as session:
        row = session.scalar(select(ReportedLinkRow).where(ReportedLinkRow.receipt == receipt))
        return None if row is None else _link(row)


def answer_link(records: Records, receipt: str, outcome: ReportOutcome, hit_id: int | None = None) -> None:
    """Note what came of a reported address."""
    with records.write() as session:
        row = session.scalar(select(ReportedLinkRow).where(ReportedLinkRow.receipt == receipt))
        if row is not None:
            row.outcome, row.hit_id, row.visited_at = outcome, hit_id, datetime.now(UTC)


def _link(row: ReportedLinkRow) -> ReportedLink:
    return ReportedLink(
        receipt=row.receipt,
        url=row.url,
        note=row.note,
        reporter=row.reporter,
        received_at=row.received_at,
        outcome=ReportOutcome(row.outcome),
        visited_at=row.visited_at,
        hit_id=row.hit_id,
    )
