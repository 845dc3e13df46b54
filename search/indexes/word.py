"""Words and values as long as every engine takes them alike."""

from __future__ import annotations

import re
from typing import Final

MAX_WORD_CHARACTERS: Final = 120
"""Longer words are indexed and looked for in pieces: each engine parts or cuts off what is much longer, elsewhere."""
MAX_VALUE_CHARACTERS: Final = 8_000
"""What is kept of a host, a category or a label, four bytes to a character: Lucene takes at most 32,766 bytes."""
_LETTERS: Final = "[A-Za-z0-9\x80-\U0010ffff]"
_LONG_WORD: Final = re.compile(f"({_LETTERS}{{{MAX_WORD_CHARACTERS}}})(?={_LETTERS})")


def words_parted(text: str) -> str:
    """`text` with a space within each word of more than `MAX_WORD_CHARACTERS`, after every so many.

    >>> [len(part) for part in words_parted("x" * 250 + " y").split()]
    [120, 120, 10, 1]
    """
    # From space to space as far as each reaches: most texts hold no word so long, and need no look at every letter.
    start, last = 0, len(text) - MAX_WORD_CHARACTERS
    while start < last:
        space = text.rfind(" ", start, start + MAX_WORD_CHARACTERS + 1)
        if space < 0:
            return _LONG_WORD.sub(r"\1 ", text)
        start = space + 1
    return text


def value_text(value: str) -> str:
    """What is kept of a host, a category or another value that is looked up whole."""
    return value[:MAX_VALUE_CHARACTERS]
