"""Hits that belong together: the same identifier, the same site, or near-same text. The seed of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchers.likeness import hamming_distance
from matchers.match import Identifier
from search.hits import NEAR_SAME_BITS
from search.records import Records
from search.tables import HitIdentifierRow, HitRow, IdentifierRow

STOP_SHARE = 200
"""An identifier on more hits than this (a bank's hotline, a platform's mailbox) joins nothing."""
MAX_RELATED = 50


@dataclass(frozen=True, slots=True)
class Related:
    """Another hit, and what it shares: `identifiers`, the registered domain, or its text."""

    hit_id: int
    title: str
    url: str
    category: str
    status: str
    identifiers: tuple[Identifier, ...] = ()
    shares_site: bool = False
    shares_text: bool = False


def related_hits(records: Records, hit_id: int) -> list[Related]:
    """Up to `MAX_RELATED` hits that share something with this one, most shared first."""
    with records.read() as session:
        hit = session.get(HitRow, hit_id)
        if hit is None:
            return []
        shared = _sharing_identifiers(session, hit)
        same_site = set(
            session.scalars(
                select(HitRow.id).where(HitRow.registered_domain == hit.registered_domain, HitRow.id != hit_id)
            )
        )
        same_text = {
            other_id
            for other_id, fingerprint in session.execute(
                select(HitRow.id, HitRow.text_fingerprint).where(HitRow.category == hit.category, HitRow.id != hit_id)
            )
            if hamming_distance(fingerprint, hit.text_fingerprint) <= NEAR_SAME_BITS
        }
        ids = {*shared, *same_site, *same_text}
        rows = session.execute(
            select(HitRow.id, HitRow.title, HitRow.url, HitRow.category, HitRow.status).where(HitRow.id.in_(ids))
        ).all()
    related = [
        Related(
            *row,
            identifiers=shared.get(row.id, ()),
            shares_site=row.id in same_site,
            shares_text=row.id in same_text,
        )
        for row in rows
    ]
    related.sort(key=lambda other: (-len(other.identifiers), not other.shares_text, -other.hit_id))
    return related[:MAX_RELATED]


def identifier_counts(records: Records, identifiers: Sequence[Identifier]) -> Mapping[Identifier, int]:
    """On how many hits each identifier was seen."""
    counts: dict[Identifier, int] = {}
    with records.read() as session:
        for identifier in identifiers:
            counts[identifier] = (
                session.scalar(
                    select(func.count())
                    .select_from(HitIdentifierRow)
                    .join(IdentifierRow, IdentifierRow.id == HitIdentifierRow.identifier_id)
                    .where(IdentifierRow.kind == identifier.kind, IdentifierRow.value == identifier.value)
                )
                or 0
            )
    return counts


def _sharing_identifiers(session: Session, hit: HitRow) -> dict[int, tuple[Identifier, ...]]:
    shared: dict[int, tuple[Identifier, ...]] = {}
    for row in hit.identifiers:
        others = session.scalars(
            select(HitIdentifierRow.hit_id)
            .where(HitIdentifierRow.identifier_id == row.id, HitIdentifierRow.hit_id != hit.id)
            .limit(STOP_SHARE + 1)
        ).all()
        if len(others) <= STOP_SHARE:
            for other_id in others:
                shared[other_id] = (*shared.get(other_id, ()), Identifier(row.kind, row.value))
    return shared
