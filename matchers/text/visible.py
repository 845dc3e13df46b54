"""Text as it is seen: look-alike letters shown plain, invisible characters left out, with the way back."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import Final

from matchers.text.normalise import unmask

_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


@dataclass(frozen=True, slots=True)
class Visible:
    """A text as it is seen, with the place of each of its characters in the original (None: the same)."""

    text: str
    places: array[int] | None = None

    @classmethod
    def of(cls, original: str) -> Visible:
        """`original` with look-alikes unmasked and invisible characters left out."""
        plain = unmask(original)
        if _INVISIBLE.search(plain) is None:
            return cls(plain)
        kept = [place for place, character in enumerate(plain) if not _INVISIBLE.match(character)]
        return cls(_INVISIBLE.sub("", plain), array("I", kept))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Half-open offsets in the original of ``text[start:end]``."""
        if self.places is None or start >= end:
            return start, end
        return self.places[start], self.places[end - 1] + 1
