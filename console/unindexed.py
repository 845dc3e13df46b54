"""The queue while the index is away: what the records alone can answer, and what they cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchers.match import Severity
from search.indexes.index import FACET_FIELDS, Results
from search.language.condition import AllOf, AnyOf, Condition, Label, Not, OneOf, SeenRange, SeverityRange, Term
from search.language.grammar import Order
from search.language.query import Query
from search.language.spelling import spell
from search.records import Records
from search.tables import HitRow

_COLUMNS: Mapping[str, InstrumentedAttribute[Any]] = {
    "category": HitRow.category,
    "source": HitRow.source,
    "status": HitRow.status,
    "severity": HitRow.severity,
    "host": HitRow.host,
}
_SEVERITIES = {str(int(severity)): severity for severity in Severity}
_PATTERN = re.compile(r"[*%_\\]")


@dataclass(frozen=True, slots=True)
class Unindexed:
    """What the records answer, and the part of the query that only an index could: "" where there is none.

    The counts of each field are those as if none of its own values had been asked for.
    """

    results: Results
    ignored: str


def search_records(records: Records, query: Query) -> Unindexed:
    """The hits that fit the query, but for the words and labels in it, which are told. There is no timeline."""
    held: list[tuple[Condition, ColumnElement[bool]]] = []
    ignored: list[Condition] = []
    for condition in query.condition.conditions:
        clause = _clause(condition)
        if clause is None:
            ignored.append(condition)
        else:
            held.append((condition, clause))
    where = [clause for _, clause in held]
    order: list[ColumnElement[Any]] = [HitRow.last_seen_at.desc(), HitRow.id.desc()]
    if query.order is Order.SEVERITY:
        order.insert(0, HitRow.severity.desc())
    with records.read() as session:
        total = session.scalar(select(func.count()).select_from(HitRow).where(*where)) or 0
        page = select(HitRow.id).where(*where).order_by(*order).limit(query.limit).offset(query.offset)
        ids = tuple(session.scalars(page))
        facets = {
            name: _counts(session, name, [clause for condition, clause in held if not _is_about(condition, name)])
            for name in FACET_FIELDS
        }
    left_out = Query(
        terms=tuple(condition for condition in ignored if isinstance(condition, Term)),
        groups=tuple(condition for condition in ignored if not isinstance(condition, Term)),
        order=query.order if query.order is Order.RELEVANCE else Order.NEWEST,
    )
    return Unindexed(Results(ids, total, facets), spell(left_out).strip())


def _is_about(condition: Condition, field: str) -> bool:
    return isinstance(condition, OneOf) and condition.name == field


def _counts(session: Session, name: str, where: Sequence[ColumnElement[bool]]) -> Mapping[str, int]:
    counted = select(_COLUMNS[name], func.count()).where(*where).group_by(_COLUMNS[name])
    counts = {str(value): count for value, count in session.execute(counted)}
    return dict(sorted(counts.items(), key=lambda line: (-line[1], line[0])))


def _clause(condition: Condition) -> ColumnElement[bool] | None:
    """What must hold of a hit's row; None where that takes an index."""
    match condition:
        case Term() | Label():
            return None
        case OneOf(name=name, values=values):
            return _among(name, values)
        case SeverityRange(low=low, high=high):
            return HitRow.severity.between(low, high)
        case SeenRange(start=start, end=end):
            bounds = [] if start is None else [HitRow.last_seen_at >= start]
            return and_(*bounds, *([] if end is None else [HitRow.last_seen_at < end]))
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            clauses = [clause for clause in map(_clause, parts) if clause is not None]
            if len(clauses) < len(parts):
                return None
            return and_(*clauses) if isinstance(condition, AllOf) else or_(*clauses)
        case Not(condition=inner):
            clause = _clause(inner)
            return None if clause is None else ~clause


def _among(name: str, values: Iterable[str]) -> ColumnElement[bool]:
    column = _COLUMNS[name]
    if name == "severity":
        return column.in_([int(_SEVERITIES[value]) for value in values if value in _SEVERITIES])
    return or_(
        *(
            column.like(_PATTERN.sub(_like, value), escape="\\") if name == "host" and "*" in value else column == value
            for value in values
        )
    )


def _like(sign: re.Match[str]) -> str:
    # In an index only the star stands for anything; LIKE has two such signs of its own.
    return "%" if sign[0] == "*" else f"\\{sign[0]}"
