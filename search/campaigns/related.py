"""Hits that a hit is tied to, each with what the two share. Campaigns are what ties make of all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from matchers.match import Identifier
from search.campaigns.stop_values import Stops
from search.campaigns.ties import LINK, PICTURE, SITE, TEXT, Tie
from search.records import Records
from search.tables import HitIdentifierRow, HitRow, IdentifierRow, TieRow

MAX_RELATED = 50
_NEWEST = 200
"""Of the hits that one tie ties to, how many are looked at."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another hit, and what it shares: `identifiers`, site, text, picture, or the link that led there."""

    hit_id: int
    title: str
    url: str
    category: str
    status: str
    identifiers: tuple[Identifier, ...] = ()
    shares_site: bool = False
    shares_text: bool = False
    shares_picture: bool = False
    shares_link: bool = False


def related_hits(records: Records, hit_id: int) -> list[Related]:
    """Up to `MAX_RELATED` hits that share something with this one, most shared first."""
    shared: dict[int, list[Tie]] = defaultdict(list)
    with records.read() as session:
        stops = Stops(session)
        own = session.execute(select(TieRow.kind, TieRow.value).where(TieRow.hit_id == hit_id, TieRow.cut_at.is_(None)))
        for tie in sorted({Tie(row.kind, row.value) for row in own}):
            if tie in stops:
                continue
            others = session.scalars(
                select(TieRow.hit_id)
                .where(TieRow.kind == tie.kind, TieRow.value == tie.value)
                .where(TieRow.hit_id != hit_id, TieRow.cut_at.is_(None))
                .order_by(TieRow.hit_id.desc())
                .limit(_NEWEST)
            )
            for other_id in others:
                shared[other_id].append(tie)
        ids = sorted(shared, key=lambda other_id: (*_weight(shared[other_id]), -other_id))[:MAX_RELATED]
        columns = select(HitRow.id, HitRow.title, HitRow.url, HitRow.category, HitRow.status)
        rows = {row.id: row for row in session.execute(columns.where(HitRow.id.in_(ids)))}
    return [Related(*rows[other_id], *_shares(shared[other_id])) for other_id in ids]


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


def _weight(ties: list[Tie]) -> tuple[int, bool]:
    """Sorts first what shares most identifiers, then what shares a text or picture."""
    kinds = {tie.kind for tie in ties}
    return -len(_identifiers(ties)), not kinds & {TEXT, PICTURE}


def _shares(ties: list[Tie]) -> tuple[tuple[Identifier, ...], bool, bool, bool, bool]:
    kinds = {tie.kind for tie in ties}
    return _identifiers(ties), SITE in kinds, TEXT in kinds, PICTURE in kinds, LINK in kinds


def _identifiers(ties: list[Tie]) -> tuple[Identifier, ...]:
    return tuple(Identifier(tie.kind, tie.value) for tie in ties if tie.kind not in (SITE, LINK, TEXT, PICTURE))
