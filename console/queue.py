"""The queue: which hits a person asked for, and where a hit stands among them."""

from __future__ import annotations

import logging
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from starlette.datastructures import QueryParams

from console.language import VIETNAM
from search.hits import Hit, load_hits
from search.index import FACET_FIELDS, Index, IndexUnavailable, Results
from search.query import MAX_PAGE_SIZE, Order, Query, QueryError, parse
from search.records import Records
from search.review import Status
from search.tables import HitRow

PAGE_SIZE = 50
MAX_POSITION = 1_000_000
OPEN = (Status.NEW, Status.IN_REVIEW)
"""The statuses that wait for somebody: the queue proper."""


def _parameter(name: str, description: str, kind: str = "string", is_list: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": kind}
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "array", "items": schema} if is_list else schema,
    }


QUESTION_PARAMETERS = [
    _parameter("q", "a search in the query language"),
    *(_parameter(name, f"one or more values of {name}", is_list=True) for name in FACET_FIELDS),
    _parameter("since", "first day in Vietnam that a hit was last seen, as 2026-01-31"),
    _parameter("until", "last day in Vietnam that a hit was last seen, as 2026-01-31"),
    _parameter("sort", f"one of {', '.join(Order)}"),
]
"""What the OpenAPI description says of a question's parameters."""
PAGE_PARAMETER = _parameter("page", "from 1", "integer")
AT_PARAMETER = _parameter("at", "the hit's position among the answers, from 0", "integer")
_COLUMNS: Mapping[str, InstrumentedAttribute[Any]] = {
    "category": HitRow.category,
    "source": HitRow.source,
    "status": HitRow.status,
    "severity": HitRow.severity,
    "host": HitRow.host,
}
_FIRST_DAY, _LAST_DAY = date.min + timedelta(days=1), date.max - timedelta(days=1)
"""The midnight before the first, and the one after the last, are no times in every zone."""
_PATTERN = re.compile(r"[*%_\\]")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What the search box, the facets and the date fields ask together. `since` and `until` are days in Vietnam."""

    text: str = ""
    facets: Mapping[str, tuple[str, ...]] | None = None
    since: str = ""
    until: str = ""
    sort: str = ""

    @classmethod
    def of(cls, parameters: QueryParams) -> Question:
        """The question in the parameters of an address; what is not understood there is left out."""
        return cls(
            text=parameters.get("q", "").strip(),
            facets={name: tuple(dict.fromkeys(filter(None, parameters.getlist(name)))) for name in FACET_FIELDS},
            since=_day(parameters.get("since", "")),
            until=_day(parameters.get("until", "")),
            sort=parameters.get("sort", "") if parameters.get("sort") in set(Order) else "",
        )

    def chosen(self, field: str) -> tuple[str, ...]:
        """The values chosen of a facet."""
        return (self.facets or {}).get(field, ())

    @property
    def parameters(self) -> list[tuple[str, object]]:
        """The parameters that ask this question again."""
        pairs: list[tuple[str, object]] = [("q", self.text)]
        pairs.extend((name, value) for name in FACET_FIELDS for value in self.chosen(name))
        pairs.extend((("since", self.since), ("until", self.until), ("sort", self.sort)))
        return [pair for pair in pairs if pair[1]]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.text or self.since or self.until or any(self.chosen(name) for name in FACET_FIELDS))

    @property
    def is_waiting(self) -> bool:
        """Whether it asks for all that waits for somebody, and for nothing else."""
        return set(self.chosen("status")) == set(OPEN) and not self.without("status").is_narrowed

    def without(self, field: str) -> Question:
        """The question with a facet dropped."""
        return replace(self, facets={**(self.facets or {}), field: ()})

    def query(self) -> Query:
        """The query that the index answers. Raises QueryError with the column in `text`."""
        query = parse(self.text)
        filters = dict(query.filters)
        for name in FACET_FIELDS:
            if values := self.chosen(name):
                filters[name] = values
        since = _midnight(self.since) if self.since else query.seen_from
        until = _midnight(self.until) + timedelta(days=1) if self.until else query.seen_until
        order = Order(self.sort) if self.sort else query.order
        return replace(query, filters=filters, seen_from=since, seen_until=until, order=order)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, and how many hits choosing it would show."""

    value: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of the queue. `is_indexed` is False where the index could not be asked and the words were ignored."""

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a hit stands in a queue: its 0-based `position`, the `total`, and the hits beside it."""

    position: int
    total: int
    previous_id: int | None
    next_id: int | None
    next_position: int


def ask(records: Records, index: Index, question: Question, page: int) -> Answer:
    """A page (from 1) of the answers. Raises QueryError and RecordsError; never fails for the index."""
    query = question.query().page(PAGE_SIZE, (page - 1) * PAGE_SIZE)
    try:
        results = index.search(query)
        counts: Mapping[str, Mapping[str, int]] = {
            name: _counts(index, question, query, name, results) for name in FACET_FIELDS
        }
        is_indexed = True
    except IndexUnavailable:
        _logger.exception("index unavailable, queue read from the records")
        results = _from_records(records, query)
        counts, is_indexed = results.facets, False
    wanted = question.chosen("status")
    hits = tuple(
        # The index may lag: what was decided a moment ago has left the queue already.
        hit
        for hit in load_hits(records, results.ids)
        if not wanted or hit.status in wanted
    )
    facets = {name: _facet(counts.get(name, {}), question.chosen(name)) for name in FACET_FIELDS}
    return Answer(hits, results.total, facets, is_indexed)


def neighbours(index: Index, question: Question, position: int, hit_id: int) -> Neighbours | None:
    """What stands beside a hit that was seen at `position`; None where the index or the question fail.

    A hit that has left the queue (it was decided) leaves its place to the one after it.
    """
    first = max(0, position - 1)
    try:
        results = index.search(question.query().page(3, first))
    except (QueryError, IndexUnavailable):
        return None
    ids = results.ids
    if hit_id in ids:
        place = ids.index(hit_id)
        before = ids[place - 1] if place else None
        after = ids[place + 1] if place + 1 < len(ids) else None
        return Neighbours(first + place, results.total, before, after, first + place + 1)
    place = position - first
    before = ids[place - 1] if 0 < place <= len(ids) else None
    after = ids[place] if place < len(ids) else None
    return Neighbours(position, results.total, before, after, position)


def matching(records: Records, index: Index, question: Question) -> tuple[int, Iterator[Hit]]:
    """How many hits fit, and all of them, a batch in memory at a time.

    Their ids are gathered before the first is read, as of one moment, whatever a crawl moves meanwhile.
    Raises QueryError and IndexUnavailable.
    """
    ids = array("q", index.ids(question.query()))
    return len(ids), _loaded(records, ids)


def _loaded(records: Records, ids: Sequence[int]) -> Iterator[Hit]:
    for start in range(0, len(ids), MAX_PAGE_SIZE):
        yield from load_hits(records, ids[start : start + MAX_PAGE_SIZE])


def _counts(index: Index, question: Question, query: Query, field: str, results: Results) -> Mapping[str, int]:
    """The counts of a facet as if none of its own values were chosen, so that others can be added."""
    if not question.chosen(field):
        return results.facets[field]
    filters = {name: values for name, values in query.filters.items() if name != field}
    return index.search(replace(query, filters=filters, limit=1, offset=0)).facets[field]


def _facet(counts: Mapping[str, int], chosen: Iterable[str]) -> tuple[FacetValue, ...]:
    missing = dict.fromkeys((value for value in chosen if value not in counts), 0)
    picked = set(chosen)
    return tuple(FacetValue(value, count, value in picked) for value, count in {**counts, **missing}.items())


def _from_records(records: Records, query: Query) -> Results:
    """What the records alone answer: the filters and the order, without the words."""
    conditions = [
        *(_among(name, values) for name, values in query.filters.items()),
        *(~_among(name, values) for name, values in query.excluded.items()),
    ]
    conditions.append(HitRow.severity.between(query.min_severity, query.max_severity))
    if query.seen_from is not None:
        conditions.append(HitRow.last_seen_at >= query.seen_from)
    if query.seen_until is not None:
        conditions.append(HitRow.last_seen_at < query.seen_until)
    order: list[ColumnElement[Any]] = [HitRow.last_seen_at.desc(), HitRow.id.desc()]
    if query.order is Order.SEVERITY:
        order.insert(0, HitRow.severity.desc())
    with records.read() as session:
        total = session.scalar(select(func.count()).select_from(HitRow).where(*conditions)) or 0
        page = select(HitRow.id).where(*conditions).order_by(*order).limit(query.limit).offset(query.offset)
        ids = tuple(session.scalars(page))
        facets = {
            name: {
                str(value): count
                for value, count in session.execute(
                    select(_COLUMNS[name], func.count()).where(*conditions).group_by(_COLUMNS[name])
                )
            }
            for name in FACET_FIELDS
        }
    return Results(ids, total, facets)


def _among(name: str, values: Iterable[str]) -> ColumnElement[bool]:
    column = _COLUMNS[name]
    if name == "severity":
        return column.in_([int(value) for value in values if value.isdigit()])
    return or_(
        *(
            column.like(_PATTERN.sub(_like, value), escape="\\") if name == "host" and "*" in value else column == value
            for value in values
        )
    )


def _like(sign: re.Match[str]) -> str:
    # In an index only the star stands for anything; LIKE has two such signs of its own.
    return "%" if sign[0] == "*" else f"\\{sign[0]}"


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return ""
    return min(max(day, _FIRST_DAY), _LAST_DAY).isoformat() if day else ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), VIETNAM).astimezone(UTC)
