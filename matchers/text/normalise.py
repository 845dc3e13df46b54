"""Folding: the one form in which texts, rules and queries meet, with a map back to the original.

Folding takes marks and case off (``Lừa Đảo`` is ``lua dao``), drops what is not seen (zero-width characters,
soft hyphens, combining marks), shows full-width, mathematical, Cyrillic and Greek letters as the Latin ones they
pass for, reads digits and signs inside words as letters (``kh0ng``, ``t1en``), and joins split letters
(``l.u.a d.a.o``).

How it is fast: the letters of Vietnamese and ASCII fit in one 8-bit table, so that one C call
(`codecs.charmap_encode`) turns a page into bytes, one byte a character; whatever is not in the table goes
through a codec error handler, also one byte a character. All later work is on bytes, and offsets stay the
identity until something is dropped or joined. Passes that few texts need are spared by tests without a branch for
each character: a search for one byte, or the arithmetic of one number as long as the text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, compress
from typing import Final

from matchers.text.confusables import latin_letter
from matchers.text.syllables import part

_DROP: Final = 0x00  # a character that is not seen
_OTHER: Final = 0x02  # a letter of a script that folding keeps as it is
_SYMBOL: Final = 0x03  # an emoji or other symbol: nothing between letters, else a space


def _vietnamese_letters() -> str:
    marks = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    bases = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    found = [unicodedata.normalize("NFC", base + mark) for base in bases for mark in marks]
    return "".join(letter for letter in found if not letter.isascii()) + "đĐ"


VIETNAMESE_LETTERS: Final = _vietnamese_letters()
"""The letters of Vietnamese that ASCII lacks, both cases."""

# Position in the table is the byte; position 0 must be NUL for CPython to build its fast three-level map.
_TABLE: Final = ("\x00\t\n\r" + "".join(map(chr, range(0x20, 0x7F))) + VIETNAMESE_LETTERS + "\u00a0–—‘’“”…•₫°·").ljust(
    256, "\ufffe"
)
_ENCODING: Final = codecs.charmap_build(_TABLE)


def _fold_table() -> bytes:
    """Byte of `_TABLE` to folded ASCII byte."""
    folded = bytearray(256)
    for index, character in enumerate(_TABLE):
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
    folded[0] = _DROP
    return bytes(folded)


@lru_cache(maxsize=8192)
def _rare(character: str) -> int:
    """Folded byte of a character that is not in the table."""
    letter = latin_letter(character)
    if letter:
        return ord(letter)
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf", "Cc", "Sk") or character in "\u115f\u1160\u3164\uffa0\u2800":
        return _DROP
    if category[0] in "LN" or category in ("Mc", "Lm"):
        return _OTHER
    if category == "Pd":
        return ord("-")
    return _SYMBOL if category[0] == "S" else ord(" ")


def _fold_rare(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    # Through the fold table's inverse: the bytes returned here are translated with the rest.
    return bytes(_ENTRY[_rare(character)] for character in error.object[error.start : error.end]), error.end


_FOLD: Final = _fold_table()
_ENTRY: Final = {folded: entry for entry, folded in reversed(list(enumerate(_FOLD)))} | {
    _OTHER: 0xFF,
    _SYMBOL: 0xFE,
    _DROP: 0,
}
_FOLD_BYTES: Final = _FOLD[:0xFE] + bytes([_SYMBOL, _OTHER])
_SYMBOLS: Final = re.compile(rb"\x03[\x00\x03]*")
_SYMBOL_TO_SPACE: Final = bytes.maketrans(b"\x03", b" ")
codecs.register_error("luoitroi.fold", _fold_rare)


# --- digits and signs inside words -----------------------------------------------------------------------------

# Coarse classes, so that the check for a disguise is a search for one byte in most texts.
_SIGNS: Final = {
    ord("0"): b"o",
    ord("1"): b"i",
    ord("3"): b"e",
    ord("4"): b"a",
    ord("5"): b"s",
    ord("!"): b"i",
    ord("|"): b"l",
    ord("@"): b"a",
    ord("$"): b"s",
}


def _class_table() -> bytes:
    classes = bytearray(b" " * 256)
    for letter in b"abcdefghijklmnopqrstuvwxyz":
        classes[letter] = ord("a")
    for digit in b"0123456789":
        classes[digit] = ord("9")
    classes[ord("0")] = ord("0")
    for sign in _SIGNS:
        if sign != ord("0"):
            classes[sign] = ord("!")
    return bytes(classes)


_CLASSES: Final = _class_table()
_SIGN_BETWEEN: Final = re.compile(rb"!(?<=a!)a")
_ZERO_BESIDE: Final = re.compile(rb"0(?:(?<=a0)|(?<![90]0)a)")
# One sign between letters, a zero after a letter, or a zero that opens a word; digits beside it mean a number.
_DISGUISED: Final = re.compile(
    rb"(?<=[a-z])[1345!|@$](?=[a-z])|(?<=[a-z])0(?![0-9])|(?<![a-z0-9.,])0(?=[a-z]{2,}(?![0-9.]))"
)
_MAIL: Final = re.compile(rb"[a-z0-9._%+-]{2,}@[a-z0-9-]+\.[a-z]{2,}")
_UNITS: Final = frozenset(b"0d 0dong 0k 0vnd 0tr 0gb 0mb 0h 0p 0dg".split())


def _read_signs(folded: bytes) -> bytes:
    """Digits and signs that spell words, read as letters; same length."""
    classes = folded.translate(_CLASSES)
    has_sign = b"!" in classes and _SIGN_BETWEEN.search(classes)
    if not has_sign and not (b"0" in classes and _ZERO_BESIDE.search(classes)):
        return folded
    result = bytearray(folded)
    mails = [match.span() for match in _MAIL.finditer(folded)] if b"@" in folded else []
    for match in _DISGUISED.finditer(folded):
        place = match.start()
        if any(start <= place < end for start, end in mails):
            continue
        sign = folded[place]
        if sign == ord("0"):
            stop = place + 1
            while stop < len(folded) and classes[stop] == ord("a"):
                stop += 1
            if folded[place:stop] in _UNITS:
                continue
        result[place : place + 1] = _SIGNS[sign]
    return bytes(result)


# --- split letters ---------------------------------------------------------------------------------------------

# Four single letters and more whatever parts them, or three parted by the same mark.
_SPLIT: Final = re.compile(
    rb"(?<![a-z0-9])(?:[a-z0-9](?:[^a-z0-9\n]{1,3}[a-z0-9]){3,60}|[a-z]([^a-z0-9\s])[a-z](?:\1[a-z])+)(?![a-z0-9])"
)


_LETTER_BITS: Final = bytes(chr(code).isascii() and chr(code).isalnum() for code in range(256))


def _has_split(folded: bytes) -> bool:
    """Whether three single letters follow one another, each within three signs of the one before."""
    # The text as one number, 1 in the byte of each letter: shifted by a byte, each place meets its neighbour.
    letters = int.from_bytes(folded.translate(_LETTER_BITS), "little")
    single = letters & ~(letters << 8 | letters >> 8)
    pairs = single & (single >> 16 | single >> 24 | single >> 32)
    return bool(pairs and pairs & (pairs >> 16 | pairs >> 24 | pairs >> 32))


def _join_split(folded: bytes, offsets: Sequence[int]) -> tuple[bytes, array[int]]:
    """Split letters joined; `offsets` carried along."""
    pieces: list[bytes] = []
    places = array("I")
    last = 0
    for match in _SPLIT.finditer(folded):
        run = match.group()
        letters = re.findall(rb"[a-z0-9]", run)
        if sum(letter.isalpha() for letter in letters) < 3:
            continue
        gaps = re.findall(rb"(?<=[a-z0-9])[^a-z0-9]+", run)
        pieces.append(folded[last : match.start()])
        places.extend(offsets[last : match.start()])
        last = match.end()
        text, marks = _joined(letters, gaps, match.start(), run)
        pieces.append(text)
        places.extend(offsets[mark] for mark in marks)
    pieces.append(folded[last:])
    places.extend(offsets[last:])
    return b"".join(pieces), places


def _joined(letters: list[bytes], gaps: list[bytes], start: int, run: bytes) -> tuple[bytes, list[int]]:
    """The words of one run of single letters, and the place in the folded text of each of their characters."""
    spots: list[int] = []
    place = start
    for index in range(len(letters)):
        spots.append(place)
        place += 1 + (len(gaps[index]) if index < len(gaps) else 0)
    usual = Counter(gaps).most_common(1)[0][0]
    words: list[list[int]] = [[0]]
    for index, gap in enumerate(gaps):
        # A gap unlike the usual one parts words: "l.u.a d.a.o", "c h u y e n   t i e n".
        if gap != usual and len(gap) >= len(usual) and b" " in gap:
            words.append([])
        words[-1].append(index + 1)
    text = bytearray()
    marks: list[int] = []
    for word in words:
        letters_of_word = b"".join(letters[index] for index in word)
        syllables = part(letters_of_word.decode("ascii")) or (letters_of_word.decode("ascii"),)
        position = 0
        for syllable in syllables:
            if text:
                text += b" "
                marks.append(max(spots[word[position]] - 1, start))
            text += syllable.encode("ascii")
            marks.extend(spots[index] for index in word[position : position + len(syllable)])
            position += len(syllable)
    return bytes(text), marks


# --- the public forms ------------------------------------------------------------------------------------------


class Folded:
    """A folded text and the way back: `text` is what was folded, `span()` says where it stood in the original.

    `has_rare` says that the original holds characters beyond Vietnamese letters, ASCII and common punctuation.

    >>> folded = fold("L\u1eeba  \u0110\u1ea3o")
    >>> folded.text, folded.span(0, 3)
    ('lua  dao', (0, 3))
    """

    __slots__ = ("_bytes", "_offsets", "_original", "_words", "has_rare")

    def __init__(self, original: str, folded: bytes, offsets: Sequence[int] | None, has_rare: bool = False) -> None:
        self._original = original
        self._bytes = folded
        self._offsets = offsets
        self._words: Words | None = None
        self.has_rare = has_rare

    @property
    def original(self) -> str:
        """The text that was folded."""
        return self._original

    @property
    def text(self) -> str:
        """The folded text: lower-case ASCII, letters of other scripts as they were."""
        text = self._bytes.decode("latin-1")
        if _OTHER not in self._bytes:
            return text
        letters = list(text)
        for place, byte in enumerate(self._bytes):
            if byte == _OTHER:
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
        while last < following and _rare(self._original[last]) == _DROP and not self._original[last].isascii():
            last += 1
        return self._offsets[start], last

    @property
    def words(self) -> Words:
        """The folded text as words; made once."""
        if self._words is None:
            self._words = Words(self)
        return self._words


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


class Words:
    """A folded text as words with one space around each, any number as ``0``: what phrases are looked up in.

    >>> fold("Lãi 2.000.000đ/tháng, an toàn!").words.text
    b' lai 0d thang an toan '
    """

    __slots__ = ("_folded", "_places", "_spaced", "text")

    def __init__(self, folded: Folded) -> None:
        self._folded = folded
        spaced = folded._bytes.translate(_WORDS)
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

    def original(self, place: int) -> str:
        """Word number `place` as the text wrote it."""
        start, end = self.span(place, place)
        return self._folded.original[start:end]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Half-open offsets in the original of words `first` to `last`, both included."""
        if self._places is None:
            self._places = self._find_places()
        starts, lengths = self._places
        return self._folded.span(starts[first], starts[last] + lengths[last] - 1)

    def _find_places(self) -> tuple[list[int], list[int]]:
        """Start of every word in the folded text, and its length with the space after it. All in C: it is hot."""
        pieces = (self._spaced.replace(b" ", b"\n") + b"\n").splitlines(keepends=True)
        lengths = list(map(len, pieces))
        is_word = list(map(_MORE_THAN_SPACE, lengths))
        return list(compress(accumulate(lengths, initial=0), is_word)), list(compress(lengths, is_word))


def _without_symbols(found: re.Match[bytes]) -> bytes:
    """A run of symbols dropped where letters or digits stand on both sides of it, else as it was."""
    folded, (start, end) = found.string, found.span()
    before = start - 1
    while before >= 0 and folded[before] == _DROP:
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
    return _folded(text, _encoded(text))


def _encoded(text: str) -> bytes | None:
    """`text` by `_TABLE`, or None where it holds anything else."""
    try:
        return codecs.charmap_encode(text, "strict", _ENCODING)[0]
    except UnicodeEncodeError:
        return None


def _folded(text: str, encoded: bytes | None) -> Folded:
    has_rare = encoded is None
    if encoded is None:
        encoded = codecs.charmap_encode(text, "luoitroi.fold", _ENCODING)[0]
    folded = encoded.translate(_FOLD_BYTES)
    offsets: Sequence[int] | None = None
    if _SYMBOL in folded:
        folded = _SYMBOLS.sub(_without_symbols, folded).translate(_SYMBOL_TO_SPACE)
    if _DROP in folded:
        offsets = _kept_places(folded)
        folded = folded.translate(None, b"\x00")
    folded = _read_signs(folded)
    if _has_split(folded):
        folded, offsets = _join_split(folded, range(len(folded)) if offsets is None else offsets)
    return Folded(text, folded, offsets, has_rare)


_MASKS: Final = re.compile("[\u0370-\u052f\u0531-\u058f\u2100-\u214f\u2460-\u24ff\uff00-\uffef\U0001d400-\U0001d7ff]")


def unmask(text: str) -> str:
    """`text` with letters, figures and signs that only look Latin as the plain ones, character for character.

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


# --- words to look up -------------------------------------------------------------------------------------------

_NO_EXACT_WORD: Final = re.compile(r"[^\w\n]+|_")
_SPACE: Final = bytes([_TABLE.index(" ")])
_LOWER: Final = bytes(
    _TABLE.index(character.lower()) if character.isalnum() or character == "\n" else _SPACE[0] for character in _TABLE
)
_WORDS_AND_LINES: Final = bytes(
    code if (chr(code).isascii() and chr(code).isalnum()) or code in (ord("\n"), _OTHER) else ord(" ")
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
    return _exact_words(text, _encoded(text))


def _exact_words(text: str, encoded: bytes | None) -> str:
    if encoded is None:
        try:
            encoded = codecs.charmap_encode(text, "luoitroi.lower", _ENCODING)[0]
        except UnicodeEncodeError:
            return _NO_EXACT_WORD.sub(" ", unicodedata.normalize("NFC", text).lower())
    return codecs.charmap_decode(encoded.translate(_LOWER), "strict", _TABLE)[0]


def words_to_index(text: str) -> tuple[str, str]:
    """The words of `text` folded, and its exact words, both parted by spaces, line by line.

    For less than folding and lowering cost one by one.

    >>> words_to_index("LÃI thấp,\\n“h0 trợ”")
    ('lai thap \\n ho tro ', 'lãi thấp \\n h0 trợ ')
    """
    encoded = _encoded(text)
    folded = _folded(text, encoded)
    words = Folded(text, folded._bytes.translate(_WORDS_AND_LINES), folded._offsets)
    return words.text, _exact_words(text, encoded)
