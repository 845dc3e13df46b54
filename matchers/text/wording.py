"""The words of a text for a search index: folded, and exact with their marks."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import Final

from matchers.text.letters import ENCODING, OTHER, TABLE, encode_exactly
from matchers.text.normalise import fold_encoded

_NO_EXACT_WORD: Final = re.compile(r"[^\w\n]+|_")
_SPACE: Final = bytes([TABLE.index(" ")])
_LOWER: Final = bytes(
    TABLE.index(character.lower()) if character.isalnum() or character == "\n" else _SPACE[0] for character in TABLE
)
_WORDS_AND_LINES: Final = bytes(
    code if (chr(code).isascii() and chr(code).isalnum()) or code in (ord("\n"), OTHER) else ord(" ")
    for code in range(256)
)


def _rare_sign(error: UnicodeError) -> tuple[bytes, int]:
    """A space for each sign; raises at a letter, whose lower case the table lacks, and at a mark, which joins one."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    rare = error.object[error.start : error.end]
    if any(character.isalnum() or unicodedata.category(character)[0] == "M" for character in rare):
        raise error
    return _SPACE * len(rare), error.end


codecs.register_error("luoitroi.lower", _rare_sign)


def exact_words(text: str) -> str:
    """The words of `text` in lower case, marks kept and composed (NFC), parted by spaces, line by line.

    >>> exact_words("“LÃI” thấp!").split()
    ['lãi', 'thấp']
    """
    return _exact_words(text, encode_exactly(text))


def _exact_words(text: str, encoded: bytes | None) -> str:
    if encoded is None:
        try:
            encoded = codecs.charmap_encode(text, "luoitroi.lower", ENCODING)[0]
        except UnicodeEncodeError:
            return _NO_EXACT_WORD.sub(" ", unicodedata.normalize("NFC", text).lower())
    return codecs.charmap_decode(encoded.translate(_LOWER), "strict", TABLE)[0]


def words_to_index(text: str) -> tuple[str, str]:
    """The words of `text` folded, and its exact words, both parted by spaces, line by line.

    For less than folding and lowering cost one by one.

    >>> words_to_index("LÃI thấp,\\n“h0 trợ”")
    ('lai thap \\n ho tro ', 'lãi thấp \\n h0 trợ ')
    """
    encoded = encode_exactly(text)
    words = fold_encoded(text, encoded).translated(_WORDS_AND_LINES)
    return words.text, _exact_words(text, encoded)
