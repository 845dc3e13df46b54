"""docs/search.md: every example is understood, and finds what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from matchers.match import Identifier
from search.embedded import EmbeddedIndex
from search.index import Document
from search.query import VIETNAM, QueryError, parse
from tests.search.material import document

PAGE = Path(__file__).parents[2] / "docs" / "search.md"
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


def _query(cell: str) -> str:
    return cell.strip("`")


FINDS = [(_query(row[0]), [int(hit_id) for hit_id in re.findall(r"\d+", row[1])]) for row in _tables("Query", "Finds")]
MISTAKES = [(_query(row[0]), int(row[1]), row[2]) for row in _tables("Query", "Column")]
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
        text=text.replace("\\u200b", "\u200b"),
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
    assert len(MISTAKES) >= 5
    assert len(HITS) == 10


@pytest.mark.parametrize(("query", "ids"), FINDS)
def test_examples_find_what_the_page_says(index: EmbeddedIndex, query: str, ids: list[int]) -> None:
    assert list(index.search(parse(query, ASKED_AT)).ids) == ids


@pytest.mark.parametrize(("query", "column", "message"), MISTAKES)
def test_mistakes_are_told_as_the_page_says(query: str, column: int, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query, ASKED_AT)
    assert (caught.value.column, caught.value.message) == (column, message)
