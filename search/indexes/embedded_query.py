"""Queries as the embedded index takes them: conditions to SQL and full-text expressions.

All SQL is made of constants of this module; what people wrote goes through values, or quoted into an expression.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from search.indexes.embedded_tables import Generation, label_word
from search.indexes.index import FACET_FIELDS, microseconds
from search.indexes.word import MAX_WORD_CHARACTERS, words_parted
from search.language.condition import (
    AllOf,
    AnyOf,
    Condition,
    Label,
    Not,
    OneOf,
    SeenRange,
    SeverityRange,
    Term,
    edits_of,
)
from search.language.grammar import Order
from search.language.query import Query

_COLUMNS = {name: name for name in FACET_FIELDS}
_NEWEST = "h.last_seen DESC, h.id DESC"


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL and what its question marks stand for; `is_by_words` where rows come in the order of the words' index."""

    sql: str
    values: tuple[str | int, ...] = ()
    is_by_words: bool = False


class Translation:
    """Conditions to SQL, over the tables whose vocabulary fuzzy words are looked up in."""

    def __init__(self, tables: Generation) -> None:
        self.tables = tables
        self._known_similar: dict[str, list[str]] = {}

    def where(self, query: Query, group: str = "h.group_id") -> Sql:
        """Tables and WHERE clause of a query."""
        tables, clauses = "index_hits h", [Sql("1")]
        matches = list[str]()
        for condition in (*query.terms, *query.groups):
            match = self.match(condition)
            if match is None:
                clauses.append(self.clause(condition))
            else:
                matches.append(match)
        if matches:
            tables = "index_text JOIN index_hits h ON h.id = index_text.rowid"
            clauses.append(Sql("index_text MATCH ?", (" AND ".join(matches),)))
        groups = _groups(query)
        if groups.sql:
            select = f"{group} IN (SELECT id FROM index_groups WHERE {groups.sql})"  # noqa: S608
            clauses.append(Sql(select, groups.values))
        for alternatives, start in ((query.filters.get("host"), ""), (query.excluded.get("host"), "NOT ")):
            if alternatives:
                hosts = _hosts(alternatives)
                clauses.append(Sql(f"{start}({hosts.sql})", hosts.values))
        if query.seen_from is not None or query.seen_until is not None:
            clauses.append(_seen(SeenRange(query.seen_from, query.seen_until)))
        joined = _joined(clauses, "AND")
        return Sql(f"{tables} WHERE {joined.sql}", joined.values, is_by_words=bool(matches))

    def order(self, query: Query) -> Sql:
        """ORDER BY clause; equal hits follow one another newest first."""
        if query.order is Order.SEVERITY:
            return Sql(f"h.severity DESC, {_NEWEST}")
        titles = [self._phrase(term) for term in query.title_terms]
        if query.order is Order.RELEVANCE and titles:
            in_title = "(h.id IN (SELECT rowid FROM index_text WHERE index_text MATCH ?))"
            score = " + ".join([in_title] * len(titles))
            return Sql(f"{score} DESC, {_NEWEST}", tuple(f"title : ({phrase})" for phrase in titles))
        return Sql(_NEWEST)

    def match(self, condition: Condition) -> str | None:
        """The full-text expression of a condition on folded words alone; None for any other."""
        if isinstance(condition, Term) and not condition.is_exact and not condition.is_excluded:
            return self._phrase(condition)
        if isinstance(condition, (AllOf, AnyOf)):
            parts = [self.match(part) for part in condition.conditions]
            known = [part for part in parts if part is not None]
            operator = " AND " if isinstance(condition, AllOf) else " OR "
            return f"({operator.join(known)})" if len(known) == len(parts) else None
        return None

    def clause(self, condition: Condition) -> Sql:
        """What must hold of a row of `index_hits h`."""
        match = self.match(condition)
        if match is not None:
            return Sql("h.id IN (SELECT rowid FROM index_text WHERE index_text MATCH ?)", (match,))
        in_exact = "h.id IN (SELECT rowid FROM index_exact WHERE index_exact MATCH ?)"
        match condition:
            case Term(is_excluded=True):
                return _negated(self.clause(replace(condition, is_excluded=False)))
            case Term():
                return Sql(in_exact, (f"{{title text evidence}} : ({_quoted(condition.words, condition.is_prefix)})",))
            case Label():
                return Sql(in_exact, (f"labels : ({_quoted((label_word(condition.text),), condition.is_prefix)})",))
            case OneOf(name="host", values=values):
                return _hosts(values)
            case OneOf(name=name, values=values):
                marks = ", ".join("?" * len(values))
                return Sql(f"h.group_id IN (SELECT id FROM index_groups WHERE {_COLUMNS[name]} IN ({marks}))", values)  # noqa: S608
            case SeverityRange(low=low, high=high):
                return Sql("h.severity BETWEEN ? AND ?", (low, high))
            case SeenRange():
                return _seen(condition)
            case AllOf(conditions=parts):
                return _joined([self.clause(part) for part in parts], "AND")
            case AnyOf(conditions=parts):
                return _joined([self.clause(part) for part in parts], "OR")
            case Not(condition=inner):
                return _negated(self.clause(inner))

    def _phrase(self, term: Term) -> str:
        if not term.is_fuzzy or len(term.words[0]) > MAX_WORD_CHARACTERS:
            return _quoted(term.words, term.is_prefix)
        similar = self._similar(term.words[0])
        return f"({' OR '.join(_quoted((word,), False) for word in similar)})"

    def _similar(self, word: str) -> list[str]:
        """The words of the index that a fuzzy word stands for, at least itself: looked up once, as often as asked."""
        if word not in self._known_similar:
            self._known_similar[word] = self._looked_up(word)
        return self._known_similar[word]

    def _looked_up(self, word: str) -> list[str]:
        edits = edits_of(word)
        rows = self.tables.execute(
            "SELECT term FROM index_vocabulary WHERE term >= ? AND term < ?", (word[0], chr(ord(word[0]) + 1))
        )
        near = {held for (held,) in rows if OSA.distance(word, held, score_cutoff=edits) <= edits}
        return sorted(near | {word})


def _quoted(words: Sequence[str], is_prefix: bool) -> str:
    return _whole(words_parted(" ".join(words)), is_prefix)


def _whole(words: str, is_prefix: bool) -> str:
    # Words hold letters, digits and what the tokenizer takes for such, so quoting them is enough.
    return f'"{words}" *' if is_prefix else f'"{words}"'


def _joined(clauses: Sequence[Sql], operator: str) -> Sql:
    sql = f" {operator} ".join(clause.sql for clause in clauses)
    return Sql(f"({sql})", tuple(value for clause in clauses for value in clause.values))


def _negated(clause: Sql) -> Sql:
    return Sql(f"NOT ({clause.sql})", clause.values)


def _hosts(patterns: Sequence[str]) -> Sql:
    values = tuple(re.sub(r"([\[?])", r"[\1]", pattern) for pattern in patterns)
    return Sql(f"({' OR '.join(['h.host GLOB ?'] * len(values))})", values)


def _seen(seen: SeenRange) -> Sql:
    clauses = []
    if seen.start is not None:
        clauses.append(Sql("h.last_seen >= ?", (microseconds(seen.start),)))
    if seen.end is not None:
        clauses.append(Sql("h.last_seen < ?", (microseconds(seen.end),)))
    return _joined(clauses, "AND")


def _groups(query: Query) -> Sql:
    """What must hold of a hit's group; "" where every group will do."""
    clauses, values = list[str](), list[str | int]()
    for name in FACET_FIELDS:
        for alternatives, operator in ((query.filters.get(name), "IN"), (query.excluded.get(name), "NOT IN")):
            if alternatives:
                clauses.append(f"{name} {operator} ({', '.join('?' * len(alternatives))})")
                values.extend(alternatives)
    if (query.min_severity, query.max_severity) != (1, 4):
        clauses.append("severity BETWEEN ? AND ?")
        values.extend((query.min_severity, query.max_severity))
    return Sql(" AND ".join(clauses), tuple(values))
