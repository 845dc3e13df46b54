"""Saved searches, and the alerts they raise when a hit comes to fit.

A hit is asked in the transaction that records, changes or decides it, so that no alert waits for the index, comes
twice or is missed. A hit that fitted before raises none, whenever the search was saved and however often the hit is
seen again: what counts is the change that made it fit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from search.documents import documents
from search.indexes.fit import FoldedDocument, holds
from search.indexes.index import Document
from search.language.condition import Condition
from search.language.mistakes import QueryError
from search.language.query import parse
from search.records import Records, add_missing, hold
from search.tables import AlertRow, HitRow, SavedSearchRow
from search.text import storable

MAX_SEARCHES: Final = 100
"""Searches that one owner may keep; each is asked of every hit."""
MAX_NAME_CHARACTERS: Final = 128
MAX_ALERTS: Final = 200
"""Alerts on one page."""


class SavedSearchError(Exception):
    """A search cannot be saved or changed as asked."""


class NoSuchSearch(SavedSearchError):
    """The owner has no search of that id."""


class NameTaken(SavedSearchError):
    """The owner has another search of that name."""


class WrongName(SavedSearchError):
    """The name is empty or too long."""


class TooManySearches(SavedSearchError):
    """The owner has as many searches as one may keep."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query kept under a name. `mistake` says why the text is no query any more; such a search raises no alerts."""

    id: int
    owner: str
    name: str
    query: str
    is_alerting: bool
    created_at: datetime
    unseen: int = 0
    mistake: QueryError | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A hit that came to fit a saved search. `seen_at` is None until the owner has seen it."""

    id: int
    search_id: int
    search_name: str
    hit_id: int
    raised_at: datetime
    seen_at: datetime | None


def save_search(records: Records, owner: str, name: str, query_text: str, is_alerting: bool = True) -> SavedSearch:
    """Keep a query for its owner. It alerts of what comes to fit from now on.

    Raises QueryError, WrongName, NameTaken or TooManySearches, and keeps nothing then.
    """
    name, query_text = _name(name), _query_text(query_text)
    with records.write() as session:
        hold(session, f"saved searches of {owner}")
        of_owner = select(func.count()).select_from(SavedSearchRow).where(SavedSearchRow.owner == owner)
        if (session.scalar(of_owner) or 0) >= MAX_SEARCHES:
            raise TooManySearches(f"{owner} has {MAX_SEARCHES} saved searches; delete one first")
        _refuse_taken(session, owner, name, but_id=0)
        row = SavedSearchRow(
            owner=owner, name=name, query=query_text, is_alerting=is_alerting, created_at=datetime.now(UTC)
        )
        session.add(row)
        session.flush()
        return _saved(row)


def saved_searches(records: Records, owner: str) -> list[SavedSearch]:
    """The owner's searches by name, each with its number of unseen alerts."""
    with records.read() as session:
        rows = session.scalars(
            select(SavedSearchRow).where(SavedSearchRow.owner == owner).order_by(SavedSearchRow.name)
        ).all()
        unseen = dict(
            session.execute(
                select(AlertRow.search_id, func.count())
                .where(AlertRow.search_id.in_([row.id for row in rows]), AlertRow.seen_at.is_(None))
                .group_by(AlertRow.search_id)
            ).all()
        )
        return [_saved(row, unseen.get(row.id, 0)) for row in rows]


def saved_search(records: Records, owner: str, search_id: int) -> SavedSearch:
    """One of the owner's searches. Raises NoSuchSearch."""
    found = next((search for search in saved_searches(records, owner) if search.id == search_id), None)
    if found is None:
        raise NoSuchSearch(f"{owner} has no saved search {search_id}")
    return found


def change_search(
    records: Records,
    owner: str,
    search_id: int,
    *,
    name: str | None = None,
    query_text: str | None = None,
    is_alerting: bool | None = None,
) -> SavedSearch:
    """Change what is given of a search. Raises NoSuchSearch, QueryError, WrongName or NameTaken.

    With another text the alerts that were seen go, so that their hits alert anew when they come to fit it; those that
    were not seen stay.
    """
    new_name = None if name is None else _name(name)
    new_text = None if query_text is None else _query_text(query_text)
    with records.write() as session:
        hold(session, f"saved searches of {owner}")
        row = _owned(session, owner, search_id)
        if new_name is not None:
            _refuse_taken(session, owner, new_name, but_id=search_id)
            row.name = new_name
        if new_text is not None and new_text != row.query:
            row.query = new_text
            session.execute(delete(AlertRow).where(AlertRow.search_id == search_id, AlertRow.seen_at.is_not(None)))
        if is_alerting is not None:
            row.is_alerting = is_alerting
    return saved_search(records, owner, search_id)


def delete_search(records: Records, owner: str, search_id: int) -> None:
    """Forget a search and its alerts. Raises NoSuchSearch."""
    with records.write() as session:
        hold(session, f"saved searches of {owner}")
        row = _owned(session, owner, search_id)
        session.execute(delete(AlertRow).where(AlertRow.search_id == search_id))
        session.delete(row)


def alerts(
    records: Records,
    owner: str,
    unseen_only: bool = False,
    limit: int = 50,
    offset: int = 0,
    search_id: int | None = None,
) -> list[Alert]:
    """The owner's alerts, of one search or of all, newest first."""
    wanted = (
        select(AlertRow, SavedSearchRow.name)
        .join(SavedSearchRow, SavedSearchRow.id == AlertRow.search_id)
        .where(SavedSearchRow.owner == owner)
        .order_by(AlertRow.id.desc())
        .limit(max(1, min(limit, MAX_ALERTS)))
        .offset(max(0, offset))
    )
    if unseen_only:
        wanted = wanted.where(AlertRow.seen_at.is_(None))
    if search_id is not None:
        wanted = wanted.where(AlertRow.search_id == search_id)
    with records.read() as session:
        return [
            Alert(row.id, row.search_id, name, row.hit_id, row.raised_at, row.seen_at)
            for row, name in session.execute(wanted)
        ]


def unseen_count(records: Records, owner: str) -> int:
    """How many alerts the owner has not seen."""
    with records.read() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(AlertRow)
                .join(SavedSearchRow, SavedSearchRow.id == AlertRow.search_id)
                .where(SavedSearchRow.owner == owner, AlertRow.seen_at.is_(None))
            )
            or 0
        )


def mark_seen(
    records: Records,
    owner: str,
    *,
    alert_ids: Collection[int] | None = None,
    hit_id: int | None = None,
    search_id: int | None = None,
) -> int:
    """Note that the owner has seen these alerts, those of a hit or of a search, else all; returns how many were new."""
    searches = select(SavedSearchRow.id).where(SavedSearchRow.owner == owner)
    seen = update(AlertRow).where(AlertRow.search_id.in_(searches), AlertRow.seen_at.is_(None))
    if alert_ids is not None:
        seen = seen.where(AlertRow.id.in_(sorted(alert_ids)))
    if hit_id is not None:
        seen = seen.where(AlertRow.hit_id == hit_id)
    if search_id is not None:
        seen = seen.where(AlertRow.search_id == search_id)
    with records.write() as session:
        # As everybody who changes alerts that are there: rows locked in no order would lock one another out.
        hold(session, f"saved searches of {owner}")
        return len(session.execute(seen.values(seen_at=datetime.now(UTC)).returning(AlertRow.id)).all())


def broken_searches(records: Records) -> list[SavedSearch]:
    """The searches of everybody whose text is no query any more."""
    with records.read() as session:
        rows = session.scalars(select(SavedSearchRow).order_by(SavedSearchRow.id)).all()
    return [saved for saved in map(_saved, rows) if saved.mistake is not None]


def before_change(session: Session, hit: HitRow) -> Document | None:
    """What saved searches could find of a hit that the caller has locked and is about to change, for `raise_alerts`.

    None where no search is alerting.
    """
    is_watched = session.scalar(select(SavedSearchRow.id).where(SavedSearchRow.is_alerting.is_(True)).limit(1))
    return None if is_watched is None else documents(session, [hit])[0]


def raise_alerts(session: Session, hit_id: int, before: Document | None) -> None:
    """Raise an alert, in the caller's transaction, for each search that this hit came to fit in it.

    `before` is the hit as it was found by before (`before_change`). A hit that was there before and has none raises
    none: nobody watched then, or it was seen again and nothing of it changed.
    """
    rows = session.execute(select(SavedSearchRow.id, SavedSearchRow.query).where(SavedSearchRow.is_alerting.is_(True)))
    watching = [(search_id, condition) for search_id, text in rows if (condition := _understood(text)) is not None]
    if not watching:
        return
    session.flush()
    # Read anew: identifiers were linked, and texts cut to their columns, beside the object that was changed.
    hit = session.scalars(select(HitRow).where(HitRow.id == hit_id).execution_options(populate_existing=True)).one()
    if hit.version > 1 and before is None:
        return
    [now] = documents(session, [hit])
    folded = FoldedDocument(now)
    fitting = {search_id: condition for search_id, condition in watching if holds(condition, folded)}
    if fitting:
        known = session.scalars(
            select(AlertRow.search_id).where(AlertRow.hit_id == hit_id, AlertRow.search_id.in_(fitting))
        )
        for search_id in known:
            del fitting[search_id]
    if fitting and before is not None:
        # To be seen again is no change, even for a query that asks for a time.
        past = FoldedDocument(replace(before, last_seen_at=now.last_seen_at))
        fitting = {search_id: condition for search_id, condition in fitting.items() if not holds(condition, past)}
    if fitting:
        # Locked in one order, so that none is deleted before its alert is there.
        kept = session.scalars(
            select(SavedSearchRow.id)
            .where(SavedSearchRow.id.in_(fitting))
            .order_by(SavedSearchRow.id)
            .with_for_update(read=True, key_share=True)
        ).all()
        raised_at = datetime.now(UTC)
        add_missing(session, AlertRow, [{"search_id": one, "hit_id": hit_id, "raised_at": raised_at} for one in kept])


def _understood(text: str) -> Condition | None:
    """What a saved search asks of a hit now; None where its text is no query any more."""
    known = _parsed(text)
    if known is None:
        return None
    # An age counts from the moment it is asked.
    return parse(text).condition if known.is_relative else known.condition


@dataclass(frozen=True, slots=True)
class _Parsed:
    condition: Condition
    is_relative: bool


@lru_cache(maxsize=4096)
def _parsed(text: str) -> _Parsed | None:
    try:
        query = parse(text)
    except QueryError:
        return None
    return _Parsed(query.condition, query.is_relative)


def _saved(row: SavedSearchRow, unseen: int = 0) -> SavedSearch:
    mistake = None
    try:
        parse(row.query)
    except QueryError as error:
        mistake = error
    return SavedSearch(row.id, row.owner, row.name, row.query, row.is_alerting, row.created_at, unseen, mistake)


def _owned(session: Session, owner: str, search_id: int) -> SavedSearchRow:
    row = session.scalar(
        select(SavedSearchRow).where(SavedSearchRow.id == search_id, SavedSearchRow.owner == owner).with_for_update()
    )
    if row is None:
        raise NoSuchSearch(f"{owner} has no saved search {search_id}")
    return row


def _refuse_taken(session: Session, owner: str, name: str, but_id: int) -> None:
    taken = select(SavedSearchRow.id).where(
        SavedSearchRow.owner == owner, SavedSearchRow.name == name, SavedSearchRow.id != but_id
    )
    if session.scalar(taken) is not None:
        raise NameTaken(f"{owner} has another saved search named {name!r}; choose another name")


def _name(name: str) -> str:
    name = storable(" ".join(name.split()))
    if not name or len(name) > MAX_NAME_CHARACTERS:
        raise WrongName(f"a saved search has a name of 1 to {MAX_NAME_CHARACTERS} characters")
    return name


def _query_text(text: str) -> str:
    """The text as it is kept, once it is known to be a query. Raises QueryError."""
    text = storable(text.strip())
    parse(text)
    return text
