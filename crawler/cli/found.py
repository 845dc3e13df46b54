"""Hits that a search found, as the command line tells them: with the words that were looked for, where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from crawler.cli.output import out
from matchers.defang import defang, plain
from search.documents import load_documents
from search.highlights import Excerpt, Highlighter, Mark, excerpt, pieces, searched_texts
from search.hits import Hit, load_hits
from search.index import Index, Results
from search.query import Query
from search.records import Records

EXCERPT_CHARACTERS: Final = 160
_BLANKS: Final = re.compile(r"\s+")
_MARKED: Final = "bold yellow"


@dataclass(frozen=True, slots=True)
class Found:
    """A hit, the texts it was searched in, and the marks of the words that were looked for, by text."""

    hit: Hit
    texts: dict[str, str]
    marks: dict[str, tuple[Mark, ...]]

    @property
    def excerpt(self) -> tuple[str, Excerpt] | None:
        """The passage of the page's text, else of what captures show, that holds most of the words; its field first."""
        field = next((name for name in ("text", "evidence") if name in self.marks), None)
        return (field, excerpt(self.texts[field], self.marks[field], EXCERPT_CHARACTERS)) if field else None


def find(records: Records, index: Index, query: Query) -> tuple[Results, list[Found]]:
    """One page of answers, with where each of them holds the words."""
    results = index.search(query)
    documents = {one.id: one for one in load_documents(records, results.ids)}
    highlighter = Highlighter(query)
    found = []
    for hit in load_hits(records, results.ids):
        evidence = documents[hit.id].evidence if hit.id in documents else ""
        texts = searched_texts(hit, evidence)
        found.append(Found(hit, texts, highlighter.marks(texts)))
    return results, found


def json_of(results: Results, found: Sequence[Found]) -> dict[str, object]:
    """What programs are told. Highlights are half-open offsets, in characters, into the texts as written."""
    return {
        "total": results.total,
        "facets": {name: dict(counts) for name, counts in results.facets.items()},
        "timeline": {day.isoformat(): count for day, count in results.timeline.items()},
        "hits": [_brief(one) for one in found],
    }


def _brief(found: Found) -> dict[str, object]:
    hit, passage = found.hit, found.excerpt
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
        "excerpt": {"field": passage[0], "start": passage[1].start, "text": passage[1].text} if passage else None,
    }


def table_of(results: Results, found: Sequence[Found]) -> Table:
    """What people are told: the words that were looked for stand out in the title and in a passage below it."""
    columns = ("Id", "Severity", "Category", "Status", "Title", Column("Address", overflow="fold"))
    table = Table(*columns, title=f"{results.total} hits")
    for one in found:
        hit = one.hit
        # As Text and not as markup: what a page wrote in brackets is no style.
        row = (str(hit.id), hit.severity.name.lower(), hit.category, hit.status)
        table.add_row(*row, Text("\n").join(_lines(one)), Text(defang(hit.url)))
    return table


def _lines(found: Found) -> Iterator[Text]:
    title = found.texts["title"]
    yield _text(Excerpt(0, len(title), pieces(title, found.marks.get("title", ())), False, False))
    if found.excerpt is not None:
        field, passage = found.excerpt
        start = Text("ảnh chụp / capture: ", style="dim") if field == "evidence" else Text()
        yield start.append_text(_text(passage))


def _text(passage: Excerpt) -> Text:
    # Where colours do not show, quotation marks do.
    opening, closing = ("", "") if out.is_terminal and not out.no_color else ("«", "»")
    shown = Text("…" if passage.is_cut_before else "")
    for piece in passage.pieces:
        text = _BLANKS.sub(" ", plain(piece.text))
        shown.append(f"{opening}{text}{closing}" if piece.is_marked else text, _MARKED if piece.is_marked else None)
    return shown.append("…" if passage.is_cut_after else "")
