"""Letters as bytes: one 8-bit table for ASCII and Vietnamese, and what everything else folds to.

The letters of Vietnamese and ASCII fit in one table, so that one C call (`codecs.charmap_encode`) turns a page into
bytes, one byte a character; whatever is not in the table goes through a codec error handler, also one byte a character.
"""

from __future__ import annotations

import codecs
import unicodedata
from functools import lru_cache
from typing import Final

from matchers.text.confusables import latin_letter

DROP: Final = 0x00
"""The folded byte of a character that is not seen."""
OTHER: Final = 0x02
"""The folded byte of a letter of a script that folding keeps as it is."""
SYMBOL: Final = 0x03
"""The folded byte of an emoji or other symbol: nothing between letters, else a space."""

POINTERS: Final = frozenset(map(chr, (*range(0x2190, 0x2200), *range(0x2794, 0x27BF), *range(0x1F446, 0x1F44A))))
"""Arrows and pointing hands: they stand between words, never within one."""


def _vietnamese_letters() -> str:
    marks = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    bases = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    found = [unicodedata.normalize("NFC", base + mark) for base in bases for mark in marks]
    return "".join(letter for letter in found if not letter.isascii()) + "đĐ"


VIETNAMESE_LETTERS: Final = _vietnamese_letters()
"""The letters of Vietnamese that ASCII lacks, both cases."""

TABLE: Final = ("\x00\t\n\r" + "".join(map(chr, range(0x20, 0x7F))) + VIETNAMESE_LETTERS + "\u00a0–—‘’“”…•₫°·").ljust(
    256, "\ufffe"
)
"""The character of each byte. Position 0 must be NUL for CPython to build its fast three-level map."""
ENCODING: Final = codecs.charmap_build(TABLE)
"""`TABLE` for `codecs.charmap_encode`."""


def _fold_table() -> bytes:
    """Byte of `TABLE` to folded ASCII byte."""
    folded = bytearray(256)
    for index, character in enumerate(TABLE):
        letter = latin_letter(character)
        if letter:
            folded[index] = ord(letter)
        elif character.isascii():
            folded[index] = ord(character)
        elif character in "‘’“”":
            folded[index] = ord("'")
        elif character in "–—":
            folded[index] = ord("-")
        elif character == "…":
            folded[index] = ord(".")
        else:
            folded[index] = ord(" ")
    folded[0] = DROP
    return bytes(folded)


@lru_cache(maxsize=8192)
def rare_byte(character: str) -> int:
    """Folded byte of a character that is not in the table."""
    letter = latin_letter(character)
    if letter:
        return ord(letter)
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf", "Cc", "Sk") or character in "\u115f\u1160\u3164\uffa0\u2800":
        return DROP
    if category[0] in "LN" or category in ("Mc", "Lm"):
        return OTHER
    if category == "Pd":
        return ord("-")
    return SYMBOL if category[0] == "S" and character not in POINTERS else ord(" ")


def _fold_rare(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    # Through the fold table's inverse: the bytes returned here are translated with the rest.
    return bytes(_ENTRY[rare_byte(character)] for character in error.object[error.start : error.end]), error.end


_FOLD: Final = _fold_table()
_ENTRY: Final = {folded: entry for entry, folded in reversed(list(enumerate(_FOLD)))} | {
    OTHER: 0xFF,
    SYMBOL: 0xFE,
    DROP: 0,
}
_FOLD_BYTES: Final = _FOLD[:0xFE] + bytes([SYMBOL, OTHER])
codecs.register_error("luoitroi.fold", _fold_rare)


def encode_exactly(text: str) -> bytes | None:
    """`text` by `TABLE`, one byte a character, or None where it holds anything else."""
    try:
        return codecs.charmap_encode(text, "strict", ENCODING)[0]
    except UnicodeEncodeError:
        return None


def fold_letters(text: str, encoded: bytes | None) -> bytes:
    """The folded byte of every character of `text`, whose `encode_exactly` is `encoded`."""
    if encoded is None:
        encoded = codecs.charmap_encode(text, "luoitroi.fold", ENCODING)[0]
    return encoded.translate(_FOLD_BYTES)
