"""Stop values: what ties nobody, because honest people share it - a bank's hotline, a free host.

Three things stop a value. `matchers/packs/stop_values.csv` ships with the program. People stop values and free them,
and their word stands over all else. And the program stops by itself what is on too many hits of too many kinds
(`is_shared_by_many`); people can free that too, and then it is left alone.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import matchers
from search.campaigns.ties import SITE, Tie, tie_of
from search.tables import HitRow, StopValueRow, TieRow

SHIPPED_FILE: Final = Path(matchers.__file__).with_name("packs") / "stop_values.csv"
COUNTED: Final = "luoitroi"
"""Who decided where the program stopped a value by itself."""
MANY_HITS: Final = 200
MANY_SITES: Final = 50
MANY_CATEGORIES: Final = 4
NEWEST: Final = 400
"""How many hits of a value are looked at, so that counting costs the same however many there are."""
_DECIDED: Final = select(StopValueRow.kind, StopValueRow.value, StopValueRow.is_stopped)


@dataclass(frozen=True, slots=True)
class StopValue:
    """A value somebody decided on; `is_stopped` is false where it was freed. Shipped ones have no time.

    `is_to_check` where the program stopped it by itself: a fraudster may have seen to it that his own number stands on
    many sites, beside many kinds of fraud, so that somebody should look at it.
    """

    kind: str
    value: str
    is_stopped: bool
    reason: str
    decided_by: str
    decided_at: datetime | None
    is_to_check: bool = False


class Stops:
    """What ties nobody at this moment: `tie in stops`."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(_DECIDED)
        self._decided: Mapping[Tie, bool] = {Tie(row.kind, row.value): row.is_stopped for row in rows}

    def __contains__(self, tie: Tie) -> bool:
        return self._decided.get(tie, tie in shipped())

    def is_decided(self, tie: Tie) -> bool:
        """Whether somebody stopped or freed the value, whatever ships."""
        return tie in self._decided


@cache
def shipped() -> Mapping[Tie, str]:
    """The values that ship with the program, each with the reason."""
    found: dict[Tie, str] = {}
    with SHIPPED_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            tie = tie_of(row["kind"], row["value"])
            if tie is None:
                raise ValueError(f"{SHIPPED_FILE}: {row['kind']} {row['value']} ties nobody anyway; take the row out")
            found[tie] = row["reason"]
    return found


@cache
def shipped_version() -> str:
    """A hash of what ships, by which its changes are noticed."""
    return hashlib.sha256(SHIPPED_FILE.read_bytes()).hexdigest()[:16]


def all_stop_values(session: Session) -> list[StopValue]:
    """Every value that is stopped or was freed: people's and the program's own first, newest first, then shipped."""
    rows = session.scalars(select(StopValueRow).order_by(StopValueRow.decided_at.desc(), StopValueRow.value))
    decided = [
        StopValue(
            row.kind,
            row.value,
            row.is_stopped,
            row.reason,
            row.decided_by,
            row.decided_at,
            is_to_check=row.is_stopped and row.decided_by == COUNTED,
        )
        for row in rows
    ]
    known = {(value.kind, value.value) for value in decided}
    return decided + [
        StopValue(tie.kind, tie.value, True, reason, "", None)
        for tie, reason in shipped().items()
        if (tie.kind, tie.value) not in known
    ]


def decide_value(session: Session, tie: Tie, is_stopped: bool, actor: str, reason: str) -> None:
    """Stop a value or free it; the last word counts."""
    row = session.get(StopValueRow, (tie.kind, tie.value)) or StopValueRow(kind=tie.kind, value=tie.value)
    row.is_stopped, row.reason, row.decided_by, row.decided_at = is_stopped, reason, actor, datetime.now(UTC)
    session.add(row)
    session.flush()


def stop_shared_by_many(session: Session, ties: Collection[Tie], stops: Stops) -> list[Tie]:
    """Stop those of `ties`, none of them stopped yet, that too many share; what a person decided on is left alone."""
    found = []
    for tie in sorted(ties):
        if not stops.is_decided(tie) and (reason := _shared_by_many(session, tie)):
            decide_value(session, tie, True, COUNTED, reason)
            found.append(tie)
    return found


def _shared_by_many(session: Session, tie: Tie) -> str:
    """Why the value is nobody's own; "" where it may be one fraudster's.

    A fraudster's number on three hundred posts, or on three hundred throw-away sites, still speaks of one or two
    kinds of fraud. A bank's hotline stands on many sites and beside every kind. So a value is stopped on more than
    `MANY_HITS` hits when, among its newest, there are `MANY_CATEGORIES` categories and more than `MANY_SITES`
    registered domains; a site, which has but one domain, by the first two.
    """
    holders = select(TieRow.hit_id).where(TieRow.kind == tie.kind, TieRow.value == tie.value, TieRow.cut_at.is_(None))
    enough = holders.limit(MANY_HITS + 1).subquery()
    if (session.scalar(select(func.count()).select_from(enough)) or 0) <= MANY_HITS:
        return ""
    newest = holders.order_by(TieRow.hit_id.desc()).limit(NEWEST).subquery()
    hits, sites, categories = session.execute(
        select(
            func.count(), func.count(HitRow.registered_domain.distinct()), func.count(HitRow.category.distinct())
        ).join(newest, newest.c.hit_id == HitRow.id)
    ).one()
    if categories < MANY_CATEGORIES or (tie.kind != SITE and sites <= MANY_SITES):
        return ""
    return (
        f"Có trên quá nhiều mục khác loại: {hits} mục mới nhất thuộc {categories} nhóm, {sites} tên miền / "
        f"on too many hits of many kinds: the newest {hits} are of {categories} categories, {sites} domains"
    )
