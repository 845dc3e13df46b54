"""Foreign words of phrases spelled letter by letter: ``t.o.k.e.n`` folds to syllables, as Vietnamese would be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from matchers.text.syllables import SYLLABLES, part
from matchers.text.words import Words

_APART: Final = re.compile(r"[^\W_](?:[^\w\u0300-\u036f]|_)+[^\W_]")
"""Two letters of one word with a sign between them, marks aside."""


class SpelledOut:
    """The patterns with a word that folding parts into syllables when its letters stand apart, in that form."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        forms = [_spelled(pattern) for pattern in patterns]
        self._numbers = [number for number, form in enumerate(forms) if form != patterns[number]]
        self._forms = [forms[number] for number in self._numbers]
        self._automaton = BytesAhoCorasick(self._forms or [b"\xff"])

    def find(self, words: Words) -> Iterator[tuple[int, int, int]]:
        """(pattern, first word, last word) where one stands with letters of its own kept apart."""
        text = words.text
        first = counted = 0
        for place, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            first += text.count(b" ", counted, start) - text.count(b" ", start, counted)
            counted = start
            last = first + text.count(b" ", start, end) - 2
            if any(_APART.search(words.original(word)) for word in range(first, last + 1)):
                yield self._numbers[place], first, last


def _spelled(pattern: bytes) -> bytes:
    pieces = (
        part(word) if word.isalpha() and word not in SYLLABLES else None for word in pattern.decode("ascii").split()
    )
    words = pattern.split()
    told = (
        word if piece is None else " ".join(piece).encode("ascii") for word, piece in zip(words, pieces, strict=True)
    )
    return b" " + b" ".join(told) + b" "
