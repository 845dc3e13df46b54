"""What people do to campaigns: cut a tie or a hit, take that back, stop and free values, give a name.

Each act is one transaction with the campaigns it changes, and leaves a line in the history of every hit it touches.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Select, insert, literal, select, update
from sqlalchemy.orm import Session

from search.campaigns.membership import hold_campaigns, peers, regroup, retie
from search.campaigns.stop_values import Stops, StopValue, all_stop_values, decide_value
from search.campaigns.ties import Tie, tie_of
from search.records import Records
from search.tables import CampaignRow, HitEventRow, HitRow, TieRow

MAX_NAME_CHARACTERS = 128


class CampaignError(Exception):
    """What was asked of a campaign cannot be done."""


class TieMissing(CampaignError):
    """The hit has no such tie, or not in the state asked for."""


class CampaignMissing(CampaignError):
    """There is no campaign of that number."""


class MemberMissing(CampaignError):
    """There is no hit of that id."""


class ValueRefused(CampaignError):
    """The value cannot be stopped or freed."""


def cut_tie(records: Records, hit_id: int, kind: str, value: str, actor: str, note: str) -> None:
    """Let one tie of a hit tie no more. Raises TieMissing."""
    tie = Tie(kind, value)
    with records.write() as session:
        hold_campaigns(session)
        row = session.get(TieRow, (hit_id, kind, value))
        if row is None or row.cut_at is not None:
            raise TieMissing(f"hit {hit_id} is not tied by {kind} {value}; see what ties it on its campaign's page")
        _cut(session, row, actor, note)
        _tell(session, _this(hit_id), actor, "tie_cut", _told(tie, note))
        regroup(session, {hit_id})


def restore_tie(records: Records, hit_id: int, kind: str, value: str, actor: str, note: str) -> None:
    """Let a tie that was cut tie again, if the hit still has what it says. Raises TieMissing."""
    with records.write() as session:
        hold_campaigns(session)
        row = session.get(TieRow, (hit_id, kind, value))
        if row is None or row.cut_at is None:
            raise TieMissing(f"no tie of hit {hit_id} by {kind} {value} was cut")
        # Laid anew rather than only uncut: the hit may have changed since.
        session.delete(row)
        session.flush()
        _tell(session, _this(hit_id), actor, "tie_restored", _told(Tie(kind, value), note))
        retie(session, session.get_one(HitRow, hit_id))


def part_hit(records: Records, hit_id: int, actor: str, note: str) -> int:
    """Cut every tie that ties a hit to others now; returns how many. Raises MemberMissing or TieMissing."""
    with records.write() as session:
        hold_campaigns(session)
        if session.scalar(select(HitRow.id).where(HitRow.id == hit_id)) is None:
            raise MemberMissing(f"hit {hit_id} does not exist")
        ties = sorted(peers(session, hit_id, Stops(session)))
        if not ties:
            raise TieMissing(f"nothing ties hit {hit_id} to others")
        for tie in ties:
            _cut(session, session.get_one(TieRow, (hit_id, tie.kind, tie.value)), actor, note)
        _tell(session, _this(hit_id), actor, "parted", note)
        regroup(session, {hit_id})
        return len(ties)


def stop_value(records: Records, kind: str, value: str, actor: str, reason: str) -> Tie:
    """Let a value tie nobody any more; returns it as it is kept. Raises ValueRefused."""
    return _decide(records, kind, value, True, actor, reason)


def free_value(records: Records, kind: str, value: str, actor: str, reason: str) -> Tie:
    """Let a value tie again, whoever stopped it, even the program; returns it as it is kept. Raises ValueRefused."""
    return _decide(records, kind, value, False, actor, reason)


def stop_values(records: Records) -> list[StopValue]:
    """Every value that is stopped or was freed: people's and the program's own first, newest first, then shipped."""
    with records.read() as session:
        return all_stop_values(session)


def name_campaign(records: Records, campaign_id: int, name: str) -> None:
    """Give a campaign a name; "" takes it away. Raises CampaignMissing."""
    with records.write() as session:
        hold_campaigns(session)
        named = session.execute(
            update(CampaignRow)
            .where(CampaignRow.id == campaign_id, CampaignRow.merged_into_id.is_(None))
            .values(name=" ".join(name.split())[:MAX_NAME_CHARACTERS])
            .returning(CampaignRow.id)
        )
        if named.first() is None:
            raise CampaignMissing(f"there is no campaign {campaign_id}, or it was joined to another; look it up again")


def _decide(records: Records, kind: str, value: str, is_stopped: bool, actor: str, reason: str) -> Tie:
    tie = tie_of(kind, value)
    if tie is None:
        raise ValueRefused(f"{kind} {value!r} ties nobody anyway")
    if not reason.strip():
        raise ValueRefused(f"say why {tie.kind} {tie.value} should {'not ' if is_stopped else ''}tie hits")
    with records.write() as session:
        hold_campaigns(session)
        decide_value(session, tie, is_stopped, actor, reason)
        holding = select(TieRow.hit_id).where(
            TieRow.kind == tie.kind, TieRow.value == tie.value, TieRow.cut_at.is_(None)
        )
        holders = session.scalars(holding).all()
        _tell(session, holding, actor, "tie_stopped" if is_stopped else "tie_freed", _told(tie, reason))
        regroup(session, holders)
    return tie


def _cut(session: Session, row: TieRow, actor: str, note: str) -> None:
    row.cut_at, row.cut_by, row.cut_note = datetime.now(UTC), actor, note
    session.flush()


def _tell(session: Session, hit_ids: Select[int], actor: str, action: str, note: str) -> None:
    """Add one line to the history of each of these hits, in one statement however many they are."""
    told = {"at": datetime.now(UTC), "actor": actor, "action": action, "from_status": "", "to_status": "", "note": note}
    of_hit = hit_ids.subquery()
    columns = HitEventRow.__table__.c
    given = (literal(value, columns[name].type) for name, value in told.items())
    session.execute(insert(HitEventRow).from_select(["hit_id", *told], select(of_hit.c[0], *given)))


def _this(hit_id: int) -> Select[int]:
    return select(HitRow.id).where(HitRow.id == hit_id)


def _told(tie: Tie, note: str) -> str:
    return f"{tie.kind} {tie.value}: {note}" if note else f"{tie.kind} {tie.value}"
