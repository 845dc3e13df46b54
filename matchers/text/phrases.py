"""Phrases found in folded words: one automaton over all of them, whatever their number; near misses repaired.

Exact phrases cost one pass. Near misses take a second look only at words that are not Vietnamese syllables and not
words of any phrase (``nahn``, ``dangnhap``, ``ko``): each such word is replaced by the phrase word it can stand for
(`matchers.text.repair`), and the repaired line runs through the same automaton.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from matchers.text.letters import VIETNAMESE_LETTERS
from matchers.text.normalise import fold
from matchers.text.repair import Repairer
from matchers.text.spelled import SpelledOut
from matchers.text.words import Words

WordLetters = tuple[str, str]
"""A word's letters with hats, horns and bars, and its tone."""

MOST_HITS: Final = 50
"""Places of one phrase that are looked at in one text."""

_TONES: Final = {"\u0300": "`", "\u0301": "'", "\u0303": "?", "\u0309": "?", "\u0323": "."}
_VIETNAMESE: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789%" + VIETNAMESE_LETTERS)
_BOUND: Final = re.compile(r">=\s*|≥\s*")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

NEAR_CONFIDENCE: Final = 0.85
"""Confidence of a phrase that matched only after its words were repaired."""


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A phrase in a text: its number, its first and last word, and how sure (1.0 as written)."""

    phrase: int
    first: int
    last: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it is looked up: `pattern` is its folded words with a space around each and numbers as ``0``.

    `letters` holds each word's letters with their marks, None where the phrase was written without any: a text that
    writes marks of its own must then agree with them. `minimum` bounds the first number from below.
    """

    pattern: bytes
    letters: tuple[WordLetters, ...] | None = None
    minimum: float | None = None


def normal_phrase(phrase: str) -> bytes:
    """The folded words of a phrase, a space around each, numbers as ``0``.

    >>> normal_phrase("Lãi 5%/ngày")
    b' lai 0% ngay '
    """
    return fold(_BOUND.sub(" ", phrase)).words.text


@lru_cache(maxsize=65536)
def parse_phrase(phrase: str) -> Phrase:
    """A phrase as an operator writes it; ``>=`` before a number asks for that number or more.

    >>> parse_phrase("lãi >=3%/ngày").minimum
    3.0
    """
    bound = _BOUND.search(phrase)
    plain = _BOUND.sub(" ", phrase)
    words = fold(plain).words
    minimum = None if bound is None else number_in(plain[bound.start() :])
    written = [words.original(place) for place in range(len(words))]
    letters = None if plain.isascii() else tuple(map(word_letters, written))
    return Phrase(words.text, letters, minimum)


@lru_cache(maxsize=65536)
def word_letters(word: str) -> WordLetters:
    """A word's letters and its tone apart, so that ``hoà`` equals ``hòa``; hook and tilde, often confused, are one."""
    letters: list[str] = []
    tones = ""
    for character in unicodedata.normalize("NFD", word.lower()):
        if character in _TONES:
            tones += _TONES[character]
        else:
            letters.append(character)
    return "".join(letters), tones


def number_in(text: str) -> float | None:
    """The first number of `text`: ``2.000.000`` is two million, ``1,5`` one and a half.

    >>> number_in("lãi 1,5%/ngày"), number_in("2.000.000đ"), number_in("x2")
    (1.5, 2000000.0, 2.0)
    """
    found = _NUMBER.search(text)
    if found is None:
        return None
    written = found.group()
    if _THOUSANDS.fullmatch(written):
        return float(written.replace(".", "").replace(",", ""))
    place = max(written.rfind("."), written.rfind(","))
    if place < 0 or written.count(written[place]) > 1:
        return float(written.replace(".", "").replace(",", ""))
    whole = written[:place].replace(".", "").replace(",", "")
    return float(f"{whole}.{written[place + 1 :]}")


class Found:
    """What was found in one text: patterns at once; phrases, whose marks and numbers are compared, on demand."""

    __slots__ = ("_hits", "_index", "_is_marked", "_near", "_places", "words")

    def __init__(self, index: PhraseIndex, words: Words, places: dict[int, list[int]]) -> None:
        self._index = index
        self._places = places
        self._near: dict[int, list[tuple[int, int, float]]] = {}
        self._hits: dict[int, list[PhraseHit]] = {}
        self._is_marked: bool | None = None
        self.words = words

    def add_near(self, pattern: int, first: int, last: int, confidence: float) -> None:
        """Note a pattern that stands at words `first` to `last` once they are repaired."""
        self._near.setdefault(pattern, []).append((first, last, confidence))

    def patterns(self) -> Iterator[int]:
        """Numbers of the patterns found, with every phrase of which the rest has to be compared."""
        yield from self._places
        yield from (pattern for pattern in self._near if pattern not in self._places)

    def may_hold(self, phrases: Iterable[int]) -> bool:
        """Whether the words of one of `phrases` stand in the text, marks and numbers aside."""
        pattern_of = self._index.pattern_of
        return any(pattern_of[phrase] in self._places or pattern_of[phrase] in self._near for phrase in phrases)

    def hits(self, phrase: int) -> list[PhraseHit]:
        """Where a phrase stands, those as written first; at most `MOST_HITS` of them."""
        known = self._hits.get(phrase)
        if known is None:
            known = self._hits[phrase] = list(islice(self._compare(phrase), MOST_HITS))
        return known

    def _compare(self, phrase: int) -> Iterator[PhraseHit]:
        pattern = self._index.pattern_of[phrase]
        text = self.words.text
        length = self._index.lengths[pattern]
        for start in self._places.get(pattern, ()):
            first = text.count(b" ", 0, start)
            confidence = self._agreement(self._index.phrases[phrase], first, first + length - 1)
            if confidence:
                yield PhraseHit(phrase, first, first + length - 1, confidence)
        near = self._near.get(pattern, ())
        for first, last, confidence in sorted(near, key=lambda place: -place[2]):
            if self._reaches(self._index.phrases[phrase], first, last):
                yield PhraseHit(phrase, first, last, confidence)

    def _agreement(self, phrase: Phrase, first: int, last: int) -> float:
        """1.0 where number and marks agree with the phrase, less where a mark or two differ, 0 where they do not."""
        if not self._reaches(phrase, first, last):
            return 0.0
        if phrase.letters is None:
            return 1.0
        if len(phrase.letters) == 1 and self._is_left_bare(phrase.letters[0], first):
            return 0.0
        against = sum(
            _disagree(self.words.original(first + place), wanted) for place, wanted in enumerate(phrase.letters)
        )
        if against == 0:
            return 1.0
        return NEAR_CONFIDENCE if against * 3 <= len(phrase.letters) else 0.0

    def _is_left_bare(self, wanted: WordLetters, place: int) -> bool:
        """Whether a text that writes marks writes this word without those wanted: `Minh` is a name, and not `mình`."""
        written = self.words.original(place)
        if not written.isascii() or word_letters(written) == wanted:
            return False
        if self._is_marked is None:
            self._is_marked = self.words.is_marked()
        return self._is_marked

    def _reaches(self, phrase: Phrase, first: int, last: int) -> bool:
        """Whether the first number in words `first` to `last` is at least the phrase's minimum."""
        if phrase.minimum is None:
            return True
        for place in range(first, last + 1):
            found = number_in(self.words.original(place))
            if found is not None:
                return found >= phrase.minimum
        return False


class PhraseIndex:
    """All phrases of the rules, by number in the order given."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        variants: dict[bytes, list[int]] = {}
        for number, phrase in enumerate(phrases):
            variants.setdefault(phrase.pattern, []).append(number)
        self.phrases = tuple(phrases)
        self._patterns = tuple(variants)
        self.variants = tuple(map(tuple, variants.values()))
        numbers = {pattern: number for number, pattern in enumerate(self._patterns)}
        self.pattern_of = tuple(numbers[phrase.pattern] for phrase in phrases)
        self.lengths = tuple(pattern.count(b" ") - 1 for pattern in self._patterns)

    @cached_property
    def _automaton(self) -> BytesAhoCorasick:
        return BytesAhoCorasick(list(self._patterns) or [b"\xff"])

    @cached_property
    def _repairer(self) -> Repairer:
        return Repairer(self._patterns)

    @cached_property
    def _spelled_out(self) -> SpelledOut:
        return SpelledOut(self._patterns)

    def find(self, words: Words) -> Found:
        """Every phrase in `words`, as written or within reach of a repair."""
        text = words.text
        places: dict[int, list[int]] = {}
        for number, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True):
            places.setdefault(number, []).append(start)
        found = Found(self, words, places)
        if words.has_spelled:
            for number, first, last in self._spelled_out.find(words):
                found.add_near(number, first, last, 1.0)
        odd = set(text.split()) - self._repairer.known
        if odd:
            self._find_near(words, odd, found)
        return found

    def unread_share(self, words: Words) -> float:
        """The share of the words, 0 to 1, that are neither syllables, nor numbers, nor words of any phrase."""
        told = words.text.split()
        known = self._repairer.known
        return sum(word not in known and word != b"0" for word in told) / len(told) if told else 0.0

    def _find_near(self, words: Words, odd: set[bytes], found: Found) -> None:
        """Repair the odd words where a pair of phrase words agrees, and look again around each."""
        text = words.text
        spots: list[int] = []
        repairable = {word for word in odd if self._repairer.readings(word)}
        for word in repairable:
            padded = b" " + word + b" "
            place = text.find(padded)
            while place >= 0:
                if self._fits(text, place, word, repairable):
                    spots.append(place)
                place = text.find(padded, place + 1)
        spots.sort()
        start = 0
        while start < len(spots):
            stop = start + 1
            while stop < len(spots) and spots[stop] - spots[stop - 1] < _REACH:
                stop += 1
            left = text.rfind(b" ", 0, max(spots[start] - _REACH, 0) + 1)
            right = text.find(b" ", spots[stop - 1] + _REACH)
            self._repaired(words, max(left, 0), len(text) if right < 0 else right, repairable, found)
            start = stop

    def _fits(self, text: bytes, place: int, word: bytes, repairable: set[bytes]) -> bool:
        """Whether a repair of the word after the space at `place` goes with one of its neighbours."""
        before = text[text.rfind(b" ", 0, place) + 1 : place]
        end = place + len(word) + 1
        after = text[end + 1 : text.find(b" ", end + 1)]
        return before in repairable or after in repairable or self._repairer.agrees(before, word, after)

    def _repaired(self, words: Words, left: int, right: int, repairable: set[bytes], found: Found) -> None:
        """Repair one stretch of the text and note the patterns that it holds then and did not before."""
        text = words.text
        parts = text[left:right].split()
        base = text.count(b" ", 0, left)
        chosen = self._repairer.line(parts, repairable, lambda place: words.original(base + place))
        if not chosen:
            return
        origin = list(range(len(parts)))
        for place, repair in chosen.items():  # from the last one on, so that places before it stay
            parts[place : place + 1] = repair.words
            origin[place : place + 1] = [place] * len(repair.words)
        repaired = b" " + b" ".join(parts) + b" "
        first = counted = 0
        for number, start, end in self._automaton.find_matches_as_indexes(repaired, overlapping=True):
            # Counted on from the match before, which is near: from the start, a long text would take its square.
            ahead, back = repaired.count(b" ", counted, start), repaired.count(b" ", start, counted)
            first, counted = first + ahead - back, start
            covered = origin[first : first + self.lengths[number]]
            mended = chosen.keys() & covered
            if mended:
                slips = sum(chosen[place].slips for place in mended)
                is_sure = end - start >= slips * _LETTERS_A_SLIP
                confidence = 1.0 if is_sure else NEAR_CONFIDENCE
                found.add_near(number, base + covered[0], base + covered[-1], confidence)


def _disagree(written: str, wanted: WordLetters) -> bool:
    """Whether a word of the text carries marks, and other ones than the phrase's word.

    Words without marks agree with any; so do words in disguise (letters that are not Vietnamese).
    """
    if written.isascii() or not _VIETNAMESE.issuperset(unicodedata.normalize("NFC", written.lower())):
        return False
    return word_letters(written) != wanted


_REACH: Final = 64  # bytes around an odd word in which a phrase can hold it
_LETTERS_A_SLIP: Final = 9  # bytes of a phrase, spaces and all, for each slip in it that leaves it as sure as written
