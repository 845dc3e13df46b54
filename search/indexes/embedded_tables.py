"""The tables of the embedded index: their schema, their generations, and the rows that documents become.

Text is stored folded (see `search.indexes.index`). A table beside the full-text one holds what is filtered and counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from search.indexes.index import FACET_FIELDS, Document, microseconds
from search.indexes.word import value_text
from search.indexes.wording import worded

SCHEMA = 2
"""Grows with every change of the tables below."""
_POINTER = "CREATE TABLE IF NOT EXISTS search_index (version INTEGER NOT NULL, generation INTEGER NOT NULL)"
"""Says which generation of the tables is searched; another one may be filling beside it."""
_RENEWAL = "CREATE TABLE IF NOT EXISTS search_index_renewal (version INTEGER NOT NULL, generation INTEGER NOT NULL)"
"""Says which generation is filling, or has taken over and is yet to catch up with what changed meanwhile."""
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
    # The ascii tokenizer parts words exactly where `search.language.condition.words_of` does.
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_text USING fts5 "
    "(title, text, url, identifiers, evidence, tokenize = 'ascii')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_vocabulary USING fts5vocab (index_text, row)",
    # Words with their marks, and labels, each of them one word to the tokenizer.
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_exact USING fts5 (title, text, labels, evidence, tokenize = 'ascii')",
)
_TABLES = ("index_vocabulary", "index_text", "index_exact", "index_hits", "index_groups")
_LABEL_SIGNS = {sign: 0xE000 + sign for sign in range(0x80) if not chr(sign).isalnum()}
Row = tuple[int | str, ...]


class Generation:
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


def point(connection: sqlite3.Connection, generation: Generation) -> None:
    """Make this generation the one that is searched, with its tables, and drop the one before."""
    before = current_generation(connection)
    generation.create()
    connection.execute(_POINTER)
    connection.execute("DELETE FROM search_index")
    connection.execute("INSERT INTO search_index VALUES (?, ?)", (SCHEMA, generation.number))
    if before != generation.number:
        # Dropped and not emptied: quicker, and the way out of a damaged index or one of another version.
        Generation(connection, before).drop()


def begin_renewal(connection: sqlite3.Connection, is_anew: bool) -> Generation:
    """The generation to fill: the one that a renewal left half filled, unless `is_anew`, else a new one."""
    current, left = current_generation(connection), renewal_of(connection)
    if left is not None and left != (SCHEMA, current):
        half = Generation(connection, left[1])
        if left[0] == SCHEMA and not is_anew:
            return half
        half.drop()
    fresh = Generation(connection, max(current, left[1] if left else 0) + 1)
    fresh.drop()  # what an interrupted renewal of an older version may have left
    fresh.create()
    connection.execute(_RENEWAL)
    connection.execute("DELETE FROM search_index_renewal")
    connection.execute("INSERT INTO search_index_renewal VALUES (?, ?)", (SCHEMA, fresh.number))
    return fresh


def settle(connection: sqlite3.Connection) -> None:
    """Forget the renewal whose generation is in force."""
    if has_table(connection, "search_index_renewal"):
        connection.execute("DELETE FROM search_index_renewal WHERE generation = ?", (current_generation(connection),))


def renewal_of(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """Schema and generation of the renewal that has not settled, None where there is none."""
    if not has_table(connection, "search_index_renewal"):
        return None
    row = connection.execute("SELECT version, generation FROM search_index_renewal").fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def current_generation(connection: sqlite3.Connection) -> int:
    """The number of the generation in force, 0 before the first."""
    if not has_table(connection, "search_index"):
        return 0
    row = connection.execute("SELECT generation FROM search_index").fetchone()
    return 0 if row is None else int(row[0])


def schema_of(connection: sqlite3.Connection) -> int | None:
    """The schema of the tables in force, None where there are none."""
    if not has_table(connection, "search_index"):
        return None
    row = connection.execute("SELECT version FROM search_index").fetchone()
    return None if row is None else int(row[0])


def held_versions(tables: Generation, ids: Sequence[int]) -> dict[int, int]:
    """The versions of these hits that the index holds, by id; a hit that it does not hold is left out."""
    rows = tables.execute(
        "SELECT id, version FROM index_hits WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
    )
    return dict(rows.fetchall())


def facets_of(
    tables: Generation, groups: Mapping[int, int], open_filters: Mapping[str, Sequence[str]]
) -> tuple[int, dict[str, dict[str, int]]]:
    """How many of so many hits to a group fit the filters of open fields, and what facets show of them.

    The values of most hits come first. A group that lacks the values of one field only is counted there, to show what
    else could be chosen; one that lacks those of two is counted nowhere.
    """
    names = [name for name in FACET_FIELDS if name in open_filters]
    tests = "".join(f", {name} IN ({', '.join('?' * len(open_filters[name]))})" for name in names)
    rows = tables.execute(
        f"SELECT id, {', '.join(FACET_FIELDS)}{tests} FROM index_groups "  # noqa: S608
        "WHERE id IN (SELECT value FROM json_each(?))",
        (*(value for name in names for value in open_filters[name]), json.dumps(list(groups))),
    )
    total, facets = 0, {name: Counter[str | int]() for name in FACET_FIELDS}
    width = len(FACET_FIELDS) + 1
    for row in rows:
        count = groups[row[0]]
        lacking = [name for name, fits in zip(names, row[width:], strict=True) if not fits]
        total += 0 if lacking else count
        if len(lacking) < 2:
            for name, value in zip(FACET_FIELDS, row[1:width], strict=True):
                if not lacking or name == lacking[0]:
                    facets[name][value] += count
    return total, {
        name: {str(value): count for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}
        for name, counts in facets.items()
    }


def rows_of(documents: Iterable[Document]) -> dict[str, list[Row]]:
    """What the index writes of documents: a statement for each of its tables, and its rows, folded."""
    documents = list(documents)
    text_rows, exact_rows = list[Row](), list[Row]()
    for document in documents:
        words = worded(document)
        text_rows.append((document.id, words.title, words.text, words.url, words.identifiers, words.evidence))
        labels = " ".join(map(label_word, document.labels))
        exact_rows.append((document.id, words.exact_title, words.exact_text, labels, words.exact_evidence))
    return {
        "INSERT OR IGNORE INTO index_groups (category, source, status, severity) VALUES (?, ?, ?, ?)": list(
            set(map(_group_row, documents))
        ),
        "INSERT OR REPLACE INTO index_hits (id, version, severity, host, last_seen, group_id) VALUES (?, ?, ?, ?, ?, "
        "(SELECT id FROM index_groups WHERE category = ? AND source = ? AND status = ? AND severity = ?))": [
            (*_hit_row(document), *_group_row(document)) for document in documents
        ],
        "INSERT INTO index_text (rowid, title, text, url, identifiers, evidence) VALUES (?, ?, ?, ?, ?, ?)": text_rows,
        "INSERT INTO index_exact (rowid, title, text, labels, evidence) VALUES (?, ?, ?, ?, ?)": exact_rows,
    }


def _group_row(document: Document) -> Row:
    return (
        value_text(document.category),
        value_text(document.source),
        value_text(document.status),
        document.severity,
    )


def _hit_row(document: Document) -> Row:
    return (
        document.id,
        document.version,
        document.severity,
        value_text(document.host),
        microseconds(document.last_seen_at),
    )


def label_word(label: str) -> str:
    """A label as one word to the ascii tokenizer: ASCII signs moved to the private use area."""
    return label.translate(_LABEL_SIGNS)
