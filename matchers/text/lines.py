"""A text as lines of folded words, with all words joined for look-ups that take no heed of gaps."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+")
_NOT_JOINED: Final = bytes(byte for byte in range(256) if (not chr(byte).isalnum() and byte != 10) or byte > 127)


class Lines:
    """The lines of a text, `written` as the page has them and folded; words are parted only in lines asked for.

    `joined` holds the folded letters and digits of all lines without anything between them. Where folding joined two
    lines, `written` is empty.

    >>> lines = Lines("Vay\\nShinhan Bank", "vay\\nshinhan bank")
    >>> lines.joined, lines.words(1), lines.place(3, 14)
    ('vayshinhanbank', ['shinhan', 'bank'], (1, 0, 2))
    """

    def __init__(self, written: str, folded: str, *, most: int = 3_000) -> None:
        self.folded = folded.split("\n")[:most]
        lines = written.split("\n")[:most]
        self.written = lines if len(lines) == len(self.folded) else []
        letters = folded.encode("ascii", "replace").translate(None, _NOT_JOINED).split(b"\n")[:most]
        self.joined = b"".join(letters).decode("ascii")
        self._starts = list(accumulate(map(len, letters), initial=0))
        self._words: dict[int, list[str]] = {}
        self._word_starts: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.folded)

    def words(self, number: int) -> list[str]:
        """The folded words of line `number`."""
        words = self._words.get(number)
        if words is None:
            words = self._words[number] = _WORD.findall(self.folded[number])
        return words

    def text(self, number: int) -> str:
        """Line `number` as the page has it, folded where that is not known."""
        return self.written[number] if self.written else self.folded[number]

    def line_at(self, place: int) -> int:
        """The number of the line that the letter at `place` of `joined` stands in."""
        return bisect_right(self._starts, place) - 1

    def place(self, start: int, end: int) -> tuple[int, int, int] | None:
        """Line, first word and the word after the last one of ``joined[start:end]``; None unless it is whole words
        of one line."""
        number = self.line_at(start)
        if end > self._starts[number + 1]:
            return None
        offsets = self._offsets(number)
        first, stop = bisect_left(offsets, start), bisect_left(offsets, end)
        if offsets[first] != start or offsets[stop] != end:
            return None
        return number, first, stop

    def _offsets(self, number: int) -> list[int]:
        """Where each word of line `number` starts in `joined`, and where the last one ends."""
        offsets = self._word_starts.get(number)
        if offsets is None:
            offsets = list(accumulate(map(len, self.words(number)), initial=self._starts[number]))
            self._word_starts[number] = offsets
        return offsets
