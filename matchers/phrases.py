"""Phrases found in folded words: one automaton over all of them, whatever their number; near misses repaired.

Exact phrases cost one pass. Near misses take a second look only at words that are not Vietnamese syllables and not
words of any phrase (``nahn``, ``dangnhap``, ``ko``): each such word is replaced by the phrase word it can stand for
(teencode, one edit, joined words), but only where a word pair (2-gram) of some phrase agrees with its neighbour.
The repaired line then runs through the same automaton.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

from ahocorasick_rs import BytesAhoCorasick
from rapidfuzz.distance import OSA

from matchers.lexicon import lexicon
from matchers.normalise import VIETNAMESE_LETTERS, Words, fold
from matchers.syllables import SYLLABLES, part

WordLetters = tuple[str, str]
"""A word's letters with hats, horns and bars, and its tone."""

_TONES: Final = {"\u0300": "`", "\u0301": "'", "\u0303": "?", "\u0309": "?", "\u0323": "."}
_VIETNAMESE: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789%.,-" + VIETNAMESE_LETTERS)
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
    whole, _, rest = written.replace(",", ".").partition(".")
    return float(f"{whole}.{rest.replace('.', '') or '0'}")


class PhraseIndex:
    """All phrases of the rules, by number in the order given."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        variants: dict[bytes, list[int]] = {}
        for number, phrase in enumerate(phrases):
            variants.setdefault(phrase.pattern, []).append(number)
        self.phrases = tuple(phrases)
        self._patterns = tuple(variants)
        self._variants = tuple(map(tuple, variants.values()))
        self._lengths = tuple(pattern.count(b" ") - 1 for pattern in self._patterns)

    @cached_property
    def _automaton(self) -> BytesAhoCorasick:
        return BytesAhoCorasick(list(self._patterns) or [b"\xff"])

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for pattern in self._patterns for word in pattern.decode("ascii").split())

    @cached_property
    def _known(self) -> frozenset[bytes]:
        """Words that are left alone: those of phrases and every Vietnamese syllable."""
        known = self._vocabulary | SYLLABLES
        return frozenset(word.encode("ascii") for word in known if word not in lexicon().teencode)

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        pairs: set[tuple[str, str]] = set()
        for pattern in self._patterns:
            words = pattern.decode("ascii").split()
            pairs.update(pairwise(words))
        return frozenset(pairs)

    @cached_property
    def _by_deletion(self) -> dict[str, tuple[str, ...]]:
        """A phrase word, whole and with one letter left out, to the words it comes from."""
        found: dict[str, set[str]] = {}
        for word in self._vocabulary:
            if len(word) < 3:
                continue
            found.setdefault(word, set()).add(word)
            for place in range(len(word)):
                found.setdefault(word[:place] + word[place + 1 :], set()).add(word)
        return {key: tuple(sorted(words)) for key, words in found.items()}

    @cached_property
    def _repairs(self) -> dict[bytes, tuple[tuple[str, ...], ...]]:
        """What each odd word seen so far can stand for; bounded by `_REPAIRS_KEPT`."""
        return {}

    def find(self, words: Words) -> list[PhraseHit]:
        """Every phrase in `words`, those as written first, then the repaired ones."""
        text = words.text
        hits: list[PhraseHit] = []
        seen: set[tuple[int, int]] = set()
        for number, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True):
            first = text.count(b" ", 0, start)
            seen.add((number, first))
            hits.extend(self._hits(number, first, first + self._lengths[number] - 1, words))
        hits.extend(self._near(text, seen, words))
        return hits

    def _hits(self, pattern: int, first: int, last: int, words: Words) -> Iterator[PhraseHit]:
        """The phrases of a pattern found at words `first` to `last` whose marks and numbers agree."""
        for number in self._variants[pattern]:
            phrase = self.phrases[number]
            if phrase.minimum is not None and not self._reaches(phrase, first, words):
                continue
            if phrase.letters is None:
                yield PhraseHit(number, first, last)
                continue
            against = sum(
                _disagree(words.original(first + place), wanted) for place, wanted in enumerate(phrase.letters)
            )
            if against == 0:
                yield PhraseHit(number, first, last)
            elif against * 3 <= len(phrase.letters):
                yield PhraseHit(number, first, last, NEAR_CONFIDENCE)

    def _reaches(self, phrase: Phrase, first: int, words: Words) -> bool:
        """Whether the first number of the place found is at least the phrase's minimum."""
        for place, word in enumerate(phrase.pattern.split()):
            if b"0" in word:
                found = number_in(words.original(first + place))
                return found is not None and phrase.minimum is not None and found >= phrase.minimum
        return False

    def _near(self, text: bytes, seen: set[tuple[int, int]], words: Words) -> Iterable[PhraseHit]:
        parts = text.split()
        odd = set(parts) - self._known
        if not odd:
            return []
        repairs = {word: meanings for word in odd if (meanings := self._repair(word))}
        if not repairs:
            return []
        places = [place for place, word in enumerate(parts) if word in repairs]
        line: list[str] = []
        origin: list[int] = []
        changed = False
        last = 0
        pairs = self._pairs
        for place in places:
            line.extend(word.decode("ascii") for word in parts[last:place])
            origin.extend(range(last, place))
            last = place + 1
            before = line[-1] if line else ""
            after = parts[place + 1].decode("ascii") if place + 1 < len(parts) else ""
            chosen: tuple[str, ...] = (parts[place].decode("ascii"),)
            for candidate in repairs[parts[place]]:
                if len(candidate) > 1 or (before, candidate[0]) in pairs or (candidate[-1], after) in pairs:
                    chosen = candidate
                    changed = True
                    break
            line.extend(chosen)
            origin.extend([place] * len(chosen))
        if not changed:
            return []
        line.extend(word.decode("ascii") for word in parts[last:])
        origin.extend(range(last, len(parts)))
        repaired = (" " + " ".join(line) + " ").encode("ascii")
        near: list[PhraseHit] = []
        for number, start, _ in self._automaton.find_matches_as_indexes(repaired, overlapping=True):
            first = repaired.count(b" ", 0, start)
            final = first + self._lengths[number] - 1
            if (number, origin[first]) in seen:
                continue
            for variant in self._variants[number]:
                phrase = self.phrases[variant]
                if phrase.minimum is None or self._reaches(phrase, origin[first], words):
                    near.append(PhraseHit(variant, origin[first], origin[final], NEAR_CONFIDENCE))
        return near

    def _repair(self, word: bytes) -> tuple[tuple[str, ...], ...]:
        known = self._repairs.get(word)
        if known is None:
            if len(self._repairs) > _REPAIRS_KEPT:
                self._repairs.clear()
            known = self._repairs[word] = self._candidates(word.decode("ascii"))
        return known

    def _candidates(self, word: str) -> tuple[tuple[str, ...], ...]:
        meanings = lexicon().teencode.get(word)
        if meanings is not None:
            return meanings
        if len(word) > _LONGEST_REPAIRED or not word.isalpha():
            return ()
        found: dict[tuple[str, ...], None] = {}
        if len(word) >= 6:
            syllables = part(word)
            if syllables and len(syllables) > 1:
                found[syllables] = None
        if len(word) >= 4:
            near = set(self._by_deletion.get(word, ()))
            for place in range(len(word)):
                near.update(self._by_deletion.get(word[:place] + word[place + 1 :], ()))
            ranked = sorted((OSA.distance(word, other), other) for other in near)
            found.update(dict.fromkeys((other,) for distance, other in ranked if distance == 1))
        return tuple(found)


def _disagree(written: str, wanted: WordLetters) -> bool:
    """Whether a word of the text carries marks, and other ones than the phrase's word.

    Words without marks agree with any; so do words in disguise (letters that are not Vietnamese).
    """
    if written.isascii() or not _VIETNAMESE.issuperset(unicodedata.normalize("NFC", written.lower())):
        return False
    return word_letters(written) != wanted


_REPAIRS_KEPT: Final = 50_000
_LONGEST_REPAIRED: Final = 40
