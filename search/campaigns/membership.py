"""Which campaign each hit is in: at every moment the connected parts of the hits over their ties, two hits and more.

A hit that gains ties joins what they lead to; a hit that loses one has its campaign looked at anew, unless it is
plain that nothing came apart. Everything here runs in the caller's transaction, which must hold the campaigns
(`hold_campaigns`) before it locks a hit: two that took the two in different orders would wait for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import Row, Select, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from search.campaigns.stop_values import Stops, stop_shared_by_many
from search.campaigns.ties import Tie, lay_ties
from search.records import hold
from search.tables import CampaignMemberRow, CampaignRow, HitRow, TieRow

_CHUNK: Final = 5_000
_ASKED: Final = 50
_NOBODY: Final = 0
_ties = TieRow.__table__
_LIVE: Final = select(_ties.c.hit_id, _ties.c.kind, _ties.c.value).where(_ties.c.cut_at.is_(None))
_own, _other = TieRow.__table__.alias("own"), TieRow.__table__.alias("other")
# Built once: to build it costs more than to run it, and it runs for every hit.
_PEERS: Final = select(
    _own.c.kind,
    _own.c.value,
    select(_other.c.hit_id)
    .where(_other.c.kind == _own.c.kind, _other.c.value == _own.c.value)
    .where(_other.c.hit_id != _own.c.hit_id, _other.c.cut_at.is_(None))
    .limit(1)
    .scalar_subquery()
    .label("peer"),
).where(_own.c.hit_id == bindparam("of_hit"), _own.c.cut_at.is_(None))
_PLACES: Final = select(CampaignMemberRow.hit_id, CampaignMemberRow.campaign_id, CampaignMemberRow.origin_id)


class _Place(NamedTuple):
    """Where a hit is: in which campaign, and in which it was before that was joined to another."""

    campaign_id: int
    origin_id: int


class Parts:
    """Disjoint sets of hits (Tarjan, 1975): `join` what belongs together, then ask for the `parts`."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, hit_id: int) -> int:
        """The hit that stands for the part this one is in."""
        parent = self._parent
        parent.setdefault(hit_id, hit_id)
        while parent[hit_id] != hit_id:
            parent[hit_id] = parent[parent[hit_id]]
            hit_id = parent[hit_id]
        return hit_id

    def join(self, one: int, other: int) -> None:
        """Make one part of the parts of two hits; its oldest hit stands for it."""
        first, second = sorted((self.find(one), self.find(other)))
        self._parent[second] = first

    def parts(self) -> list[list[int]]:
        """The parts of two hits and more, that of the oldest hit first, each with its hits in order."""
        found: dict[int, list[int]] = defaultdict(list)
        for hit_id in sorted(self._parent):
            found[self.find(hit_id)].append(hit_id)
        return [part for _, part in sorted(found.items()) if len(part) > 1]


def hold_campaigns(session: Session) -> None:
    """Keep everybody else from changing campaigns until this transaction ends."""
    hold(session, "campaigns")


def retie(session: Session, hit: HitRow, is_new: bool = False) -> None:
    """Lay the ties of a hit that is new or was changed, and move it to the campaign where they lead."""
    laid = lay_ties(session, hit, is_new)
    if not laid.added and not laid.dropped:
        return
    stops = Stops(session)
    tied = peers(session, hit.id, stops)
    if any(tie not in stops and not _is_still_with(session, hit.id, tie, tied) for tie in laid.dropped):
        regroup(session, {hit.id, *tied.values()}, stops)
    elif any(tie in laid.added for tie in tied):
        _join(session, hit.id, set(tied.values()))
    if stop_shared_by_many(session, [tie for tie in laid.added if tie in tied], stops):
        regroup(session, {hit.id})


def regroup(session: Session, hit_ids: Collection[int], stops: Stops | None = None) -> None:
    """Set right the campaigns of these hits and of all who are in them, after ties of these hits came or went."""
    stops = Stops(session) if stops is None else stops
    old: dict[int, _Place] = {}
    for some in _chunks(set(_campaigns_of(session, hit_ids).values())):
        old.update(_places(session, _PLACES.where(CampaignMemberRow.campaign_id.in_(some))))
    _assign(session, old, connected(session, {*old, *hit_ids}, stops))


def regroup_all(session: Session) -> None:
    """Set right every campaign, from all ties."""
    parts = Parts()
    _pour(parts, {}, session.execute(_LIVE).yield_per(10_000), Stops(session))
    _assign(session, _places(session, _PLACES), parts.parts())


def connected(session: Session, hit_ids: Collection[int], stops: Stops) -> list[list[int]]:
    """The connected parts, of two hits and more, that the ties among these hits make of them."""
    parts, first = Parts(), dict[tuple[str, str], int]()
    for some in _chunks(hit_ids):
        _pour(parts, first, session.execute(_LIVE.where(_ties.c.hit_id.in_(some))), stops)
    return parts.parts()


def _pour(parts: Parts, first: dict[tuple[str, str], int], ties: Iterable[Row[int, str, str]], stops: Stops) -> None:
    """Join each hit with the first that had the same tie; of a campaign of 100,000 hits these are 300,000 and more."""
    for hit_id, kind, value in ties:
        known = first.get((kind, value))
        if known is None:
            first[kind, value] = _NOBODY if Tie(kind, value) in stops else hit_id
        elif known != _NOBODY:
            parts.join(known, hit_id)


def _places(session: Session, places: Select[int, int, int]) -> dict[int, _Place]:
    rows = session.execute(places)
    return {hit_id: _Place(campaign_id, origin_id) for hit_id, campaign_id, origin_id in rows}


def peers(session: Session, hit_id: int, stops: Stops) -> Mapping[Tie, int]:
    """For each tie of the hit that ties it to others, one of them: they are all in one campaign with one another."""
    rows = session.execute(_PEERS, {"of_hit": hit_id})
    found = {Tie(row.kind, row.value): row.peer for row in rows if row.peer is not None}
    return {tie: peer_id for tie, peer_id in found.items() if tie not in stops}


def _is_still_with(session: Session, hit_id: int, dropped: Tie, tied: Collection[Tie]) -> bool:
    """Whether it is plain that the hit is still with those it had the dropped tie with: nobody, or another tie.

    Some of them are asked for, in one question: they are with one another, and where none of those shares another
    tie with the hit, to look at the campaign at once costs no more than to ask on.
    """
    others = (
        select(TieRow.hit_id)
        .where(TieRow.kind == dropped.kind, TieRow.value == dropped.value)
        .where(TieRow.hit_id != hit_id, TieRow.cut_at.is_(None))
        .limit(_ASKED)
    )
    asked = session.scalars(others).all()
    if not asked:
        return True
    shared = select(TieRow.hit_id).where(
        TieRow.hit_id.in_(asked), TieRow.cut_at.is_(None), tuple_(TieRow.kind, TieRow.value).in_(_pairs(tied))
    )
    return session.scalar(shared.limit(1)) is not None


def _pairs(ties: Iterable[Tie]) -> list[tuple[str, str]]:
    return [(tie.kind, tie.value) for tie in ties]


def _join(session: Session, hit_id: int, others: Collection[int]) -> None:
    """Make one campaign of the hit, the others and all that are with them."""
    together = {hit_id, *others}
    found = _campaigns_of(session, together)
    campaigns = set(found.values())
    kept = _heir(campaigns, _named(session, campaigns)) if campaigns else _new_campaigns(session, 1)[0]
    lost = campaigns - {kept}
    if lost:
        session.execute(
            update(CampaignMemberRow).where(CampaignMemberRow.campaign_id.in_(lost)).values(campaign_id=kept)
        )
        _lead(session, lost, kept)
    alone = sorted(together - set(found))
    if alone:
        rows = [{"hit_id": one, "campaign_id": kept, "origin_id": kept} for one in alone]
        session.execute(insert(CampaignMemberRow), rows)


def _assign(session: Session, old: Mapping[int, _Place], parts: list[list[int]]) -> None:
    """Write down which campaign each hit of `parts` is in, and that the other hits of `old` are in none.

    A campaign lives on in the part with its own oldest hit. A part that has none to live on in it is, again, the
    campaign that its hits were in before that was joined to another.
    """
    claims = _claims(old, parts)
    alive = {place.campaign_id for place in old.values()}
    named = _named(session, {one for claimed in claims if len(claimed) > 1 for one in claimed})
    fresh = iter(_new_campaigns(session, sum(not claimed for claimed in claims)))
    new: dict[int, _Place] = {}
    for part, claimed in zip(parts, claims, strict=True):
        kept = _heir(claimed & alive or claimed, named) if claimed else next(fresh)
        _lead(session, claimed - {kept}, kept)
        for hit_id in part:
            origin_id = old[hit_id].origin_id if hit_id in old else kept
            new[hit_id] = _Place(kept, origin_id if origin_id in claimed else kept)
    _lead(session, {place.campaign_id for place in new.values()} - alive, None)
    moved = sorted(hit_id for hit_id in old if new.get(hit_id) != old[hit_id])
    for some in _chunks(moved):
        session.execute(delete(CampaignMemberRow).where(CampaignMemberRow.hit_id.in_(some)))
    entered = sorted(hit_id for hit_id in new if new[hit_id] != old.get(hit_id))
    for some in _chunks(entered):
        session.execute(insert(CampaignMemberRow), [{"hit_id": hit_id, **new[hit_id]._asdict()} for hit_id in some])


def _claims(old: Mapping[int, _Place], parts: list[list[int]]) -> list[set[int]]:
    """For each part the campaigns that could live on in it: each campaign in one, where its own oldest hit is."""
    part_of = {hit_id: number for number, part in enumerate(parts) for hit_id in part}
    own: dict[int, int] = {}
    lent: dict[int, int] = {}
    for hit_id in sorted(old):
        if hit_id in part_of:
            own.setdefault(old[hit_id].origin_id, part_of[hit_id])
            lent.setdefault(old[hit_id].campaign_id, part_of[hit_id])
    claims: list[set[int]] = [set() for _ in parts]
    for campaign_id, number in {**lent, **own}.items():
        claims[number].add(campaign_id)
    return claims


def _heir(campaigns: Collection[int], named: Collection[int]) -> int:
    """Which of these lives on when they are one: the oldest that people gave a name, or the oldest."""
    return min(campaigns, key=lambda campaign_id: (campaign_id not in named, campaign_id))


def _named(session: Session, campaigns: Collection[int]) -> set[int]:
    found: set[int] = set()
    for some in _chunks(campaigns):
        found.update(session.scalars(select(CampaignRow.id).where(CampaignRow.id.in_(some), CampaignRow.name != "")))
    return found


def _lead(session: Session, campaigns: Collection[int], kept: int | None) -> None:
    """Let the numbers of these campaigns lead to another, or be their own again."""
    for some in _chunks(campaigns):
        session.execute(update(CampaignRow).where(CampaignRow.id.in_(some)).values(merged_into_id=kept))


def _campaigns_of(session: Session, hit_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in _chunks(hit_ids):
        rows = session.execute(
            select(CampaignMemberRow.hit_id, CampaignMemberRow.campaign_id).where(CampaignMemberRow.hit_id.in_(some))
        )
        found.update((row.hit_id, row.campaign_id) for row in rows)
    return found


def _new_campaigns(session: Session, count: int) -> list[int]:
    if not count:
        return []
    made = insert(CampaignRow).returning(CampaignRow.id)
    return sorted(session.scalars(made, [{"name": "", "created_at": datetime.now(UTC)}] * count))


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(sorted(ids))
    while some := list(islice(rest, _CHUNK)):
        yield some
