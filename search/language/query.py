"""Queries: what the search box, the command line and scripts ask of the index.

    lừa đảo "chuyển tiền" vay* -báo (zalo OR telegram) =ngân category:loan_credit severity>=3 host:*.top sort:severity

Words must all occur, whatever their marks; `search.language.grammar` says what else can be written, docs/search.md by
example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from search.language.condition import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    OneOf,
    SeenRange,
    SeverityRange,
    Term,
    wanted_terms,
    words_of,
)
from search.language.grammar import MAX_SEVERITY, MIN_SEVERITY, Order, read

MAX_PAGE_SIZE: Final = 200
MAX_OFFSET: Final = 100_000
"""Each ten thousand cost a server as much again; what lies deeper is reached by narrowing the search, or exported."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; all of it must hold. `filters` maps a field to its alternatives, `excluded` to what must not be.

    `groups` are the conditions that are more than a word, a value or a range: alternatives and what is inside them.
    `said_seen` is the range of `seen:` as the text said it, for the age in it. The counts of `open_fields` are those as
    if none of their own `filters` were asked for, so that people see what else they could choose.
    """

    terms: tuple[Term, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_severity: int = MIN_SEVERITY
    max_severity: int = MAX_SEVERITY
    seen_from: datetime | None = None
    seen_until: datetime | None = None
    groups: tuple[Condition, ...] = ()
    order: Order = Order.NEWEST
    limit: int = 50
    offset: int = 0
    open_fields: tuple[str, ...] = ()
    said_seen: SeenRange | None = field(default=None, compare=False)

    def page(self, limit: int, offset: int) -> Query:
        """The same query, another page of its answers."""
        return replace(self, limit=max(1, min(limit, MAX_PAGE_SIZE)), offset=max(0, min(offset, MAX_OFFSET)))

    @property
    def open_filters(self) -> Mapping[str, tuple[str, ...]]:
        """The filters of the open fields: what narrows the answers and the other fields' counts, but not their own."""
        return {name: values for name, values in self.filters.items() if values and name in self.open_fields}

    @property
    def widened(self) -> Query:
        """The query without the filters of its open fields."""
        kept = {name: values for name, values in self.filters.items() if name not in self.open_filters}
        return replace(self, filters=kept, open_fields=())

    @property
    def title_terms(self) -> tuple[Term, ...]:
        """What relevance counts in titles: the terms that must or may occur, whatever their marks."""
        wanted = wanted_terms(AllOf((*self.terms, *self.groups)))
        return tuple(
            Term(words_of(" ".join(term.words)), term.is_prefix, is_fuzzy=term.is_fuzzy) if term.is_exact else term
            for term in wanted
        )

    @property
    def condition(self) -> AllOf:
        """Everything that must hold of a hit, as one tree."""
        conditions: list[Condition] = [*self.terms, *self.groups]
        conditions.extend(OneOf(name, values) for name, values in self.filters.items() if values)
        conditions.extend(Not(OneOf(name, values)) for name, values in self.excluded.items() if values)
        if (self.min_severity, self.max_severity) != (MIN_SEVERITY, MAX_SEVERITY):
            conditions.append(SeverityRange(self.min_severity, self.max_severity))
        if seen := self.seen:
            conditions.append(seen)
        return AllOf(tuple(conditions))

    @property
    def seen(self) -> SeenRange | None:
        """When a hit must have been last seen, with the age that said so unless it was replaced; None for any time."""
        if self.seen_from is None and self.seen_until is None:
            return None
        seen = SeenRange(self.seen_from, self.seen_until)
        return self.said_seen if seen == self.said_seen else seen

    @property
    def is_relative(self) -> bool:
        """Whether it counts time from the moment it was parsed at, so that it asks for something else later."""
        return _is_relative(self.condition)


def _is_relative(condition: Condition) -> bool:
    match condition:
        case SeenRange(age=age):
            return bool(age)
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            return any(map(_is_relative, parts))
        case Not(condition=inner):
            return _is_relative(inner)
    return False


def parse(text: str, now: datetime | None = None) -> Query:
    """The Query that `text` spells. `now` (aware, default the clock) is what ages like `seen:7d` count from.

    Raises QueryError with the column. `search.language.spelling.spell` is the way back.
    """
    found = read(text, now or datetime.now(UTC))
    terms, groups = list[Term](), list[Condition]()
    filters, excluded = dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
    low, high = MIN_SEVERITY, MAX_SEVERITY
    seen = SeenRange(None, None)
    for condition in found.conditions:
        if isinstance(condition, Term):
            terms.append(condition)
        elif isinstance(condition, OneOf):
            filters[condition.name] = condition.values
        elif isinstance(condition, Not) and isinstance(condition.condition, OneOf):
            name = condition.condition.name
            excluded[name] = (*excluded.get(name, ()), *condition.condition.values)
        elif isinstance(condition, SeverityRange):
            low, high = condition.low, condition.high
        elif isinstance(condition, SeenRange) and seen == SeenRange(None, None):
            seen = condition
        else:
            groups.append(condition)
    return Query(
        terms=tuple(terms),
        filters=filters,
        excluded=excluded,
        min_severity=low,
        max_severity=high,
        seen_from=seen.start,
        seen_until=seen.end,
        groups=tuple(groups),
        order=found.order,
        said_seen=seen,
    )
