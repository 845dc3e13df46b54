"""Tying anew every hit of the records: those from before there were ties, or after what ties nobody changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from sqlalchemy import func, select

from search.campaigns.membership import hold_campaigns, regroup_all, retie
from search.campaigns.stop_values import shipped_version
from search.records import Records
from search.tables import HitRow, TieRulesRow

BATCH: Final = 200
_TIES_VERSION: Final = 4
"""To be raised when hits get other ties than before (`search.campaigns.ties`)."""


def are_ties_current(records: Records) -> bool:
    """Whether every hit was tied by the rules in force."""
    with records.read() as session:
        return session.scalar(select(TieRulesRow.version)) == _version()


def rebuild_campaigns(records: Records, progress: Callable[[int, int], None] | None = None) -> int:
    """Tie every hit anew and set right every campaign; returns how many hits were tied.

    A batch at a time, so that others record meanwhile; interrupted, it leaves true campaigns of what was tied, and
    starts over. What people cut, stopped and named stays, and a campaign keeps its number. `progress` is told how many
    are done, of how many, after each batch.
    """
    with records.read() as session:
        expected = session.scalar(select(func.count()).select_from(HitRow)) or 0
    done, last_id = 0, 0
    while True:
        with records.write() as session:
            hold_campaigns(session)
            hits = session.scalars(select(HitRow).where(HitRow.id > last_id).order_by(HitRow.id).limit(BATCH)).all()
            for hit in hits:
                retie(session, hit)
        if not hits:
            break
        done, last_id = done + len(hits), hits[-1].id
        if progress is not None:
            progress(done, expected)
    with records.write() as session:
        hold_campaigns(session)
        regroup_all(session)
        row = session.get(TieRulesRow, 1) or TieRulesRow(id=1)
        row.version = _version()
        session.add(row)
    return done


def _version() -> str:
    return hashlib.sha256(f"{_TIES_VERSION} {shipped_version()}".encode()).hexdigest()[:16]
