"""docs/search.md: every example is understood, and finds what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from matchers.match import Identifier
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Document
from search.language.grammar import VIETNAM
from search.language.highlights import highlights, pieces, searched_texts
from search.language.mistakes import QueryError
from search.language.query import parse
from search.language.spelling import spell
from search.records import Records
from search.review import decide
from search.saved import alerts, save_search
from search.status import Status
from tests.search.material import document, page, record

PAGE = Path(__file__).parents[3] / "docs" / "search.md"
ASKED_AT = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)


def _tables(first_column: str, second_column: str) -> list[list[str]]:
    """The rows of every table of the page that starts with these columns."""
    rows: list[list[str]] = []
    is_wanted = False
    for line in PAGE.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            is_wanted = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[:2] == [first_column, second_column]:
            is_wanted = True
        elif is_wanted and set(cells[0]) != {"-"}:
            rows.append(cells)
    return rows


def _text(cell: str) -> str:
    return cell.replace("\\u200b", "\u200b")


def _query(cell: str) -> str:
    return cell.strip("`")


FINDS = [(_query(row[0]), [int(hit_id) for hit_id in re.findall(r"\d+", row[1])]) for row in _tables("Query", "Finds")]
MISTAKES = [(_query(row[0]), int(row[1]), row[2], row[3]) for row in _tables("Query", "Column")]
SUGGESTIONS = [(_query(row[0]), _query(row[1])) for row in _tables("Query", "Suggestion")]
SPELT = [(_query(row[0]), _query(row[1])) for row in _tables("Query", "Written")]
MARKED = [(_query(row[0]), int(row[1]), row[2], _text(row[3])) for row in _tables("Query", "Hit")]
ALERTS = [(_query(row[0]), *row[1:]) for row in _tables("Search", "Saved")]
HITS = _tables("Hit", "Title")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path_factory.mktemp("docs") / "index.db")
    opened.put([_document(row) for row in HITS])
    yield opened
    opened.close()


def _document(row: list[str]) -> Document:
    hit_id, title, text, host, identifiers, brands, rules, category, source, status, severity, day = row
    return document(
        int(hit_id),
        title=title,
        text=_text(text),
        host=host,
        url=f"https://{host}/dang-ky",
        identifiers=tuple(_identifier(written) for written in identifiers.split()),
        brands=tuple(brands.split()),
        rules=tuple(rules.split()),
        category=category,
        source=source,
        status=status,
        severity=int(severity),
        last_seen_at=datetime.combine(date.fromisoformat(day), time(12), VIETNAM),
    )


def _identifier(written: str) -> Identifier:
    return Identifier("phone" if written.startswith("+") else "bank_account", written)


def test_the_page_has_examples() -> None:
    assert len(FINDS) >= 50
    assert min(map(len, (MISTAKES, SUGGESTIONS, MARKED))) >= 10
    assert min(map(len, (SPELT, ALERTS))) >= 5
    assert len(HITS) == 10


@pytest.mark.parametrize(("query", "ids"), FINDS)
def test_examples_find_what_the_page_says(index: EmbeddedIndex, query: str, ids: list[int]) -> None:
    assert list(index.search(parse(query, ASKED_AT)).ids) == ids


@pytest.mark.parametrize(("query", "column", "english", "vietnamese"), MISTAKES)
def test_mistakes_are_told_as_the_page_says(query: str, column: int, english: str, vietnamese: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query, ASKED_AT)
    error = caught.value
    assert (error.column, error.message, error.message_vi) == (column, english, vietnamese)


@pytest.mark.parametrize(("query", "suggestion"), SUGGESTIONS)
def test_what_was_meant_is_suggested_as_the_page_says(query: str, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query, ASKED_AT)
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(("query", "spelt"), SPELT)
def test_queries_are_written_as_the_page_says(query: str, spelt: str) -> None:
    assert spell(parse(query, ASKED_AT)) == spelt


@pytest.mark.parametrize(("query", "hit_id", "field", "marked"), MARKED)
def test_words_are_marked_as_the_page_says(query: str, hit_id: int, field: str, marked: str) -> None:
    text = searched_texts(_document(HITS[hit_id - 1]))[field]
    marks = highlights(parse(query, ASKED_AT), {field: text})[field]
    assert "".join(f"«{piece.text}»" if piece.is_marked else piece.text for piece in pieces(text, marks)) == marked


@pytest.mark.parametrize(("query", "saved", "then", "alert"), ALERTS)
def test_alerts_are_raised_as_the_page_says(
    sqlite_records: Records, query: str, saved: str, then: str, alert: str
) -> None:
    seen = page(f"https://{HITS[0][3]}/", title=HITS[0][1], text=HITS[0][2])
    if saved == "after hit 1":
        hit_id = record(sqlite_records, seen).hit_id
    save_search(sqlite_records, "lan", "tìm", query)
    match then:
        case "hit 1 is found" | "hit 1 is seen again":
            hit_id = record(sqlite_records, replace(seen, fetched_at=datetime.now(UTC))).hit_id
        case "hit 1 is confirmed":
            decide(sqlite_records, hit_id, Status.CONFIRMED, "lan")
    assert [one.hit_id for one in alerts(sqlite_records, "lan")] == ([hit_id] if alert == "yes" else [])
