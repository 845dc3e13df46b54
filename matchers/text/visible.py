"""Text as it is seen: look-alike letters shown plain, what hides between them left out, with the way back."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import Final

from matchers.text.letters import POINTERS
from matchers.text.normalise import unmask

NO_BREAK_SPACE: Final = "\u00a0"
_INVISIBLE: Final = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
# Emoji and other symbols; arrows and pointing hands (`letters.POINTERS`) stand between words.
_SYMBOLS: Final = "\u2300-\u245f\u2500-\u2793\u27c0-\u27ff\u2900-\u2bff\U0001f000-\U0001f445\U0001f44a-\U0001faff"
_HIDDEN: Final = re.compile(rf"(?<=\w)[{_SYMBOLS}{_INVISIBLE}]+(?=\w)|[{_INVISIBLE}]")
_BETWEEN_WORDS: Final = re.compile(f"[{_SYMBOLS}{''.join(sorted(POINTERS))}]")


@dataclass(frozen=True, slots=True)
class Visible:
    """A text as it is seen, with the place of each of its characters in the original (None: the same)."""

    text: str
    places: array[int] | None = None

    @classmethod
    def of(cls, original: str) -> Visible:
        """`original` with look-alikes unmasked, invisible characters and symbols within words left out, and other
        symbols as spaces."""
        plain = unmask(original)
        hidden = list(_HIDDEN.finditer(plain))
        if not hidden:
            return cls(_BETWEEN_WORDS.sub(" ", plain))
        pieces: list[str] = []
        places = array("I")
        last = 0
        for found in hidden:
            pieces.append(plain[last : found.start()])
            places.extend(range(last, found.start()))
            last = found.end()
        pieces.append(plain[last:])
        places.extend(range(last, len(plain)))
        return cls(_BETWEEN_WORDS.sub(" ", "".join(pieces)), places)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Half-open offsets in the original of ``text[start:end]``."""
        if self.places is None or start >= end:
            return start, end
        return self.places[start], self.places[end - 1] + 1
