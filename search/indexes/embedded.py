"""The embedded index: SQLite FTS5, by default in the records' own file."""

from __future__ import annotations

import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path

from search.indexes.embedded_query import Sql, Translation
from search.indexes.embedded_tables import (
    SCHEMA,
    Generation,
    begin_renewal,
    current_generation,
    facets_of,
    has_table,
    held_versions,
    point,
    renewal_of,
    rows_of,
    schema_of,
    settle,
)
from search.indexes.index import Document, IndexCondition, IndexState, IndexUnavailable, Results
from search.indexes.timeline import DAY_MICROSECONDS, VIETNAM_MICROSECONDS, timeline
from search.language.query import Query
from search.records import LOCK_WAIT_SECONDS, use_wal

_REPLACE = "put a backup of the records in its place, or delete the file if it is the index's own, then rebuild"
_DAY = f"(h.last_seen + {VIETNAM_MICROSECONDS}) / {DAY_MICROSECONDS}"
_DAMAGES = {
    "SQLITE_CORRUPT_VTAB": "build it anew with `luoitroi index rebuild`",
    "SQLITE_CORRUPT": _REPLACE,
    "SQLITE_NOTADB": _REPLACE,
}


class EmbeddedIndex:
    """An `Index` in one SQLite file. Many may read while one writes."""

    def __init__(self, path: Path, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        """Opens or makes the index's tables in `path`. Raises IndexUnavailable."""
        self.path = path
        self.lock_wait_seconds = lock_wait_seconds
        self._filling: int | None = None
        with self._connection() as connection:
            if not has_table(connection, "search_index") and not has_table(connection, "index_hits"):
                with _transaction(connection):
                    point(connection, Generation(connection, 1))

    def put(self, documents: Sequence[Document]) -> None:
        with self._tables() as tables:
            ids = [document.id for document in documents]
            held = held_versions(tables, ids)
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
        with self._tables("BEGIN") as tables:
            translation = Translation(tables)
            # The plus keeps SQLite from sorting whole groups where the order's own index gives the page right away.
            page, where = translation.where(query, group="+h.group_id"), translation.where(query)
            order = translation.order(query)
            # All SQL below is made of constants of this module; what people wrote goes through `values`.
            page_sql = f"SELECT h.id FROM {page.sql} ORDER BY {order.sql} LIMIT ? OFFSET ?"  # noqa: S608
            page_values = (*page.values, *order.values, query.limit, query.offset)
            ids = tuple(row[0] for row in tables.execute(page_sql, page_values))
            open_filters = query.open_filters
            if open_filters:
                groups, days = _groups(tables, translation.where(query.widened)), _days(tables, where)
            else:
                groups, days = _counted(tables, where)
            total, facets = facets_of(tables, groups, open_filters)
            return Results(ids, total, facets, timeline(days))

    def ids(self, query: Query) -> Iterator[int]:
        with self._tables("BEGIN") as tables:
            translation = Translation(tables)
            where, order = translation.where(query, group="+h.group_id"), translation.order(query)
            sql = f"SELECT h.id FROM {where.sql} ORDER BY {order.sql}"  # noqa: S608
            # Eight bytes a hit: a million fit where a page of texts does, and no reader holds the file open.
            found = array("q", (row[0] for row in tables.execute(sql, (*where.values, *order.values))))
        return iter(found)

    def versions(self) -> Iterator[tuple[int, int]]:
        with self._tables("BEGIN") as tables:
            rows = tables.execute("SELECT id, version FROM index_hits ORDER BY id")
            held = array("q", (number for row in rows for number in row))
        return zip(held[::2], held[1::2], strict=True)

    def count(self) -> int:
        with self._tables("BEGIN") as tables:
            return _held(tables)

    def state(self) -> IndexState:
        with self._connection() as connection, _transaction(connection, "BEGIN"):
            schema, current = schema_of(connection), current_generation(connection)
            condition = _condition(schema)
            left = renewal_of(connection)
            filling = None if left is None or left[0] != SCHEMA or left[1] == current else left[1]
            return IndexState(
                engine="embedded",
                server=f"SQLite {sqlite3.sqlite_version}",
                place=str(self.path),
                name=f"index{current}" if current else "",
                schema=schema,
                condition=condition,
                hits=_held(Generation(connection, current)) if condition is IndexCondition.READY else None,
                filling=None if filling is None else _held(Generation(connection, filling)),
                is_behind=left == (SCHEMA, current),
                problem="" if condition is IndexCondition.READY else self._problem(condition),
            )

    def clear(self) -> None:
        with self.renewal(is_anew=True):
            pass
        self.settle()

    @contextmanager
    def renewal(self, is_anew: bool = False) -> Iterator[EmbeddedIndex]:
        with self._connection() as connection, _transaction(connection):
            if _condition(schema_of(connection)) is IndexCondition.NEWER:
                raise IndexUnavailable(self._problem(IndexCondition.NEWER))
            fresh = begin_renewal(connection, is_anew)
        filling = copy(self)
        filling._filling = fresh.number
        yield filling
        with self._connection() as connection, _transaction(connection):
            point(connection, Generation(connection, fresh.number))

    def settle(self) -> None:
        with self._connection() as connection, _transaction(connection):
            settle(connection)

    def close(self) -> None:
        """Nothing stays open between two calls."""

    @contextmanager
    def _tables(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[Generation]:
        """The tables in force, within one transaction. Raises IndexUnavailable when they are of another version."""
        with self._connection() as connection, _transaction(connection, begin):
            # A renewal fills tables of its own making, whatever stands beside them.
            condition = IndexCondition.READY if self._filling else _condition(schema_of(connection))
            if condition is not IndexCondition.READY:
                raise IndexUnavailable(self._problem(condition))
            yield Generation(connection, self._filling or current_generation(connection))

    def _problem(self, condition: IndexCondition) -> str:
        if condition is IndexCondition.NEWER:
            return f"{self.path}: a newer version of the program made the index; run that one"
        return (
            f"{self.path}: the index is of another version of the program; build it anew with `luoitroi index rebuild`"
        )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=self.lock_wait_seconds, isolation_level=None)
            try:
                use_wal(connection, self.lock_wait_seconds)
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


def _condition(schema: int | None) -> IndexCondition:
    if schema is None or schema < SCHEMA:
        # Without a schema it is of before there were any.
        return IndexCondition.OLDER
    return IndexCondition.NEWER if schema > SCHEMA else IndexCondition.READY


def _held(tables: Generation) -> int:
    return int(tables.execute("SELECT count(*) FROM index_hits").fetchone()[0])


def _counted(tables: Generation, where: Sql) -> tuple[Counter[int], Counter[int]]:
    """How many hits fit, by group and by day in Vietnam since 1970.

    Numbers come as one text: a quarter of the time of a row for each hit, half of that of grouping by SQLite, except
    by group where an index has the groups in order.
    """
    if not where.is_by_words:
        return _groups(tables, where), _days(tables, where)
    sql = f"SELECT group_concat(h.group_id), group_concat({_DAY}) FROM {where.sql}"  # noqa: S608
    groups, days = tables.execute(sql, where.values).fetchone()
    return _numbers(groups), _numbers(days)


def _groups(tables: Generation, where: Sql) -> Counter[int]:
    if where.is_by_words:
        return _numbers(tables.execute(f"SELECT group_concat(h.group_id) FROM {where.sql}", where.values).fetchone()[0])  # noqa: S608
    by_group = f"SELECT h.group_id, count(*) FROM {where.sql} GROUP BY h.group_id"  # noqa: S608
    return Counter(dict(tables.execute(by_group, where.values).fetchall()))


def _days(tables: Generation, where: Sql) -> Counter[int]:
    return _numbers(tables.execute(f"SELECT group_concat({_DAY}) FROM {where.sql}", where.values).fetchone()[0])  # noqa: S608


def _numbers(text: str | None) -> Counter[int]:
    return Counter({int(number): count for number, count in Counter(text.split(",")).items()} if text else {})
