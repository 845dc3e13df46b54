"""The search index: what it takes, what it answers, whichever engine stands behind it.

Text is folded and parted into words by `search.indexes.wording` before any index sees it, so `lua dao` finds `lừa đảo`
and the reverse, with the same answers from every implementation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from matchers.identifiers.kinds import KINDS
from matchers.match import Identifier
from search.indexes.word import MAX_VALUE_CHARACTERS
from search.language.condition import label_text
from search.language.query import Query

FACET_FIELDS = ("category", "source", "status", "severity")
_LABEL_OF_KIND = {kind.id: kind.field for kind in KINDS.values()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class IndexUnavailable(Exception):
    """The index cannot be read or written now. Nothing is lost: the outbox keeps what it must hear."""

    kind = "index_unavailable"


class DocumentsRefused(IndexUnavailable):
    """The index took all it was given but these documents, which it will never take; `reasons` says why, by hit."""

    kind = "documents_refused"

    def __init__(self, reasons: Mapping[int, str]) -> None:
        self.reasons = reasons
        hit_id, reason = next(iter(reasons.items()))
        super().__init__(f"the index refused {len(reasons)} of the hits, the first of them {hit_id}: {reason}")


@dataclass(frozen=True, slots=True)
class Document:
    """What the index holds of a hit, unfolded. `version` is the hit's own; the newest one wins.

    `evidence` is what captures of the hit show beyond its title and text; words find the hit through it as well.
    """

    id: int
    version: int
    title: str
    text: str
    url: str
    host: str
    identifiers: tuple[Identifier, ...]
    category: str
    source: str
    status: str
    severity: int
    last_seen_at: datetime
    brands: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """What `phone:`, `brand:`, `rule:` and the like are looked up in; an account also by its digits alone."""
        labels: dict[str, None] = {}
        for identifier in self.identifiers:
            name = _LABEL_OF_KIND.get(identifier.kind, identifier.kind)
            labels[label_text(name, identifier.value)] = None
            if name == "account":
                labels[label_text(name, identifier.value.rpartition(":")[2])] = None
        labels.update(dict.fromkeys(label_text("brand", brand) for brand in self.brands))
        labels.update(dict.fromkeys(label_text("rule", rule) for rule in self.rules))
        return tuple(label[:MAX_VALUE_CHARACTERS] for label in labels)


@dataclass(frozen=True, slots=True)
class Results:
    """One page of answers: hit ids in order, how many fit in all, and facets as {field: {value: count}}.

    A field that the query leaves open is counted as if none of its own values were asked for.
    `timeline` says how many of all that fit were last seen on each day in Vietnam, the first day first, days without
    any left out, and days beyond `search.indexes.timeline.TIMELINE_YEARS`.
    """

    ids: tuple[int, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    timeline: Mapping[date, int] = field(default_factory=dict)


class IndexCondition(StrEnum):
    """What can be done with the index in force."""

    READY = "ready"
    """It is of this version: searched and filled."""
    OLDER = "older"
    """An older version of the program made it."""
    HALF_MADE = "half_made"
    """What is there never took over, or is not whole."""
    GONE = "gone"
    """There is none yet, or no more."""
    NEWER = "newer"
    """A newer version of the program made it: left to that one."""
    FOREIGN = "foreign"
    """Another program's index stands in its place: left to whoever made it, unless people rebuild over it."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index in force, and the one that is filling beside it.

    `engine` is `embedded` or `elasticsearch`, `server` what runs it with its version, `name` the index or tables in
    force, of schema `schema`; "" and None where there is none. `hits` is how many it holds, None unless it is ready.
    `filling` is how many an unfinished renewal holds, None without one. `is_behind`: it took over, and what changed
    while it was filled has yet to be put. `problem` says why it cannot be used, with the way out.
    """

    engine: str
    server: str
    place: str
    name: str
    schema: int | None
    condition: IndexCondition
    hits: int | None
    filling: int | None = None
    is_behind: bool = False
    problem: str = ""

    @property
    def needs_rebuild(self) -> bool:
        """Whether a rebuild, and nothing but one, mends it, without touching what is not ours."""
        mended = (IndexCondition.OLDER, IndexCondition.HALF_MADE, IndexCondition.GONE)
        return self.condition in mended or self.is_behind


class Index(Protocol):
    """Every implementation passes `tests/search/indexes/test_index_contract.py`."""

    def put(self, documents: Sequence[Document]) -> None:
        """Add or replace; a document older than the one held is ignored. Searchable when this returns.

        Raises DocumentsRefused when all but some were taken, else IndexUnavailable.
        """

    def search(self, query: Query) -> Results:
        """The hits that fit, one page of them. Ties of the order are broken by id."""

    def ids(self, query: Query) -> Iterator[int]:
        """Every hit that fits, in order and as of one moment, whatever page the query asks for."""

    def count(self) -> int:
        """How many hits the index holds."""

    def versions(self) -> Iterator[tuple[int, int]]:
        """Id and version of every document held, by ascending id, as of one moment."""

    def state(self) -> IndexState:
        """How things stand. Changes nothing. Raises IndexUnavailable only where that cannot be found out."""

    def clear(self) -> None:
        """Forget every document."""

    def renewal(self, is_anew: bool = False) -> AbstractContextManager[Index]:
        """An index to fill beside this one, which it replaces when the block ends well.

        Until then searches are answered as before, and what is put is put in the old one. A block that ends badly, or
        a kill, leaves what it filled: the next renewal goes on with it, or with `is_anew` starts from nothing.
        What took over is behind (`IndexState`) until `settle()`. One renewal at a time: see `search.rebuild`.
        Raises IndexUnavailable where a newer version of the program made the index.
        """

    def settle(self) -> None:
        """Note that the index has caught up with what changed while it was filled."""

    def close(self) -> None: ...


def microseconds(moment: datetime) -> int:
    """A moment as indexes hold and compare it: microseconds since 1970, exact at any date."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
