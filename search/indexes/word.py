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
_STRETCH: Final = MAX_WORD_CHARACTERS // 2


def words_parted(text: str) -> str:
    """`text` with a space within each word of more than `MAX_WORD_CHARACTERS`, after every so many.

    >>> [len(part) for part in words_parted("x" * 250 + " y").split()]
    [120, 120, 10, 1]
    """
    # Within so long a word there is a whole stretch without a space, and in most texts there is none.
    last = len(text) - _STRETCH + 1
    if all(" " in text[start : start + _STRETCH] for start in range(0, last, _STRETCH)):
        return text
    return _LONG_WORD.sub(r"\1 ", text)


def value_text(value: str) -> str:
    """What is kept of a host, a category or another value that is looked up whole."""
    return value[:MAX_VALUE_CHARACTERS]
