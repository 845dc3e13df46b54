"""Highlights: where the words of a query stand in the texts of a hit, as the page wrote them.

They come from the texts and the query alone, so that every index shows the same:

>>> from search.language.query import parse
>>> highlights(parse("lua dao"), {"title": "Cảnh báo L.ừ.a đ.ả.o!"})
{'title': (Mark(start=9, end=14, terms=(0,)), Mark(start=15, end=20, terms=(1,)))}
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Protocol

from rapidfuzz.distance import OSA

from matchers.match import Identifier
from matchers.text.normalise import fold
from search.language.condition import Term, edits_of, foldable, wanted_terms
from search.language.query import Query

_LETTER: Final = "[a-z0-9\x80-\U0010ffff]"
_NO_LETTER: Final = "[^a-z0-9\x80-\U0010ffff]"
_EXACT_LETTER: Final = r"[^\W_]"
_NO_EXACT_LETTER: Final = r"[\W_]"
_WORD: Final = re.compile(f"{_LETTER}+")
_EXACT_FIELDS: Final = frozenset(("title", "text", "evidence"))
"""Where marks count: addresses and identifiers have none."""
_CHUNK: Final = re.compile(r"\S{1,64}[\u0300-\u036f]*|\s+")
_MAX_GAP_CHARACTERS: Final = 40
"""Words of a phrase that stand further apart, with nothing but signs between them, are marked one by one."""
_CUT_CHARACTERS: Final = 24
"""How far an excerpt looks for the end of a word before it cuts one."""
_Span = tuple[int, int, int]
"""Start, end, and the place of the term."""
_JOINERS: Final = frozenset(("\u200d", "\u20e3"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text, in characters, end excluded; `terms` are the query's wanted terms found on it, by place."""

    start: int
    end: int
    terms: tuple[int, ...]


class Worded(Protocol):
    """A hit or its document: what words are looked for in."""

    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def identifiers(self) -> tuple[Identifier, ...]: ...


def searched_texts(hit: Worded, evidence: str = "") -> dict[str, str]:
    """The texts of a hit that words are looked for in, by field; identifiers stand one after another."""
    return {
        "title": hit.title,
        "text": hit.text,
        "url": hit.url,
        "identifiers": " ".join(one.value for one in hit.identifiers),
        "evidence": evidence,
    }


def highlights(query: Query, texts: Mapping[str, str]) -> dict[str, tuple[Mark, ...]]:
    """The marks of each text that has any, in order, none overlapping. For many hits, keep one `Highlighter`."""
    return Highlighter(query).marks(texts)


class Highlighter:
    """Finds the words that a query wants, whatever their disguise; what the query takes out is never marked."""

    def __init__(self, query: Query) -> None:
        self.terms = wanted_terms(query.condition)
        self._folded: list[_Search] = []
        self._exact: list[_Search] = []
        self._fuzzy: list[tuple[int, str, int]] = []
        self._similar: dict[str, list[_Search]] = {}
        for place, term in enumerate(self.terms):
            if term.is_fuzzy:
                self._fuzzy.append((place, term.words[0], edits_of(term.words[0])))
            elif term.is_exact:
                self._exact.append(_Search(place, term, _EXACT_LETTER, _NO_EXACT_LETTER))
            else:
                self._folded.append(_Search(place, term, _LETTER, _NO_LETTER))

    def marks(self, texts: Mapping[str, str]) -> dict[str, tuple[Mark, ...]]:
        """The marks of each text that has any, in order, none overlapping."""
        found = {}
        for field, text in texts.items():
            spans = self._spans(field, text) if text else []
            if spans:
                found[field] = _merged(spans)
        return found

    def _spans(self, field: str, text: str) -> list[_Span]:
        spans: list[_Span] = []
        if self._folded or self._fuzzy:
            folded = fold(foldable(text))
            shown = folded.text
            searches = [*self._folded, *self._searches_for_similar(shown)] if self._fuzzy else self._folded
            for search in searches:
                # `foldable` put a space before the text.
                spans.extend((start - 1, end - 1, place) for start, end, place in search.spans(shown, folded.span))
        if self._exact and field in _EXACT_FIELDS:
            exact = _ExactText(text)
            for search in self._exact:
                spans.extend(search.spans(exact.text, exact.span))
        return spans

    def _searches_for_similar(self, shown: str) -> list[_Search]:
        """A search for each word of the text that a fuzzy word stands for; words are compared once for all texts."""
        searches: list[_Search] = []
        for word in set(_WORD.findall(shown)):
            known = self._similar.get(word)
            if known is None:
                known = self._similar[word] = [
                    _Search(place, Term((word,)), _LETTER, _NO_LETTER)
                    for place, wanted, edits in self._fuzzy
                    if wanted[0] == word[0] and OSA.distance(wanted, word, score_cutoff=edits) <= edits
                ]
            searches.extend(known)
        return searches


class _Search:
    """One term, looked for in texts that are folded, or in lower case, as it is."""

    def __init__(self, place: int, term: Term, letter: str, no_letter: str) -> None:
        self.place = place
        self.words = term.words
        self.rarest = max(term.words, key=len)
        ending = f"{letter}*" if term.is_prefix else f"(?!{letter})"
        phrase = "".join(f"({re.escape(word)}){no_letter}+" for word in term.words[:-1])
        self.pattern = re.compile(f"(?<!{letter}){phrase}({re.escape(term.words[-1])}{ending})")

    def spans(self, text: str, original: Callable[[int, int], tuple[int, int]]) -> Iterator[_Span]:
        """Where the term stands, by the way back that `original` knows."""
        # Most texts lack most words: finding so costs a search in C.
        if self.rarest not in text:
            return
        for found in self.pattern.finditer(text):
            start, end = original(found.start(1), found.end(1))
            for word in range(2, len(self.words) + 1):
                next_start, next_end = original(found.start(word), found.end(word))
                if next_start - end > _MAX_GAP_CHARACTERS:
                    yield start, end, self.place
                    start = next_start
                end = next_end
            yield start, end, self.place


class _ExactText:
    """A text composed and in lower case, as words whose marks count are found in it, with the way back."""

    def __init__(self, text: str) -> None:
        self.text = text.lower()
        self._starts: list[int] | None = None
        if len(self.text) == len(text) and unicodedata.is_normalized("NFC", text):
            return
        small: list[str] = []
        self._starts = []
        for chunk in _CHUNK.finditer(text):
            composed, starts = _composed(chunk[0])
            small.append(composed)
            self._starts.extend([chunk.start() + start for start in starts])
        self.text = "".join(small)
        self._starts.append(len(text))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Half-open offsets in the original of `text[start:end]`."""
        if self._starts is None:
            return start, end
        # To the end of the last letter, with its marks.
        return self._starts[start], self._starts[bisect_right(self._starts, self._starts[end - 1])]


@lru_cache(maxsize=4096)
def _composed(chunk: str) -> tuple[str, tuple[int, ...]]:
    """A stretch of text composed and in lower case, and where each of its characters starts in the stretch."""
    small: list[str] = []
    starts: list[int] = []
    for start, end in pairwise((*_letter_starts(chunk), len(chunk))):
        letters = unicodedata.normalize("NFC", chunk[start:end]).lower()
        small.append(letters)
        starts.extend([start] * len(letters))
    return "".join(small), tuple(starts)


def _letter_starts(text: str) -> Iterator[int]:
    """The places that composing leaves apart from what stands before."""
    start = 0
    for place, character in enumerate(text):
        if place == 0:
            is_apart = True
        elif unicodedata.combining(character):
            is_apart = False
        elif character.isascii() or unicodedata.combining(text[place - 1]):
            is_apart = True
        else:
            # Syllables of Hangul and a few Indian vowels are composed of letters that stand alone as well.
            before = unicodedata.normalize("NFC", text[start:place])
            is_apart = unicodedata.normalize("NFC", text[start : place + 1]) == before + (
                unicodedata.normalize("NFC", character)
            )
        if is_apart:
            yield place
            start = place


def _merged(spans: list[_Span]) -> tuple[Mark, ...]:
    spans.sort()
    marks: list[Mark] = []
    start, end, place = spans[0]
    terms = {place}
    for next_start, next_end, place in spans[1:]:
        if next_start < end:
            end = max(end, next_end)
            terms.add(place)
        else:
            marks.append(Mark(start, end, tuple(sorted(terms))))
            start, end, terms = next_start, next_end, {place}
    marks.append(Mark(start, end, tuple(sorted(terms))))
    return tuple(marks)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt, marked or not."""

    text: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The passage `start` to `end` of a text, in pieces; the cuts say whether the text goes on before and after it."""

    start: int
    end: int
    pieces: tuple[Piece, ...]
    is_cut_before: bool
    is_cut_after: bool

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def pieces(text: str, marks: Sequence[Mark], start: int = 0, end: int | None = None) -> tuple[Piece, ...]:
    """`text[start:end]` parted at its marks."""
    end = len(text) if end is None else end
    parted: list[Piece] = []
    place = start
    for mark in marks:
        if mark.end <= start or mark.start >= end:
            continue
        first, last = max(mark.start, place), min(mark.end, end)
        parted.append(Piece(text[place:first], is_marked=False))
        parted.append(Piece(text[first:last], is_marked=True))
        place = last
    parted.append(Piece(text[place:end], is_marked=False))
    return tuple(piece for piece in parted if piece.text)


def excerpt(text: str, marks: Sequence[Mark], length: int) -> Excerpt:
    """The passage of at most `length` characters that shows most of the terms, then most marks, the first of such.

    It is cut between words where there are any, never within a letter and its accents, and never within a mark that
    fits into it. Without marks it is the beginning. `marks` are in order and apart, as `highlights` gives them.
    """
    if len(text) <= length:
        return Excerpt(0, len(text), pieces(text, marks), is_cut_before=False, is_cut_after=False)
    first, last = _best(marks, length)
    core_start, core_end = (marks[first].start, marks[last].end) if marks else (0, 0)
    # A mark that is longer than the passage is cut, as a text is that holds none.
    stop = core_end if core_end <= core_start + length else core_start
    core_end = min(core_end, core_start + length)
    # A third of what is left stands before: what follows a word says more of it.
    start = max(0, core_start - (length - (core_end - core_start)) // 3) if marks else 0
    start = min(start, len(text) - length)
    end = start + length
    start = _cut_forward(text, start, core_start)
    end = _cut_backward(text, end, stop)
    for mark in marks:
        if mark.start < start < mark.end <= end:
            start = mark.end
        if start <= mark.start < end < mark.end and mark.start > start:
            end = mark.start
    return Excerpt(start, end, pieces(text, marks, start, end), start > 0, end < len(text))


def _best(marks: Sequence[Mark], length: int) -> tuple[int, int]:
    """The first and the last of the marks that a passage shows best."""
    best, best_score = (0, 0), (0, 0)
    terms: Counter[int] = Counter()
    first = 0
    for last, mark in enumerate(marks):
        terms.update(mark.terms)
        while first < last and mark.end - marks[first].start > length:
            terms.subtract(marks[first].terms)
            first += 1
        score = (sum(count > 0 for count in terms.values()), last - first)
        if score > best_score:
            best, best_score = (first, last), score
    return best


def _cut_forward(text: str, place: int, stop: int) -> int:
    """The start of the next word, else of the next letter; `stop` at the latest."""
    if place == 0 or text[place - 1].isspace():
        return place
    for cut in range(place, min(place + _CUT_CHARACTERS, stop)):
        if text[cut].isspace():
            return cut + 1
    while place < stop and _is_within_letter(text, place):
        place += 1
    return place


def _cut_backward(text: str, place: int, stop: int) -> int:
    """The end of the word before, else of the letter; `stop` at the earliest."""
    if place >= len(text) or text[place].isspace():
        return place
    for cut in range(place, max(place - _CUT_CHARACTERS, stop), -1):
        if text[cut - 1].isspace():
            return cut - 1
    while place > stop and _is_within_letter(text, place):
        place -= 1
    return place


def _is_within_letter(text: str, place: int) -> bool:
    """Whether a cut at `place` would part a letter from its accents, or an emoji from its own."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return (
        unicodedata.category(after)[0] == "M"
        or after in _JOINERS
        or before in _JOINERS
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )
