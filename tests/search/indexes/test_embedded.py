"""The embedded index's own ways: one folding for four fields, indexes that its queries use, readers beside a writer."""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchers.match import Identifier
from matchers.text.wording import exact_words
from search.indexes.embedded import EmbeddedIndex
from search.indexes.embedded_query import Translation
from search.indexes.embedded_tables import Generation, rows_of
from search.indexes.index import IndexUnavailable
from search.language.condition import exact_words_of, words_of
from search.language.query import parse
from tests.search.material import document

_TEXT = st.text(max_size=40) | st.text("aA0đừ1@.! \n\r\t\u200b\x00\u2028", max_size=40)


@given(fields=st.tuples(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT))
@example(fields=("0k", "0AA", "a\n0aa", "l.u.a\nd.a.o", "0aa\nk"))
@settings(max_examples=300, deadline=None)
def test_fields_folded_together_hold_the_words_they_hold_alone(fields: tuple[str, str, str, str, str]) -> None:
    title, text, url, identifier, evidence = fields
    identifiers = (Identifier("zalo", identifier),)
    indexed = document(1, title=title, text=text, url=url, identifiers=identifiers, evidence=evidence)
    ((row,),) = (rows for statement, rows in rows_of([indexed]).items() if "INTO index_text" in statement)
    held = [tuple(re.findall("[a-z0-9\x80-\U0010ffff]+", str(field))) for field in row[1:]]
    assert held == [words_of(field.replace("\n", " ")) for field in fields]


@given(text=_TEXT)
@example(text="Lừa “đảo”… a_b\u0300 ²x\ud800y\x00z\u00a0w")
@settings(max_examples=300, deadline=None)
def test_the_tokenizer_parts_exact_words_where_we_do(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'ascii')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, instance)")
    connection.execute("INSERT INTO t VALUES (?)", (exact_words(text),))
    held = tuple(row[0] for row in connection.execute("SELECT term FROM v ORDER BY offset"))
    connection.close()
    assert held == exact_words_of(text)


def test_a_fuzzy_word_is_looked_up_once_in_one_search(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db")
    index.put([document(1, title="Vay nhanh", text="vây")])
    connection = sqlite3.connect(index.path)
    told: list[str] = []
    connection.set_trace_callback(told.append)
    translation, query = Translation(Generation(connection, 1)), parse("vay~ sort:relevance")
    asked = [translation.where(query), translation.order(query), translation.where(query), translation.order(query)]
    assert asked[:2] == asked[2:]
    assert sum("vocabulary" in statement for statement in told) == 1
    connection.close()
    index.close()


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("h.last_seen DESC, h.id DESC", "index1_hits_newest"),
        ("h.severity DESC, h.last_seen DESC, h.id DESC", "index1_hits_severest"),
    ],
)
def test_a_queue_is_read_in_order_from_an_index(tmp_path: Path, order: str, index: str) -> None:
    path = EmbeddedIndex(tmp_path / "index.db").path
    connection = sqlite3.connect(path)
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT h.id FROM index1_hits h WHERE 1 AND +h.group_id IN "  # noqa: S608
        f"(SELECT id FROM index1_groups WHERE status IN ('new', 'in_review')) ORDER BY {order} LIMIT 50"
    ).fetchall()
    connection.close()
    steps = [step[3] for step in plan]
    assert f"SCAN h USING COVERING INDEX {index}" in steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_people_search_while_a_writer_fills(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db", lock_wait_seconds=5)
    totals: list[int] = []

    def fill() -> None:
        for number in range(20):
            index.put([document(hit_id) for hit_id in range(number * 10, number * 10 + 10)])

    writer = threading.Thread(target=fill)
    writer.start()
    while writer.is_alive():
        results = index.search(parse("vay").page(200, 0))
        # One moment: as many ids as the facets count.
        assert len(results.ids) == results.total == sum(results.facets["status"].values())
        totals.append(results.total)
    writer.join()
    assert totals == sorted(totals)
    assert index.count() == 200


def test_an_index_of_another_version_is_named_and_made_anew_by_a_rebuild(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db")
    index.put([document(1)])
    with sqlite3.connect(index.path) as connection:
        connection.execute("UPDATE search_index SET version = 0")
    connection.close()
    other = EmbeddedIndex(index.path)
    for ask in (other.count, lambda: other.search(parse("vay")), lambda: other.put([document(2)])):
        with pytest.raises(IndexUnavailable, match="another version of the program; build it anew"):
            ask()
    with other.renewal() as fresh:
        fresh.put([document(2)])
    assert other.search(parse("vay")).ids == (2,)
