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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matchers.normalise import fold_text
from search.index import FACET_FIELDS, Document, IndexUnavailable, Results
from search.query import Order, Query, Term
from search.records import LOCK_WAIT_SECONDS

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
)
_TABLES = ("index_text", "index_hits", "index_groups")
_REPLACE = "put a backup of the records in its place, or delete the file if it is the index's own, then rebuild"
_DAMAGES = {
    "SQLITE_CORRUPT_VTAB": "build it anew with `luoitroi index rebuild`",
    "SQLITE_CORRUPT": _REPLACE,
    "SQLITE_NOTADB": _REPLACE,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST = "h.last_seen DESC, h.id DESC"


class EmbeddedIndex:
    """An `Index` in one SQLite file. Many may read while one writes."""

    def __init__(self, path: Path, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        """Opens or makes the index's tables in `path`. Raises IndexUnavailable."""
        self.path = path
        self.lock_wait_seconds = lock_wait_seconds
        with self._connection() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)

    def put(self, documents: Sequence[Document]) -> None:
        with self._connection() as connection, _transaction(connection):
            ids = [document.id for document in documents]
            held = _held_versions(connection, ids)
            newest: dict[int, Document] = {}
            for document in documents:
                known = newest[document.id].version if document.id in newest else held.get(document.id, 0)
                if document.version > known:
                    newest[document.id] = document
            stale = [(hit_id,) for hit_id in newest if hit_id in held]
            connection.executemany("DELETE FROM index_text WHERE rowid = ?", stale)
            for statement, rows in rows_of(newest.values()).items():
                connection.executemany(statement, rows)

    def search(self, query: Query) -> Results:
        # The plus keeps SQLite from sorting whole groups where the order's own index gives the page right away.
        page, where, order = _conditions(query, group="+h.group_id"), _conditions(query), _order(query)
        # Every piece of SQL below is made of constants of this module; what people wrote goes through `values`.
        page_sql = f"SELECT h.id FROM {page.sql} ORDER BY {order.sql} LIMIT ? OFFSET ?"  # noqa: S608
        count_sql = f"SELECT h.group_id, count(*) AS hits FROM {where.sql} GROUP BY h.group_id"  # noqa: S608
        facet_sql = f"SELECT {', '.join(FACET_FIELDS)}, hits FROM ({count_sql}) JOIN index_groups ON id = group_id"  # noqa: S608
        facets: dict[str, dict[str, int]] = {name: {} for name in FACET_FIELDS}
        total = 0
        with self._connection() as connection, _transaction(connection, "BEGIN"):
            page_values = (*page.values, *order.values, query.limit, query.offset)
            ids = tuple(row[0] for row in connection.execute(page_sql, page_values))
            for *values_of_group, count in connection.execute(facet_sql, where.values):
                total += count
                for name, value in zip(FACET_FIELDS, values_of_group, strict=True):
                    facets[name][str(value)] = facets[name].get(str(value), 0) + count
        return Results(ids, total, {name: _most_first(counts) for name, counts in facets.items()})

    def ids(self, query: Query) -> Iterator[int]:
        where, order = _conditions(query), _order(query)
        sql = f"SELECT h.id FROM {where.sql} ORDER BY {order.sql}"  # noqa: S608
        with self._connection() as connection:
            # Eight bytes a hit: a million fit where a page of texts does, and no reader holds the file open.
            found = array("q", (row[0] for row in connection.execute(sql, (*where.values, *order.values))))
        return iter(found)

    def count(self) -> int:
        with self._connection() as connection:
            return int(connection.execute("SELECT count(*) FROM index_hits").fetchone()[0])

    def clear(self) -> None:
        with self._connection() as connection, _transaction(connection):
            # Made anew and not emptied: quicker, and the way out of a damaged index.
            for table in _TABLES:
                connection.execute(f"DROP TABLE {table}")
            for statement in _SCHEMA:
                connection.execute(statement)

    def close(self) -> None:
        """Nothing stays open between two calls."""

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


def _held_versions(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, int]:
    rows = connection.execute(
        "SELECT id, version FROM index_hits WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
    )
    return dict(rows.fetchall())


Row = tuple[int | str, ...]


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
    parts = (document.title, document.text, document.url, " ".join(document.identifiers))
    # Folding works within lines, so four lines after an empty one fold as four texts do, in one call.
    lines = fold_text("\n".join(("", *(part.replace("\n", " ") for part in parts)))).split("\n")
    return document.id, *lines[1:]


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Sql:
    sql: str
    values: tuple[str | int, ...] = ()


def _conditions(query: Query, group: str = "h.group_id") -> _Sql:
    """Tables and WHERE clause."""
    tables, clauses, values = "index_hits h", ["1"], list[str | int]()
    wanted = [term for term in query.terms if not term.is_excluded]
    unwanted = [term for term in query.terms if term.is_excluded]
    if wanted:
        tables = "index_text JOIN index_hits h ON h.id = index_text.rowid"
        clauses.append("index_text MATCH ?")
        values.append(" AND ".join(map(_fts_term, wanted)))
    for term in unwanted:
        clauses.append("h.id NOT IN (SELECT rowid FROM index_text WHERE index_text MATCH ?)")
        values.append(_fts_term(term))
    groups = _groups(query)
    if groups.sql:
        clauses.append(f"{group} IN (SELECT id FROM index_groups WHERE {groups.sql})")  # noqa: S608
        values.extend(groups.values)
    for alternatives, start in ((query.filters.get("host"), ""), (query.excluded.get("host"), "NOT ")):
        if alternatives:
            clauses.append(f"{start}({' OR '.join(['h.host GLOB ?'] * len(alternatives))})")
            values.extend(re.sub(r"([\[?])", r"[\1]", pattern) for pattern in alternatives)
    if query.seen_from is not None:
        clauses.append("h.last_seen >= ?")
        values.append(_microseconds(query.seen_from))
    if query.seen_until is not None:
        clauses.append("h.last_seen < ?")
        values.append(_microseconds(query.seen_until))
    return _Sql(f"{tables} WHERE {' AND '.join(clauses)}", tuple(values))


def _order(query: Query) -> _Sql:
    """ORDER BY clause; equal hits follow one another newest first."""
    if query.order is Order.SEVERITY:
        return _Sql(f"h.severity DESC, {_NEWEST}")
    wanted = [term for term in query.terms if not term.is_excluded]
    if query.order is Order.RELEVANCE and wanted:
        in_title = "(h.id IN (SELECT rowid FROM index_text WHERE index_text MATCH ?))"
        score = " + ".join([in_title] * len(wanted))
        return _Sql(f"{score} DESC, {_NEWEST}", tuple(f"title : {_fts_term(term)}" for term in wanted))
    return _Sql(_NEWEST)


def _fts_term(term: Term) -> str:
    # Words hold letters, digits and underscores only, so quoting them is enough.
    phrase = '"' + " ".join(term.words) + '"'
    return phrase + " *" if term.is_prefix else phrase


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
