"""Folding: the one form in which texts, rules and queries meet, with a map back to the original.

Folding takes marks and case off (``Lừa Đảo`` is ``lua dao``), drops what is not seen (zero-width characters,
soft hyphens, combining marks), shows full-width, mathematical, Cyrillic and Greek letters as the Latin ones they
pass for, reads digits and signs inside words as letters (``kh0ng``, ``t1en``), and joins split letters
(``l.u.a d.a.o``).

All work is on bytes, one a character (`matchers.text.letters`), and offsets stay the identity until something is
dropped or joined (`matchers.text.disguise`).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from matchers.text.confusables import latin_letter
from matchers.text.disguise import has_split, join_split, read_signs
from matchers.text.letters import DROP, OTHER, SYMBOL, encode_exactly, fold_letters, rare_byte
from matchers.text.words import Words

_SYMBOLS: Final = re.compile(rb"\x03[\x00\x03]*")
_SYMBOL_TO_SPACE: Final = bytes.maketrans(b"\x03", b" ")


class Folded:
    """A folded text and the way back: `text` is what was folded, `span()` says where it stood in the original.

    `has_rare` says that the original holds characters beyond Vietnamese letters, ASCII and common punctuation,
    `has_spelled` that letters of it stood apart and were joined.

    >>> folded = fold("L\u1eeba  \u0110\u1ea3o")
    >>> folded.text, folded.span(0, 3)
    ('lua  dao', (0, 3))
    """

    __slots__ = ("_bytes", "_offsets", "_original", "_words", "has_rare", "has_spelled")

    def __init__(
        self,
        original: str,
        folded: bytes,
        offsets: Sequence[int] | None,
        has_rare: bool = False,
        has_spelled: bool = False,
    ) -> None:
        self._original = original
        self._bytes = folded
        self._offsets = offsets
        self._words: Words | None = None
        self.has_rare = has_rare
        self.has_spelled = has_spelled

    @property
    def original(self) -> str:
        """The text that was folded."""
        return self._original

    @property
    def text(self) -> str:
        """The folded text: lower-case ASCII, letters of other scripts as they were."""
        text = self._bytes.decode("latin-1")
        if OTHER not in self._bytes:
            return text
        letters = list(text)
        for place, byte in enumerate(self._bytes):
            if byte == OTHER:
                source = self._original[place if self._offsets is None else self._offsets[place]]
                letters[place] = source.lower() if len(source.lower()) == 1 else source
        return "".join(letters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Half-open offsets in the original of ``text[start:end]``, invisible characters at its end included."""
        if self._offsets is None:
            return start, end
        if start >= end:
            place = self._offsets[start] if start < len(self._offsets) else len(self._original)
            return place, place
        last = self._offsets[end - 1] + 1
        following = self._offsets[end] if end < len(self._offsets) else len(self._original)
        while last < following and rare_byte(self._original[last]) == DROP and not self._original[last].isascii():
            last += 1
        return self._offsets[start], last

    def translated(self, table: bytes) -> Folded:
        """The same with every folded byte changed by a table of 256."""
        return Folded(self._original, self._bytes.translate(table), self._offsets, self.has_rare, self.has_spelled)

    @property
    def words(self) -> Words:
        """The folded text as words; made once."""
        if self._words is None:
            self._words = Words(self._bytes, self._original, self.span, self.has_spelled)
        return self._words


def _without_symbols(found: re.Match[bytes]) -> bytes:
    """A run of symbols dropped where letters or digits stand on both sides of it, else as it was."""
    folded, (start, end) = found.string, found.span()
    before = start - 1
    while before >= 0 and folded[before] == DROP:
        before -= 1
    is_inside = before >= 0 and folded[before : before + 1].isalnum() and folded[end : end + 1].isalnum()
    return bytes(end - start) if is_inside else found.group()


def _kept_places(folded: bytes) -> array[int]:
    """Places of the bytes that are not dropped, a stretch at a time."""
    places = array("I")
    start = 0
    while (place := folded.find(b"\x00", start)) >= 0:
        if place > start:
            places.extend(range(start, place))
        start = place + 1
    places.extend(range(start, len(folded)))
    return places


def fold(text: str) -> Folded:
    """`text` folded, with the way back to its own offsets. Never raises; lone surrogates become spaces."""
    return fold_encoded(text, encode_exactly(text))


def fold_encoded(text: str, encoded: bytes | None) -> Folded:
    """`text` folded, whose `encode_exactly` is at hand."""
    folded = fold_letters(text, encoded)
    offsets: Sequence[int] | None = None
    if SYMBOL in folded:
        folded = _SYMBOLS.sub(_without_symbols, folded).translate(_SYMBOL_TO_SPACE)
    if DROP in folded:
        offsets = _kept_places(folded)
        folded = folded.translate(None, b"\x00")
    folded = read_signs(folded)
    has_spelled = has_split(folded)
    if has_spelled:
        folded, offsets = join_split(folded, range(len(folded)) if offsets is None else offsets)
    return Folded(text, folded, offsets, encoded is None, has_spelled)


_MASKS: Final = re.compile(
    "[\u00a0\u0370-\u052f\u0531-\u058f\u2000-\u200a\u202f\u205f\u2100-\u214f\u2460-\u24ff\u3000\uff00-\uffef"
    "\U0001d400-\U0001d7ff\U0001f110-\U0001f1ff]"
)


def unmask(text: str) -> str:
    """`text` with letters, figures, signs and spaces that only look plain as the plain ones, character for character.

    Addresses and numbers are looked for in this form: it has the same length, so that offsets stay.

    >>> unmask("ｖａｙ．ｔｏｐ ０９８８")
    'vay.top 0988'
    """
    return _MASKS.sub(lambda found: _plain(found.group()), text)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    letter = latin_letter(character)
    if letter:
        return letter
    shown = unicodedata.normalize("NFKC", character)
    return shown if len(shown) == 1 else character


def fold_text(text: str) -> str:
    """`text` folded, without a way back: what search indexes and queries use.

    >>> fold_text("LỪA ĐẢO") == fold_text("l.u.a d.a.o") == "lua dao"
    True
    """
    return fold(text).text
