"""Phrases found in folded words: one automaton over all of them, whatever their number; near misses repaired.

Exact phrases cost one pass. Near misses take a second look only at words that are not Vietnamese syllables and not
words of any phrase (``nahn``, ``dangnhap``, ``ko``): each such word is replaced by the phrase word it can stand for
(teencode, one edit, joined words), but only where a word pair (2-gram) of some phrase agrees with its neighbour.
The repaired line then runs through the same automaton.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from ahocorasick_rs import BytesAhoCorasick
from rapidfuzz.distance import OSA

from matchers.lexicon import lexicon
from matchers.normalise import Words, fold
from matchers.syllables import SYLLABLES, part

NEAR_CONFIDENCE: Final = 0.85
"""Confidence of a phrase that matched only after its words were repaired."""


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A phrase in a text: its number, its first and last word, and how sure (1.0 as written)."""

    phrase: int
    first: int
    last: int
    confidence: float = 1.0


def normal_phrase(phrase: str) -> bytes:
    """A phrase in the form it is looked up in: folded words, a space around each, numbers as ``0``.

    >>> normal_phrase("Lãi 5%/ngày")
    b' lai 0% ngay '
    """
    return fold(phrase).words.text


class PhraseIndex:
    """All phrases of the rules, numbered in the order given (in `normal_phrase` form)."""

    def __init__(self, phrases: tuple[bytes, ...]) -> None:
        self.phrases = phrases
        self._lengths = tuple(phrase.count(b" ") - 1 for phrase in phrases)

    @cached_property
    def _automaton(self) -> BytesAhoCorasick:
        return BytesAhoCorasick(list(self.phrases) or [b"\xff"])

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for phrase in self.phrases for word in phrase.decode("ascii").split())

    @cached_property
    def _known(self) -> frozenset[bytes]:
        """Words that are left alone: those of phrases and every Vietnamese syllable."""
        known = self._vocabulary | SYLLABLES
        return frozenset(word.encode("ascii") for word in known if word not in lexicon().teencode)

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        pairs: set[tuple[str, str]] = set()
        for phrase in self.phrases:
            words = phrase.decode("ascii").split()
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
        hits = [
            PhraseHit(number, first := text.count(b" ", 0, start), first + self._lengths[number] - 1)
            for number, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True)
        ]
        hits.extend(self._near(text, {(hit.phrase, hit.first) for hit in hits}))
        return hits

    def _near(self, text: bytes, seen: set[tuple[int, int]]) -> Iterable[PhraseHit]:
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
            if (number, origin[first]) not in seen:
                near.append(PhraseHit(number, origin[first], origin[final], NEAR_CONFIDENCE))
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


_REPAIRS_KEPT: Final = 50_000
_LONGEST_REPAIRED: Final = 40
