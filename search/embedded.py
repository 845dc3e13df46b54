"""The embedded index: SQLite FTS5, by default in the records' own file.

Text is stored folded (see `search.index`). A table beside the full-text one holds what is filtered and counted.
"""

from __future__ import annotations

import json
import re
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rapidfuzz.distance import OSA

from matchers.normalise import fold_text
from search.condition import (
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
    exact_text_of,
)
from search.index import FACET_FIELDS, Document, IndexUnavailable, Results
from search.query import Order, Query
from search.records import LOCK_WAIT_SECONDS

SCHEMA = 1
"""Grows with every change of the tables below."""
_POINTER = "CREATE TABLE IF NOT EXISTS search_index (version INTEGER NOT NULL, generation INTEGER NOT NULL)"
"""Says which generation of the tables is searched; another one may be filling beside it."""
_SCHEMA = (
    # What facets count, once for every combination there is: hits are grouped by one small number.
    """
    CREATE TABLE IF NOT EXISTS index_groups (
        id INTEGER PRIMARY KEY, category TEXT NOT NULL, source TEXT NOT NULL, status TEXT NOT NULL,
        severity INTEGER NOT NULL, UNIQUE (category, source, status, severity)
    )""",
    """
    CREATE TABLE IF NOT EXISTS index_hits (
        id INTEGER PRIMARY KEY, version INTEGER NOT NULL, group_id INTEGER NOT NULL, severity INTEGER NOT NULL,
        host TEXT NOT NULL, last_seen INTEGER NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS index_hits_newest ON index_hits (last_seen, id, group_id)",
    "CREATE INDEX IF NOT EXISTS index_hits_severest ON index_hits (severity, last_seen, id, group_id)",
    "CREATE INDEX IF NOT EXISTS index_hits_group ON index_hits (group_id, last_seen)",
    # The ascii tokenizer parts words exactly where `search.query.words_of` does.
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_text USING fts5 (title, text, url, identifiers, tokenize = 'ascii')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_vocabulary USING fts5vocab (index_text, row)",
    # Words with their marks, and labels, each of them one word to the tokenizer.
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_exact USING fts5 (title, text, labels, tokenize = 'ascii')",
)
_TABLES = ("index_vocabulary", "index_text", "index_exact", "index_hits", "index_groups")
_REPLACE = "put a backup of the records in its place, or delete the file if it is the index's own, then rebuild"
_DAMAGES = {
    "SQLITE_CORRUPT_VTAB": "build it anew with `luoitroi index rebuild`",
    "SQLITE_CORRUPT": _REPLACE,
    "SQLITE_NOTADB": _REPLACE,
}
Row = tuple[int | str, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = {name: name for name in FACET_FIELDS}
_NEWEST = "h.last_seen DESC, h.id DESC"


class _Generation:
    """The tables of one generation, over an open connection: SQL says `index_…`, the tables are `index7_…`."""

    def __init__(self, connection: sqlite3.Connection, number: int) -> None:
        self.connection = connection
        self.number = number

    def execute(self, sql: str, values: Sequence[str | int] = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql.replace("index_", f"index{self.number}_"), values)

    def executemany(self, sql: str, rows: Iterable[Row]) -> None:
        self.connection.executemany(sql.replace("index_", f"index{self.number}_"), rows)

    def create(self) -> None:
        for statement in _SCHEMA:
            self.execute(statement)

    def drop(self) -> None:
        for table in _TABLES:
            self.execute(f"DROP TABLE IF EXISTS {table}")


class EmbeddedIndex:
    """An `Index` in one SQLite file. Many may read while one writes."""

    def __init__(self, path: Path, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        """Opens or makes the index's tables in `path`. Raises IndexUnavailable."""
        self.path = path
        self.lock_wait_seconds = lock_wait_seconds
        self._filling: int | None = None
        with self._connection() as connection:
            if not _has_table(connection, "search_index") and not _has_table(connection, "index_hits"):
                with _transaction(connection):
                    _point(connection, _Generation(connection, 1))

    def put(self, documents: Sequence[Document]) -> None:
        with self._tables() as tables:
            ids = [document.id for document in documents]
            held = _held_versions(tables, ids)
            newest: dict[int, Document] = {}
            for document in documents:
                known = newest[document.id].version if document.id in newest else held.get(document.id, 0)
                if document.version > known:
                    newest[document.id] = document
            stale = [(hit_id,) for hit_id in newest if hit_id in held]
            tables.executemany("DELETE FROM index_text WHERE rowid = ?", stale)
            tables.executemany("DELETE FROM index_exact WHERE rowid = ?", stale)
            for statement, rows in rows_of(newest.values()).items():
                tables.executemany(statement, rows)

    def search(self, query: Query) -> Results:
        facets: dict[str, dict[str, int]] = {name: {} for name in FACET_FIELDS}
        total = 0
        with self._tables("BEGIN") as tables:
            translation = _Translation(tables)
            # The plus keeps SQLite from sorting whole groups where the order's own index gives the page right away.
            page, where = translation.where(query, group="+h.group_id"), translation.where(query)
            order = translation.order(query)
            # All SQL below is made of constants of this module; what people wrote goes through `values`.
            page_sql = f"SELECT h.id FROM {page.sql} ORDER BY {order.sql} LIMIT ? OFFSET ?"  # noqa: S608
            count_sql = f"SELECT h.group_id, count(*) AS hits FROM {where.sql} GROUP BY h.group_id"  # noqa: S608
            facet_list = ", ".join(FACET_FIELDS)
            facet_sql = f"SELECT {facet_list}, hits FROM ({count_sql}) JOIN index_groups ON id = group_id"  # noqa: S608
            page_values = (*page.values, *order.values, query.limit, query.offset)
            ids = tuple(row[0] for row in tables.execute(page_sql, page_values))
            for *values_of_group, count in tables.execute(facet_sql, where.values):
                total += count
                for name, value in zip(FACET_FIELDS, values_of_group, strict=True):
                    facets[name][str(value)] = facets[name].get(str(value), 0) + count
        return Results(ids, total, {name: _most_first(counts) for name, counts in facets.items()})

    def ids(self, query: Query) -> Iterator[int]:
        with self._tables("BEGIN") as tables:
            translation = _Translation(tables)
            where, order = translation.where(query, group="+h.group_id"), translation.order(query)
            sql = f"SELECT h.id FROM {where.sql} ORDER BY {order.sql}"  # noqa: S608
            # Eight bytes a hit: a million fit where a page of texts does, and no reader holds the file open.
            found = array("q", (row[0] for row in tables.execute(sql, (*where.values, *order.values))))
        return iter(found)

    def count(self) -> int:
        with self._tables("BEGIN") as tables:
            return int(tables.execute("SELECT count(*) FROM index_hits").fetchone()[0])

    def clear(self) -> None:
        with self._connection() as connection, _transaction(connection):
            _point(connection, _Generation(connection, _generation(connection) + 1))

    @contextmanager
    def renewal(self) -> Iterator[EmbeddedIndex]:
        with self._connection() as connection, _transaction(connection):
            fresh = _Generation(connection, _generation(connection) + 1)
            fresh.drop()  # what an interrupted renewal may have left
            fresh.create()
        filling = copy(self)
        filling._filling = fresh.number
        yield filling
        with self._connection() as connection, _transaction(connection):
            _point(connection, _Generation(connection, fresh.number))

    def close(self) -> None:
        """Nothing stays open between two calls."""

    @contextmanager
    def _tables(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[_Generation]:
        """The tables in force, within one transaction. Raises IndexUnavailable when they are of another version."""
        with self._connection() as connection, _transaction(connection, begin):
            # A renewal fills tables of its own making, whatever stands beside them.
            if not self._filling and _version(connection) != SCHEMA:
                raise IndexUnavailable(
                    f"{self.path}: the index is of another version of the program; "
                    "build it anew with `luoitroi index rebuild`"
                )
            yield _Generation(connection, self._filling or _generation(connection))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=self.lock_wait_seconds, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                # The outbox makes the index whole again after a power cut; it need not wait for the disk itself.
                connection.execute("PRAGMA synchronous=NORMAL")
                yield connection
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            raise IndexUnavailable(f"{self.path}: {error}; see `luoitroi doctor`") from error
        except sqlite3.DatabaseError as error:
            remedy = _DAMAGES.get(error.sqlite_errorname)
            if remedy is None:
                raise
            raise IndexUnavailable(f"{self.path}: {error}; {remedy}") from error


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _point(connection: sqlite3.Connection, generation: _Generation) -> None:
    """Make this generation the one that is searched, with its tables, and drop the one before."""
    before = _generation(connection)
    generation.create()
    connection.execute(_POINTER)
    connection.execute("DELETE FROM search_index")
    connection.execute("INSERT INTO search_index VALUES (?, ?)", (SCHEMA, generation.number))
    if before != generation.number:
        # Dropped and not emptied: quicker, and the way out of a damaged index or one of another version.
        _Generation(connection, before).drop()


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def _generation(connection: sqlite3.Connection) -> int:
    """The number of the generation in force, 0 before the first."""
    if not _has_table(connection, "search_index"):
        return 0
    row = connection.execute("SELECT generation FROM search_index").fetchone()
    return 0 if row is None else int(row[0])


def _version(connection: sqlite3.Connection) -> int | None:
    if not _has_table(connection, "search_index"):
        return None
    row = connection.execute("SELECT version FROM search_index").fetchone()
    return None if row is None else int(row[0])


def _held_versions(tables: _Generation, ids: Sequence[int]) -> dict[int, int]:
    rows = tables.execute(
        "SELECT id, version FROM index_hits WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
    )
    return dict(rows.fetchall())


def rows_of(documents: Iterable[Document]) -> dict[str, list[Row]]:
    """What the index writes of documents: a statement for each of its tables, and its rows, folded."""
    documents = list(documents)
    return {
        "INSERT OR IGNORE INTO index_groups (category, source, status, severity) VALUES (?, ?, ?, ?)": list(
            set(map(_group_row, documents))
        ),
        "INSERT OR REPLACE INTO index_hits (id, version, severity, host, last_seen, group_id) VALUES (?, ?, ?, ?, ?, "
        "(SELECT id FROM index_groups WHERE category = ? AND source = ? AND status = ? AND severity = ?))": [
            (*_hit_row(document), *_group_row(document)) for document in documents
        ],
        "INSERT INTO index_text (rowid, title, text, url, identifiers) VALUES (?, ?, ?, ?, ?)": list(
            map(_text_row, documents)
        ),
        "INSERT INTO index_exact (rowid, title, text, labels) VALUES (?, ?, ?, ?)": list(map(_exact_row, documents)),
    }


def _group_row(document: Document) -> Row:
    return document.category, document.source, document.status, document.severity


def _hit_row(document: Document) -> Row:
    return (
        document.id,
        document.version,
        document.severity,
        document.host,
        _microseconds(document.last_seen_at),
    )


def _text_row(document: Document) -> Row:
    parts = (document.title, document.text, document.url, " ".join(one.value for one in document.identifiers))
    # Folding works within lines, so four lines after an empty one fold as four texts do, in one call.
    lines = fold_text("\n".join(("", *(part.replace("\n", " ") for part in parts)))).split("\n")
    return document.id, *lines[1:]


def _exact_row(document: Document) -> Row:
    return (
        document.id,
        exact_text_of(document.title),
        exact_text_of(document.text),
        " ".join(map(_label_word, document.labels)),
    )


def _label_word(label: str) -> str:
    """A label as one word to the ascii tokenizer: ASCII signs moved to the private use area."""
    return "".join(
        character if character.isalnum() or not character.isascii() else chr(0xE000 + ord(character))
        for character in label
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Sql:
    sql: str
    values: tuple[str | int, ...] = ()


class _Translation:
    """Conditions to SQL, over the tables whose vocabulary fuzzy words are looked up in."""

    def __init__(self, tables: _Generation) -> None:
        self.tables = tables

    def where(self, query: Query, group: str = "h.group_id") -> _Sql:
        """Tables and WHERE clause of a query."""
        tables, clauses = "index_hits h", [_Sql("1")]
        matches = list[str]()
        for condition in (*query.terms, *query.groups):
            match = self.match(condition)
            if match is None:
                clauses.append(self.clause(condition))
            else:
                matches.append(match)
        if matches:
            tables = "index_text JOIN index_hits h ON h.id = index_text.rowid"
            clauses.append(_Sql("index_text MATCH ?", (" AND ".join(matches),)))
        groups = _groups(query)
        if groups.sql:
            select = f"{group} IN (SELECT id FROM index_groups WHERE {groups.sql})"  # noqa: S608
            clauses.append(_Sql(select, groups.values))
        for alternatives, start in ((query.filters.get("host"), ""), (query.excluded.get("host"), "NOT ")):
            if alternatives:
                hosts = _hosts(alternatives)
                clauses.append(_Sql(f"{start}({hosts.sql})", hosts.values))
        if query.seen_from is not None or query.seen_until is not None:
            clauses.append(_seen(SeenRange(query.seen_from, query.seen_until)))
        joined = _joined(clauses, "AND")
        return _Sql(f"{tables} WHERE {joined.sql}", joined.values)

    def order(self, query: Query) -> _Sql:
        """ORDER BY clause; equal hits follow one another newest first."""
        if query.order is Order.SEVERITY:
            return _Sql(f"h.severity DESC, {_NEWEST}")
        titles = [self._phrase(term) for term in query.title_terms]
        if query.order is Order.RELEVANCE and titles:
            in_title = "(h.id IN (SELECT rowid FROM index_text WHERE index_text MATCH ?))"
            score = " + ".join([in_title] * len(titles))
            return _Sql(f"{score} DESC, {_NEWEST}", tuple(f"title : ({phrase})" for phrase in titles))
        return _Sql(_NEWEST)

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

    def clause(self, condition: Condition) -> _Sql:
        """What must hold of a row of `index_hits h`."""
        match = self.match(condition)
        if match is not None:
            return _Sql("h.id IN (SELECT rowid FROM index_text WHERE index_text MATCH ?)", (match,))
        in_exact = "h.id IN (SELECT rowid FROM index_exact WHERE index_exact MATCH ?)"
        match condition:
            case Term(is_excluded=True):
                return _negated(self.clause(replace(condition, is_excluded=False)))
            case Term():
                return _Sql(in_exact, (f"{{title text}} : ({_quoted(condition.words, condition.is_prefix)})",))
            case Label():
                return _Sql(in_exact, (f"labels : ({_quoted((_label_word(condition.text),), condition.is_prefix)})",))
            case OneOf(name="host", values=values):
                return _hosts(values)
            case OneOf(name=name, values=values):
                marks = ", ".join("?" * len(values))
                return _Sql(f"h.group_id IN (SELECT id FROM index_groups WHERE {_COLUMNS[name]} IN ({marks}))", values)  # noqa: S608
            case SeverityRange(low=low, high=high):
                return _Sql("h.severity BETWEEN ? AND ?", (low, high))
            case SeenRange():
                return _seen(condition)
            case AllOf(conditions=parts):
                return _joined([self.clause(part) for part in parts], "AND")
            case AnyOf(conditions=parts):
                return _joined([self.clause(part) for part in parts], "OR")
            case Not(condition=inner):
                return _negated(self.clause(inner))

    def _phrase(self, term: Term) -> str:
        if not term.is_fuzzy:
            return _quoted(term.words, term.is_prefix)
        similar = self._similar(term.words[0])
        return f"({' OR '.join(_quoted((word,), False) for word in similar)})"

    def _similar(self, word: str) -> list[str]:
        """The words of the index that a fuzzy word stands for, at least itself."""
        edits = edits_of(word)
        rows = self.tables.execute(
            "SELECT term FROM index_vocabulary WHERE term >= ? AND term < ?", (word[0], chr(ord(word[0]) + 1))
        )
        near = {held for (held,) in rows if OSA.distance(word, held, score_cutoff=edits) <= edits}
        return sorted(near | {word})


def _quoted(words: Sequence[str], is_prefix: bool) -> str:
    # Words hold letters, digits and what the tokenizer takes for such, so quoting them is enough.
    phrase = '"' + " ".join(words) + '"'
    return phrase + " *" if is_prefix else phrase


def _joined(clauses: Sequence[_Sql], operator: str) -> _Sql:
    sql = f" {operator} ".join(clause.sql for clause in clauses)
    return _Sql(f"({sql})", tuple(value for clause in clauses for value in clause.values))


def _negated(clause: _Sql) -> _Sql:
    return _Sql(f"NOT ({clause.sql})", clause.values)


def _hosts(patterns: Sequence[str]) -> _Sql:
    values = tuple(re.sub(r"([\[?])", r"[\1]", pattern) for pattern in patterns)
    return _Sql(f"({' OR '.join(['h.host GLOB ?'] * len(values))})", values)


def _seen(seen: SeenRange) -> _Sql:
    clauses = []
    if seen.start is not None:
        clauses.append(_Sql("h.last_seen >= ?", (_microseconds(seen.start),)))
    if seen.end is not None:
        clauses.append(_Sql("h.last_seen < ?", (_microseconds(seen.end),)))
    return _joined(clauses, "AND")


def _groups(query: Query) -> _Sql:
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
    return _Sql(" AND ".join(clauses), tuple(values))


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
