"""Queries as Elasticsearch takes them. What people write reaches it only as values of the few query types used here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from matchers.match import Severity
from search.indexes.index import microseconds
from search.indexes.word import words_parted
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

PREFIX_WORDS: Final = 10_000
"""How many words of the index the open end of a phrase may stand for; a single open word has no such bound."""
_SEVERITIES = frozenset(str(int(severity)) for severity in Severity)
_NARROWED: Final = "narrowed"
_NEWEST: Final = [{"last_seen": "desc"}, {"id": "desc"}]


def query_body(query: Query) -> dict[str, Any]:
    """What must hold of a hit, and what its score counts, as the body of a search."""
    scored = []
    if query.order is Order.RELEVANCE:
        scored = [{"constant_score": {"filter": _words(term, "title")}} for term in query.title_terms]
    filters = [_clause(condition) for condition in query.condition.conditions]
    return {"bool": {"filter": filters, "should": scored, "minimum_should_match": 0}}


def open_filter(query: Query, but: str = "") -> dict[str, Any] | None:
    """What the open fields, `but` one, ask of a hit beyond `query.widened`; None where that is nothing."""
    clauses = [_clause(OneOf(name, values)) for name, values in query.open_filters.items() if name != but]
    return {"bool": {"filter": clauses}} if clauses else None


def narrowed(counts: Mapping[str, Any], query: Query, but: str = "") -> Mapping[str, Any]:
    """What counts hits of `query.widened`, told to count only those that its open fields, `but` one, let through."""
    clause = open_filter(query, but)
    return counts if clause is None else {"filter": clause, "aggs": {_NARROWED: counts}}


def buckets_of(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The buckets that something counted, `narrowed` or not."""
    found: Sequence[Mapping[str, Any]] = answer.get(_NARROWED, answer)["buckets"]
    return found


def _clause(condition: Condition) -> dict[str, Any]:
    """The server's query for a condition."""
    match condition:
        case Term(is_excluded=True):
            return _negated(_clause(replace(condition, is_excluded=False)))
        case Term():
            return _words(condition, "exact" if condition.is_exact else "words")
        case Label(is_prefix=True):
            return {"prefix": {"labels": {"value": condition.text, "rewrite": "constant_score"}}}
        case Label():
            return {"term": {"labels": condition.text}}
        case OneOf(name="host", values=values):
            return _hosts(values)
        case OneOf(name="severity", values=values):
            # A severity that is no number is nobody's; the server would refuse to look for it.
            return {"terms": {"severity": [value for value in values if value in _SEVERITIES]}}
        case OneOf(name=name, values=values):
            return {"terms": {name: list(values)}}
        case SeverityRange(low=low, high=high):
            return {"range": {"severity": {"gte": low, "lte": high}}}
        case SeenRange(start=start, end=end):
            bounds = {"gte": start, "lt": end}
            given = {name: microseconds(moment) for name, moment in bounds.items() if moment is not None}
            return {"range": {"last_seen": given}}
        case AllOf(conditions=parts):
            return {"bool": {"filter": [_clause(part) for part in parts]}}
        case AnyOf(conditions=parts):
            return {"bool": {"should": [_clause(part) for part in parts], "minimum_should_match": 1}}
        case Not(condition=inner):
            return _negated(_clause(inner))


def _negated(clause: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"must_not": [clause]}}


def _words(term: Term, field: str) -> dict[str, Any]:
    words = words_parted(" ".join(term.words))
    if term.is_fuzzy and " " not in words:
        return {
            "fuzzy": {
                field: {
                    "value": words,
                    "fuzziness": edits_of(words),
                    "prefix_length": 1,
                    "transpositions": True,
                    # So every near word counts; the usual rewriting would take fifty of them (`max_expansions`).
                    "rewrite": "constant_score",
                }
            }
        }
    if term.is_prefix and " " not in words:
        return {"prefix": {field: {"value": words, "rewrite": "constant_score"}}}
    if term.is_prefix:
        return {"match_phrase_prefix": {field: {"query": words, "max_expansions": PREFIX_WORDS}}}
    return {"match_phrase": {field: {"query": words}}}


def _hosts(patterns: Sequence[str]) -> dict[str, Any]:
    values = [pattern.replace("\\", "\\\\").replace("?", "\\?") for pattern in patterns]
    clauses = [{"wildcard": {"host": {"value": value, "rewrite": "constant_score"}}} for value in values]
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def sort_body(query: Query) -> list[Mapping[str, Any]]:
    """The order of a query; the last value of each hit's sort is its id."""
    if query.order is Order.SEVERITY:
        return [{"severity": "desc"}, *_NEWEST]
    if query.order is Order.RELEVANCE:
        return [{"_score": {"order": "desc"}}, *_NEWEST]
    return list(_NEWEST)
