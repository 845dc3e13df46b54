"""The life of a hit: its statuses, which may follow which, and the history each step leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select

from search.outbox import announce
from search.records import Records
from search.saved import before_change
from search.status import Status
from search.tables import HitEventRow, HitRow

FOLLOWS: Mapping[Status, tuple[Status, ...]] = {
    Status.NEW: (Status.IN_REVIEW, Status.CONFIRMED, Status.NOT_VIOLATION),
    Status.IN_REVIEW: (Status.CONFIRMED, Status.NOT_VIOLATION, Status.NEW),
    Status.CONFIRMED: (Status.HANDED_OVER, Status.TAKEN_DOWN, Status.CLOSED, Status.IN_REVIEW),
    Status.NOT_VIOLATION: (Status.IN_REVIEW, Status.CLOSED),
    Status.HANDED_OVER: (Status.TAKEN_DOWN, Status.CLOSED, Status.IN_REVIEW),
    Status.TAKEN_DOWN: (Status.CLOSED, Status.IN_REVIEW),
    Status.CLOSED: (Status.IN_REVIEW,),
}


class ReviewError(Exception):
    """A decision that cannot be taken."""


class HitMissing(ReviewError):
    """There is no hit of that id."""


class StatusNotAllowed(ReviewError):
    """The hit's status does not lead to the one asked for."""


class HitChanged(ReviewError):
    """Somebody decided in the meantime: the hit is no longer in the version that was looked at."""


def decide(
    records: Records, hit_id: int, to_status: Status, actor: str, note: str = "", seen_version: int | None = None
) -> int:
    """Move a hit to `to_status`, with its history and index work in one transaction. Returns the new version.

    `seen_version` is the version the decider looked at; None decides whatever the version.
    Raises HitMissing, StatusNotAllowed or HitChanged, and changes nothing then.
    """
    with records.write() as session:
        hit = session.scalar(select(HitRow).where(HitRow.id == hit_id).with_for_update())
        if hit is None:
            raise HitMissing(f"hit {hit_id} does not exist")
        if seen_version is not None and hit.version != seen_version:
            raise HitChanged(f"hit {hit_id} is at version {hit.version}, not {seen_version}; look again, then decide")
        current = Status(hit.status)
        if to_status not in FOLLOWS[current]:
            allowed = ", ".join(FOLLOWS[current])
            raise StatusNotAllowed(f"hit {hit_id} is {current}; from there it can become {allowed}, not {to_status}")
        before = before_change(session, hit)
        hit.status = to_status
        hit.version += 1
        session.add(
            HitEventRow(
                hit_id=hit_id,
                at=datetime.now(UTC),
                actor=actor,
                action="decided",
                from_status=current,
                to_status=to_status,
                note=note,
            )
        )
        announce(session, hit_id, before)
        return hit.version
