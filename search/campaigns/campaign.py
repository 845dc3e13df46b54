"""Campaigns: hits that belong together, and why - tie by tie, hop by hop.

Reading only: `search.campaigns.membership` keeps who is in which, `search.campaigns.splitting` has what people change.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from matchers.match import Severity
from search.campaigns.first_sights import first_hits
from search.campaigns.stop_values import Stops
from search.campaigns.ties import LINK, SEEN_FIRST, SITE, Tie, sentences, sights_of
from search.records import Records
from search.status import Status
from search.tables import CampaignMemberRow, CampaignRow, HitRow, TieRow

OPEN = (Status.NEW, Status.IN_REVIEW)
MAX_MEMBERS = 200
MAX_TIES = 200
MAX_CUTS = 100
TOP_TIES = 3
"""How many of its identifiers and sites a campaign is introduced by in a list."""


class CampaignOrder(StrEnum):
    """In which order campaigns are listed."""

    NEWEST = "newest"
    """By when one of their hits was seen last."""
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in a list. `categories` counts its hits, most first; `top` is what most of them share."""

    id: int
    name: str
    size: int
    open_count: int
    severity: Severity
    first_seen_at: datetime
    last_seen_at: datetime
    categories: Mapping[str, int]
    top: tuple[SharedTie, ...]


@dataclass(frozen=True, slots=True)
class SharedTie:
    """What hits share: `hit_ids` are the newest of them, `hits` how many there are."""

    kind: str
    value: str
    hits: int
    hit_ids: tuple[int, ...]
    first_hit_id: int | None
    """The hit that a text or picture was first seen on."""
    sentence_vi: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class CutTie:
    """A tie that somebody cut: of which hit, by whom, when and why."""

    hit_id: int
    kind: str
    value: str
    cut_by: str
    cut_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Member:
    """A hit of a campaign."""

    hit_id: int
    title: str
    url: str
    category: str
    severity: Severity
    status: Status
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with what is in it: up to `MAX_MEMBERS` members from an offset, the most shared ties, all cut ones.

    `id` is not the number asked for where that campaign was joined to another. One that was taken apart has no members,
    and no dates. `ties` are those that two members and more share, up to `MAX_TIES` of `tie_count`; `cuts` are of its
    members, and of hits that were cut off from what they share, the newest `MAX_CUTS`.
    """

    id: int
    name: str
    created_at: datetime
    size: int
    open_count: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    categories: Mapping[str, int]
    members: tuple[Member, ...]
    ties: tuple[SharedTie, ...]
    tie_count: int
    cuts: tuple[CutTie, ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path: two hits, and the tie that they share."""

    from_hit_id: int
    to_hit_id: int
    kind: str
    value: str
    sentence_vi: str
    sentence_en: str


def campaigns(
    records: Records, limit: int = 50, offset: int = 0, order: CampaignOrder = CampaignOrder.NEWEST
) -> list[CampaignLine]:
    """The campaigns from `offset`, in order; of two alike the newer first."""
    last_seen = func.max(HitRow.last_seen_at)
    first: ColumnElement[int] | ColumnElement[datetime] = last_seen if order is CampaignOrder.NEWEST else func.count()
    with records.read() as session:
        rows = session.execute(
            select(
                CampaignMemberRow.campaign_id,
                CampaignRow.name,
                func.count().label("size"),
                _count_open().label("open_count"),
                func.max(HitRow.severity).label("severity"),
                func.min(HitRow.first_seen_at).label("first_seen_at"),
                last_seen.label("last_seen_at"),
            )
            .join(HitRow, HitRow.id == CampaignMemberRow.hit_id)
            .join(CampaignRow, CampaignRow.id == CampaignMemberRow.campaign_id)
            .group_by(CampaignMemberRow.campaign_id, CampaignRow.name)
            .order_by(first.desc(), CampaignMemberRow.campaign_id.desc())
            .limit(limit)
            .offset(offset)
        ).all()
        ids = [row.campaign_id for row in rows]
        categories = _categories(session, ids)
        stops = Stops(session)
        top = {campaign_id: _top(session, campaign_id, stops) for campaign_id in ids}
    return [
        CampaignLine(
            id=row.campaign_id,
            name=row.name,
            size=row.size,
            open_count=row.open_count,
            severity=Severity(row.severity),
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            categories=categories[row.campaign_id],
            top=top[row.campaign_id],
        )
        for row in rows
    ]


def count_campaigns(records: Records) -> int:
    """How many campaigns there are."""
    with records.read() as session:
        return session.scalar(select(func.count(CampaignMemberRow.campaign_id.distinct()))) or 0


def campaign(records: Records, campaign_id: int, offset: int = 0) -> Campaign | None:
    """The campaign of this number, or the one that it was joined to, with its members from `offset`; or None."""
    with records.read() as session:
        row = session.get(CampaignRow, campaign_id)
        while row is not None and row.merged_into_id is not None:
            row = session.get(CampaignRow, row.merged_into_id)
        if row is None:
            return None
        here = CampaignMemberRow.campaign_id == row.id
        size, open_count, first_seen_at, last_seen_at = session.execute(
            select(func.count(), _count_open(), func.min(HitRow.first_seen_at), func.max(HitRow.last_seen_at))
            .select_from(CampaignMemberRow)
            .join(HitRow, HitRow.id == CampaignMemberRow.hit_id)
            .where(here)
        ).one()
        ties = _shared(session, row.id, Stops(session))
        return Campaign(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            size=size,
            open_count=open_count or 0,
            first_seen_at=first_seen_at,
            last_seen_at=last_seen_at,
            categories=_categories(session, [row.id])[row.id],
            members=_members(session, row.id, offset),
            ties=_with_hits(session, ties[:MAX_TIES]),
            tie_count=len(ties),
            cuts=_cuts(session, row.id),
        )


def campaign_of(records: Records, hit_id: int) -> int | None:
    """The number of the campaign that a hit is in, or None."""
    with records.read() as session:
        return _campaign_of(session, hit_id)


def path(records: Records, hit_a: int, hit_b: int) -> list[Hop]:
    """The fewest hops that lead from one hit to another of its campaign; none where they are not in one."""
    with records.read() as session:
        campaign_id = _campaign_of(session, hit_a)
        if campaign_id is None or hit_a == hit_b or campaign_id != _campaign_of(session, hit_b):
            return []
        stops = Stops(session)
        ties_of: dict[int, list[Tie]] = defaultdict(list)
        holders: dict[Tie, list[int]] = defaultdict(list)
        for hit_id, tie in _live(session, campaign_id, stops):
            ties_of[hit_id].append(tie)
            holders[tie].append(hit_id)
        steps = _fewest_hops(ties_of, holders, hit_a, hit_b)
        firsts = first_hits(session, sights_of({tie for _, _, tie in steps}))
    return [
        Hop(start, end, tie.kind, tie.value, *_sentences(tie, len(holders[tie]), firsts)) for start, end, tie in steps
    ]


def _fewest_hops(
    ties_of: Mapping[int, Sequence[Tie]], holders: Mapping[Tie, Sequence[int]], start: int, end: int
) -> list[tuple[int, int, Tie]]:
    came_by: dict[int, tuple[int, Tie]] = {}
    used: set[Tie] = set()
    waiting = deque((start,))
    while waiting and end not in came_by:
        here = waiting.popleft()
        for tie in ties_of[here]:
            if tie in used:
                continue
            used.add(tie)
            for other in holders[tie]:
                if other != start and other not in came_by:
                    came_by[other] = here, tie
                    waiting.append(other)
    steps: list[tuple[int, int, Tie]] = []
    while end != start:
        before, tie = came_by[end]
        steps.append((before, end, tie))
        end = before
    return steps[::-1]


def _campaign_of(session: Session, hit_id: int) -> int | None:
    return session.scalar(select(CampaignMemberRow.campaign_id).where(CampaignMemberRow.hit_id == hit_id))


def _count_open() -> ColumnElement[int]:
    return func.sum(case((HitRow.status.in_(OPEN), 1), else_=0))


def _categories(session: Session, campaign_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    counted: dict[int, dict[str, int]] = {campaign_id: {} for campaign_id in campaign_ids}
    rows = session.execute(
        select(CampaignMemberRow.campaign_id, HitRow.category, func.count().label("hits"))
        .join(HitRow, HitRow.id == CampaignMemberRow.hit_id)
        .where(CampaignMemberRow.campaign_id.in_(campaign_ids))
        .group_by(CampaignMemberRow.campaign_id, HitRow.category)
        .order_by(func.count().desc(), HitRow.category)
    )
    for row in rows:
        counted[row.campaign_id][row.category] = row.hits
    return counted


def _members(session: Session, campaign_id: int, offset: int) -> tuple[Member, ...]:
    rows = session.execute(
        select(
            HitRow.id,
            HitRow.title,
            HitRow.url,
            HitRow.category,
            HitRow.severity,
            HitRow.status,
            HitRow.first_seen_at,
            HitRow.last_seen_at,
        )
        .join(CampaignMemberRow, CampaignMemberRow.hit_id == HitRow.id)
        .where(CampaignMemberRow.campaign_id == campaign_id)
        .order_by(HitRow.last_seen_at.desc(), HitRow.id.desc())
        .limit(MAX_MEMBERS)
        .offset(offset)
    )
    return tuple(
        Member(
            row.id,
            row.title,
            row.url,
            row.category,
            Severity(row.severity),
            Status(row.status),
            row.first_seen_at,
            row.last_seen_at,
        )
        for row in rows
    )


def _shared(session: Session, campaign_id: int, stops: Stops) -> list[tuple[Tie, int]]:
    """The ties that two members and more share, most shared first, each with how many do."""
    rows = session.execute(
        select(TieRow.kind, TieRow.value, func.count().label("hits"))
        .join(CampaignMemberRow, CampaignMemberRow.hit_id == TieRow.hit_id)
        .where(CampaignMemberRow.campaign_id == campaign_id, TieRow.cut_at.is_(None))
        .group_by(TieRow.kind, TieRow.value)
        .having(func.count() > 1)
        .order_by(func.count().desc(), TieRow.kind, TieRow.value)
    )
    found = [(Tie(row.kind, row.value), row.hits) for row in rows]
    return [(tie, hits) for tie, hits in found if tie not in stops]


def _top(session: Session, campaign_id: int, stops: Stops) -> tuple[SharedTie, ...]:
    shared = _shared(session, campaign_id, stops)
    # Numbers and accounts name somebody; a campaign of copies alone is introduced by its text or picture.
    shared.sort(key=lambda one: (one[0].kind in SEEN_FIRST, one[0].kind in (SITE, LINK)))
    return _with_hits(session, shared[:TOP_TIES])


def _with_hits(session: Session, shared: Iterable[tuple[Tie, int]]) -> tuple[SharedTie, ...]:
    found = list(shared)
    firsts = first_hits(session, sights_of([tie for tie, _ in found]))
    return tuple(
        SharedTie(
            tie.kind,
            tie.value,
            hits,
            _newest_holders(session, tie),
            firsts[int(tie.value)] if tie.kind in SEEN_FIRST else None,
            *_sentences(tie, hits, firsts),
        )
        for tie, hits in found
    )


def _newest_holders(session: Session, tie: Tie) -> tuple[int, ...]:
    """All who hold a tie that ties are in one campaign, so that it need not be asked for."""
    return tuple(
        session.scalars(
            select(TieRow.hit_id)
            .where(TieRow.kind == tie.kind, TieRow.value == tie.value, TieRow.cut_at.is_(None))
            .order_by(TieRow.hit_id.desc())
            .limit(MAX_MEMBERS)
        )
    )


def _sentences(tie: Tie, hits: int, firsts: Mapping[int, int]) -> tuple[str, str]:
    return sentences(tie, hits, firsts[int(tie.value)] if tie.kind in SEEN_FIRST else 0)


def _live(session: Session, campaign_id: int, stops: Stops) -> list[tuple[int, Tie]]:
    rows = session.execute(
        select(TieRow.hit_id, TieRow.kind, TieRow.value)
        .join(CampaignMemberRow, CampaignMemberRow.hit_id == TieRow.hit_id)
        .where(CampaignMemberRow.campaign_id == campaign_id, TieRow.cut_at.is_(None))
        .order_by(TieRow.hit_id, TieRow.kind, TieRow.value)
    )
    found = [(row.hit_id, Tie(row.kind, row.value)) for row in rows]
    return [(hit_id, tie) for hit_id, tie in found if tie not in stops]


def _cuts(session: Session, campaign_id: int) -> tuple[CutTie, ...]:
    member, cut, whole = aliased(CampaignMemberRow), aliased(TieRow), aliased(TieRow)
    of_members = select(cut).join(member, member.hit_id == cut.hit_id).where(member.campaign_id == campaign_id)
    values = (
        select(whole.kind, whole.value)
        .join(member, member.hit_id == whole.hit_id)
        .where(member.campaign_id == campaign_id, whole.cut_at.is_(None))
        .distinct()
        .subquery()
    )
    cut_off = select(cut).join(values, (values.c.kind == cut.kind) & (values.c.value == cut.value))
    rows: dict[tuple[int, str, str], TieRow] = {}
    for cuts in (of_members, cut_off):
        newest = cuts.where(cut.cut_at.is_not(None)).order_by(cut.cut_at.desc(), cut.hit_id, cut.kind, cut.value)
        for row in session.scalars(newest.limit(MAX_CUTS)):
            rows[row.hit_id, row.kind, row.value] = row
    found = [
        CutTie(row.hit_id, row.kind, row.value, row.cut_by, row.cut_at, row.cut_note)
        for row in rows.values()
        if row.cut_at is not None
    ]
    return tuple(sorted(found, key=lambda one: one.cut_at, reverse=True)[:MAX_CUTS])
