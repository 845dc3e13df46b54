"""Passages: where in a hit the words of a search stand, so that a line of an answer shows why it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from matchers.hosts.defang import plain
from matchers.identifiers.cards import without_cards
from search.documents import captured_texts, evidence_of
from search.hits import Hit
from search.language.highlights import Excerpt, Highlighter, Mark, Piece, excerpt, pieces, searched_texts
from search.language.query import Query
from search.records import Records


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of one field of a hit, with the words that were found there.

    `field` is `text`, `evidence` (what only its captures show), `url` or `identifiers`; `start` and `end` are its
    half-open offsets there, and the cuts say whether the field goes on before and after. `pieces` are as they may be
    shown: what reorders letters stands for itself, and an address leads nowhere.
    """

    field: str
    start: int
    end: int
    pieces: tuple[Piece, ...]
    is_cut_before: bool
    is_cut_after: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found in a hit: its title with the words found in it, and the passages that show the others.

    `marks` are all of them, by field, within `texts`, the fields as they were written.
    """

    title: tuple[Piece, ...] = ()
    passages: tuple[Passage, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)


def found_in(records: Records, query: Query, hits: Sequence[Hit], characters: int) -> list[Found]:
    """What to show of each hit, in passages of at most so many characters.

    Captured texts are read only of hits whose own fields leave out a word, all at once.
    """
    highlighter = Highlighter(query)
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
            _plain(pieces(without_cards(fields["title"]), found.get("title", ()))),
            tuple(_passages({name: without_cards(text) for name, text in fields.items()}, found, characters)),
            fields,
            found,
        )
        for fields, found in zip(texts, marks, strict=True)
    ]


def _passages(texts: Mapping[str, str], marks: Mapping[str, Sequence[Mark]], characters: int) -> Iterator[Passage]:
    """One of each field that shows words which the title and the fields before it do not; the text's in any case."""
    shown = {term for mark in marks.get("title", ()) for term in mark.terms}
    for name in ("text", "evidence", "url", "identifiers"):
        found = marks.get(name, ())
        terms = {term for mark in found for term in mark.terms}
        if terms and (name == "text" or not terms <= shown):
            yield _passage(name, excerpt(texts[name], found, characters))
        shown |= terms


def _passage(name: str, cut: Excerpt) -> Passage:
    shown = _plain(cut.pieces)
    if name == "url":
        shown = tuple(replace(piece, text=piece.text.replace(".", "[.]")) for piece in shown)
        if not cut.is_cut_before and shown[0].text.lower().startswith("http"):
            shown = (replace(shown[0], text=f"hxxp{shown[0].text[4:]}"), *shown[1:])
    return Passage(name, cut.start, cut.end, shown, cut.is_cut_before, cut.is_cut_after)


def _plain(parted: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(replace(piece, text=plain(piece.text)) for piece in parted)


def _terms(marks: Mapping[str, Sequence[Mark]]) -> set[int]:
    return {term for found in marks.values() for mark in found for term in mark.terms}
