"""The queue: which hits a person asked for, and where a hit stands among them."""

from __future__ import annotations

import logging
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from starlette.datastructures import QueryParams

from console.histogram import Histogram, histogram
from console.language import VIETNAM
from console.unindexed import search_records
from search.hits import Hit, load_hits
from search.indexes.index import FACET_FIELDS, Index, IndexUnavailable
from search.language.grammar import Order
from search.language.mistakes import QueryError
from search.language.query import MAX_OFFSET, MAX_PAGE_SIZE, Query, parse
from search.language.spelling import spell
from search.passages import Found, found_in
from search.records import Records
from search.status import Status

PAGE_SIZE = 50
MAX_PAGE = MAX_OFFSET // PAGE_SIZE
"""The last page that an index gives; what is beyond is reached by asking for less, or by exporting."""
PASSAGE_CHARACTERS = 220
"""Two lines on a wide screen."""
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
_FIRST_DAY, _LAST_DAY = date.min + timedelta(days=1), date.max - timedelta(days=1)
"""The midnight before the first, and the one after the last, are no times in every zone."""
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

    def between(self, since: date | None, until: date | None) -> Question:
        """The question asked of hits that were last seen on these days; None leaves a side open."""
        return replace(self, since=since.isoformat() if since else "", until=until.isoformat() if until else "")

    def asking(self, text: str) -> Question:
        """The question with another text in its search box."""
        return replace(self, text=text)

    def spelt(self) -> str:
        """All of it as one text in the query language. Raises QueryError with the column in `text`."""
        return spell(self.query())

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
    """A page of the queue; `found` says of each hit where the words of the question stand.

    `is_indexed` is False where the index could not be asked, `failure` then says why, and `ignored` is what was left
    out of the question.
    """

    hits: tuple[Hit, ...]
    found: tuple[Found, ...]
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    histogram: Histogram
    is_indexed: bool
    ignored: str
    failure: str

    @property
    def pages(self) -> int:
        """How many pages can be turned to."""
        return min(math.ceil(self.total / PAGE_SIZE), MAX_PAGE)


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
        # What is chosen of a facet is left open in it, so that others can be added.
        results = index.search(
            replace(query, open_fields=tuple(name for name in FACET_FIELDS if question.chosen(name)))
        )
        is_indexed, ignored, failure = True, "", ""
    except IndexUnavailable as error:
        _logger.exception("index unavailable, queue read from the records")
        without_index = search_records(records, query)
        results, ignored = without_index.results, without_index.ignored
        is_indexed, failure = False, str(error)
    wanted = question.chosen("status")
    hits = tuple(
        # The index may lag: what was decided a moment ago has left the queue already.
        hit
        for hit in load_hits(records, results.ids)
        if not wanted or hit.status in wanted
    )
    facets = {name: _facet(results.facets.get(name, {}), question.chosen(name)) for name in FACET_FIELDS}
    since, until = (date.fromisoformat(day) if day else None for day in (question.since, question.until))
    bars = histogram(results.timeline, since, until)
    found = tuple(found_in(records, query, hits, PASSAGE_CHARACTERS)) if is_indexed else tuple(Found() for _ in hits)
    return Answer(hits, found, results.total, facets, bars, is_indexed, ignored, failure)


def neighbours(index: Index, question: Question, position: int, hit_id: int) -> Neighbours | None:
    """What stands beside a hit that was seen at `position`.

    None where the index or the question fail, and beyond what an index gives. A hit that has left
    the queue (it was decided) leaves its place to the one after it.
    """
    first = max(0, position - 1)
    if first >= MAX_OFFSET:
        return None
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


def _facet(counts: Mapping[str, int], chosen: Iterable[str]) -> tuple[FacetValue, ...]:
    missing = dict.fromkeys((value for value in chosen if value not in counts), 0)
    picked = set(chosen)
    return tuple(FacetValue(value, count, value in picked) for value, count in {**counts, **missing}.items())


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return ""
    return min(max(day, _FIRST_DAY), _LAST_DAY).isoformat() if day else ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), VIETNAM).astimezone(UTC)
