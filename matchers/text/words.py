"""Folded text as words, with the way back: what phrases are looked up in."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate, compress
from typing import Final


def _words_table() -> bytes:
    table = bytearray(b" " * 256)
    for letter in b"abcdefghijklmnopqrstuvwxyz%":
        table[letter] = letter
    for digit in b"0123456789":
        table[digit] = ord("0")
    for kept in b".,":
        table[kept] = kept
    return bytes(table)


_WORDS: Final = _words_table()
_MORE_THAN_SPACE: Final = (1).__lt__
_DROP_NUMBER_MARKS: Final = bytes.maketrans(b".,", b"  ")


_MARKED_LETTER: Final = re.compile("[àáâãèéêìíòóôõùúýăđĩũơưẠ-ỹ\u0300-\u0303\u0306\u0309\u031b\u0323]", re.IGNORECASE)
_MARKED: Final = 0.12
_BEGINNING: Final = 4000
"""Characters in which a text shows whether it writes marks."""


class Words:
    """A folded text as words with one space around each, any number as ``0``: what phrases are looked up in.

    `span` gives the place in `original` of a place in the folded bytes; `has_spelled` says that letters of the original
    stood apart and were joined.

    >>> fold("Lãi 2.000.000đ/tháng, an toàn!").words.text
    b' lai 0d thang an toan '
    """

    __slots__ = ("_original", "_places", "_spaced", "_span", "has_spelled", "text")

    def __init__(
        self, folded: bytes, original: str, span: Callable[[int, int], tuple[int, int]], has_spelled: bool = False
    ) -> None:
        self.has_spelled = has_spelled
        self._original = original
        self._span = span
        spaced = folded.translate(_WORDS)
        for mark in (b".", b","):
            number = b"0" + mark + b"0"
            if number in spaced:
                joined = b"0\x010"
                spaced = spaced.replace(number, joined).replace(number, joined)
        self._spaced = spaced.translate(_DROP_NUMBER_MARKS)
        whole = self._spaced
        if b"\x01" in whole:
            whole = whole.translate(None, b"\x01")
        while b"00" in whole:
            whole = whole.replace(b"0000", b"0").replace(b"00", b"0")
        self.text: bytes = b" " + b" ".join(whole.split()) + b" "
        self._places: tuple[list[int], list[int]] | None = None

    def __len__(self) -> int:
        return self.text.count(b" ") - 1 if len(self.text) > 2 else 0

    def is_marked(self) -> bool:
        """Whether the text writes Vietnamese with its marks throughout: one letter in five or six then has one."""
        beginning = self._original[:_BEGINNING]
        return len(_MARKED_LETTER.findall(beginning)) > _MARKED * len(beginning)

    def original(self, place: int) -> str:
        """Word number `place` as the text wrote it."""
        start, end = self.span(place, place)
        return self._original[start:end]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Half-open offsets in the original of words `first` to `last`, both included."""
        if self._places is None:
            self._places = self._find_places()
        starts, lengths = self._places
        return self._span(starts[first], starts[last] + lengths[last] - 1)

    def _find_places(self) -> tuple[list[int], list[int]]:
        """Start of every word in the folded text, and its length with the space after it. All in C: it is hot."""
        pieces = (self._spaced.replace(b" ", b"\n") + b"\n").splitlines(keepends=True)
        lengths = list(map(len, pieces))
        is_word = list(map(_MORE_THAN_SPACE, lengths))
        return list(compress(accumulate(lengths, initial=0), is_word)), list(compress(lengths, is_word))
