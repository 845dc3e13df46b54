"""Hits that a search found, as the command line tells them: with the words that were looked for, where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from crawler.cli.output import out
from matchers.hosts.defang import defang
from search.hits import Hit
from search.indexes.index import Results
from search.language.highlights import Piece
from search.passages import Found

PASSAGE_CHARACTERS: Final = 160
_BLANKS: Final = re.compile(r"\s+")
_MARKED: Final = "bold yellow"
_WHERE: Final[Mapping[str, str]] = {
    "text": "",
    "evidence": "ảnh chụp / capture: ",
    "url": "địa chỉ / address: ",
    "identifiers": "định danh / identifiers: ",
}


def json_of(results: Results, hits: Sequence[Hit], found: Sequence[Found]) -> dict[str, object]:
    """What programs are told. Highlights are half-open offsets, in characters, into the texts as written."""
    return {
        "total": results.total,
        "facets": {name: dict(counts) for name, counts in results.facets.items()},
        "timeline": {day.isoformat(): count for day, count in results.timeline.items()},
        "hits": [_brief(hit, one) for hit, one in zip(hits, found, strict=True)],
    }


def _brief(hit: Hit, found: Found) -> dict[str, object]:
    return {
        "id": hit.id,
        "category": hit.category,
        "severity": int(hit.severity),
        "status": hit.status,
        "title": hit.title,
        "url": hit.url,
        "source": hit.source,
        "reason_vi": hit.reason_vi,
        "reason_en": hit.reason_en,
        "first_seen_at": hit.first_seen_at.isoformat(),
        "last_seen_at": hit.last_seen_at.isoformat(),
        "seen_count": hit.seen_count,
        "highlights": {name: [[mark.start, mark.end] for mark in marks] for name, marks in found.marks.items()},
        "passages": [
            {"field": one.field, "start": one.start, "text": found.texts[one.field][one.start : one.end]}
            for one in found.passages
        ],
    }


def table_of(results: Results, hits: Sequence[Hit], found: Sequence[Found]) -> Table:
    """What people are told: the words that were looked for stand out in the title and in passages below it."""
    columns = ("Id", "Severity", "Category", "Status", "Title", Column("Address", overflow="fold"))
    table = Table(*columns, title=f"{results.total} hits")
    for hit, one in zip(hits, found, strict=True):
        # As Text and not as markup: what a page wrote in brackets is no style.
        row = (str(hit.id), hit.severity.name.lower(), hit.category, hit.status)
        table.add_row(*row, Text("\n").join(_lines(one)), Text(defang(hit.url)))
    return table


def _lines(found: Found) -> Iterator[Text]:
    yield _text(found.title)
    for passage in found.passages:
        before, after = "…" if passage.is_cut_before else "", "…" if passage.is_cut_after else ""
        where = Text().append(_WHERE[passage.field], "dim")
        yield where.append_text(_text(passage.pieces, before, after))


def _text(pieces: Sequence[Piece], before: str = "", after: str = "") -> Text:
    # Where colours do not show, quotation marks do.
    opening, closing = ("", "") if out.is_terminal and not out.no_color else ("«", "»")
    shown = Text(before)
    for piece in pieces:
        text = _BLANKS.sub(" ", piece.text)
        shown.append(f"{opening}{text}{closing}" if piece.is_marked else text, _MARKED if piece.is_marked else None)
    return shown.append(after)
