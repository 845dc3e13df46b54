"""Hits that belong together: the same identifier, the same site, or near-same text. The seed of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchers.match import Identifier
from search.hits import is_near_same, text_bands
from search.records import Records
from search.tables import HitIdentifierRow, HitRow, IdentifierRow

STOP_SHARE = 200
"""An identifier or a site on more hits than this (a bank's hotline, a platform) joins nothing."""
MAX_RELATED = 50
MAX_CANDIDATES = 2000
"""Newest hits looked at for each quarter of the text's fingerprint."""


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
        same_site = _sharing_site(session, hit)
        same_text = _sharing_text(session, hit)
        ids = sorted(
            {*shared, *same_site, *same_text},
            key=lambda other_id: (-len(shared.get(other_id, ())), other_id not in same_text, -other_id),
        )[:MAX_RELATED]
        columns = select(HitRow.id, HitRow.title, HitRow.url, HitRow.category, HitRow.status)
        rows = {row.id: row for row in session.execute(columns.where(HitRow.id.in_(ids)))}
    return [
        Related(
            *rows[other_id],
            identifiers=shared.get(other_id, ()),
            shares_site=other_id in same_site,
            shares_text=other_id in same_text,
        )
        for other_id in ids
    ]


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


def _sharing_site(session: Session, hit: HitRow) -> set[int]:
    if not hit.registered_domain:
        return set()
    others = session.scalars(
        select(HitRow.id)
        .where(HitRow.registered_domain == hit.registered_domain, HitRow.id != hit.id)
        .limit(STOP_SHARE + 1)
    ).all()
    return set(others) if len(others) <= STOP_SHARE else set()


def _sharing_text(session: Session, hit: HitRow) -> set[int]:
    if hit.text_fingerprint == 0:
        return set()
    bands = text_bands(hit.text_fingerprint)
    columns = (HitRow.text_band_0, HitRow.text_band_1, HitRow.text_band_2, HitRow.text_band_3)
    same: set[int] = set()
    for column, band in zip(columns, bands, strict=True):
        candidates = session.execute(
            select(HitRow.id, HitRow.text_fingerprint)
            .where(column == band, HitRow.id != hit.id)
            .order_by(HitRow.id.desc())
            .limit(MAX_CANDIDATES)
        )
        same.update(row.id for row in candidates if is_near_same(row.text_fingerprint, hit.text_fingerprint))
    return same
