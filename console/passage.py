"""Passages: where in a hit the words of a search stand, so that a line of the queue shows why it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from matchers.defang import plain
from search.documents import captured_texts, evidence_of
from search.highlights import Excerpt, Highlighter, Mark, Piece, excerpt, pieces, searched_texts
from search.hits import Hit
from search.query import Query
from search.records import Records

PASSAGE_CHARACTERS = 220
"""Two lines on a wide screen."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of one field of a hit, with the words that were found there.

    `field` is `text`, `evidence` (what only its captures show), `url` or `identifiers`; the cuts say whether the field
    goes on before and after.
    """

    field: str
    pieces: tuple[Piece, ...]
    is_cut_before: bool
    is_cut_after: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A hit's title with the words found in it, and the passages that show the others."""

    title: tuple[Piece, ...]
    passages: tuple[Passage, ...]


def found_in(records: Records, query: Query, hits: Sequence[Hit]) -> list[Found]:
    """What to show of each hit. Captured texts are read only of hits whose own fields leave out a word, all at once."""
    highlighter = Highlighter(query)
    if not highlighter.terms:
        return [Found(_plain(pieces(hit.title, ())), ()) for hit in hits]
    texts = [searched_texts(hit) for hit in hits]
    marks = [highlighter.marks(fields) for fields in texts]
    lacking = {hit.id for hit, found in zip(hits, marks, strict=True) if len(_terms(found)) < len(highlighter.terms)}
    if lacking:
        with records.read() as session:
            captured = captured_texts(session, lacking)
        for hit, fields, found in zip(hits, texts, marks, strict=True):
            if hit.id in captured:
                fields["evidence"] = evidence_of(hit.title, hit.text, captured[hit.id])
                found.update(highlighter.marks({"evidence": fields["evidence"]}))
    return [
        Found(
            _plain(pieces(hit.title, found.get("title", ()))),
            tuple(_passages(fields, found)),
        )
        for hit, fields, found in zip(hits, texts, marks, strict=True)
    ]


def _passages(texts: Mapping[str, str], marks: Mapping[str, Sequence[Mark]]) -> Iterator[Passage]:
    """One of each field that shows words which the title and the fields before it do not; the text's in any case."""
    shown = {term for mark in marks.get("title", ()) for term in mark.terms}
    for field in ("text", "evidence", "url", "identifiers"):
        found = marks.get(field, ())
        terms = {term for mark in found for term in mark.terms}
        if terms and (field == "text" or not terms <= shown):
            yield _passage(field, excerpt(texts[field], found, PASSAGE_CHARACTERS))
        shown |= terms


def _passage(field: str, cut: Excerpt) -> Passage:
    shown = _plain(cut.pieces)
    if field == "url":
        shown = tuple(replace(piece, text=piece.text.replace(".", "[.]")) for piece in shown)
        if not cut.is_cut_before and shown[0].text.lower().startswith("http"):
            shown = (replace(shown[0], text=f"hxxp{shown[0].text[4:]}"), *shown[1:])
    return Passage(field, shown, cut.is_cut_before, cut.is_cut_after)


def _plain(parted: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(replace(piece, text=plain(piece.text)) for piece in parted)


def _terms(marks: Mapping[str, Sequence[Mark]]) -> set[int]:
    return {term for found in marks.values() for mark in found for term in mark.terms}
