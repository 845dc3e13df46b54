"""Vietnamese in the encodings of old fonts, TCVN3 (ABC) and VNI, told from all other text and read as Unicode.

Both encodings put the letters of Vietnamese in the places of Western ones and leave the rest to the font (``.VnTime``,
``VNI-Times``), so that a page in them claims to be windows-1252, or UTF-8 with the Western letters written out:
``tiÒn`` is ``tiền`` in TCVN3, ``tieàn`` in VNI. No header tells; the words do. A word counts as legacy where it is no
Vietnamese syllable as it stands and is one, with its tone where tones may be, once it is read by the encoding; words
of other languages hardly ever are.

TCVN3 is the set of letters of TCVN 5712:1993 (VN3), VNI that of VNI Software's fonts for Windows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from matchers.text.letters import VIETNAMESE_LETTERS
from matchers.text.normalise import fold_text
from matchers.text.syllables import SYLLABLES

MIN_WORDS: Final = 4
"""Different legacy words that a text has to hold; by chance, other languages have one or two."""
MIN_KINDS_OF_LETTER: Final = 5
"""Different letters beyond ASCII in them: disguises write a few umlauts again and again."""
MIN_WORDS_OF_LINE: Final = 3
SHARE_OF_LINE: Final = 0.9
"""Words with letters beyond ASCII that must read as Vietnamese in a line that proves the encoding."""
LONGEST_PROBE: Final = 200_000
"""Characters of a text that are looked at to tell its encoding."""

_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_STOPPED: Final = ("c", "ch", "p", "t")
_STOPPED_TONES: Final = frozenset("\u0301\u0323")
_ALPHABET: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + VIETNAMESE_LETTERS)
_HATS: Final = frozenset("âêôă")
_TOKEN: Final = re.compile("[^\\s\x00-\x40\x5b-\x60\x7b-\x7f]+")
"""ASCII letters and whatever is beyond ASCII: legacy letters may look like signs."""

# Bytes A1 to FE; the letters of capitals with tones, which VN3 leaves to fonts of capitals, are missing.
_TCVN3: Final = "ĂÂÊÔƠƯĐăâêôơưđ      àảãáạ ằẳẵắ       ặầẩẫấậè ẻẽéẹềểễếệìỉ   ĩíịò ỏõóọồổỗốộờởỡớợù ủũúụừửữứựỳỷỹýỵ"
_TCVN3_LETTERS: Final = {0xA1 + place: letter for place, letter in enumerate(_TCVN3) if letter != " "}
_VNI_ALONE: Final = dict(zip("íìæóòôöîñÍÌÆÓÒÔÖÎÑ", "íìỉĩịơưỵđÍÌỈĨỊƠƯỴĐ", strict=True))
_VNI_TONES: Final = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
# A hat or a breve, with the tone above or below it where there is one.
_VNI_HATS: Final = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_VNI_BREVES: Final = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}


def _vni_letters() -> dict[str, str]:
    letters: dict[str, str] = dict(_VNI_ALONE)
    for mark, tone in _VNI_TONES.items():
        letters |= {base + mark: base + tone for base in "aeouy"}
        letters |= {base + mark: plain + tone for base, plain in (("ô", "ơ"), ("ö", "ư"))}
    for mark, tone in _VNI_HATS.items():
        letters |= {base + mark: base + "\u0302" + tone for base in "aeo"}
    letters |= {"a" + mark: "a\u0306" + tone for mark, tone in _VNI_BREVES.items()}
    capitals = {pair.upper(): letter.upper() for pair, letter in letters.items()}
    # A capital may carry the mark of a small letter.
    mixed = {pair[0].upper() + pair[1:]: letter[0].upper() + letter[1:] for pair, letter in letters.items()}
    return {pair: unicodedata.normalize("NFC", letter) for pair, letter in {**letters, **mixed, **capitals}.items()}


_VNI_LETTERS: Final = _vni_letters()
_VNI_PAIR: Final = re.compile("|".join(sorted(map(re.escape, _VNI_LETTERS), key=len, reverse=True)))


def from_tcvn3(text: str) -> str:
    """`text`, whose characters U+00A1 to U+00FE stand for the bytes of TCVN3, as Unicode.

    >>> from_tcvn3("TiÒn")
    'Tiền'
    """
    return text.replace("\u03bc", "\u00b5").translate(_TCVN3_LETTERS)


def from_vni(text: str) -> str:
    """`text`, whose characters are Western letters that stand for those of VNI, as Unicode.

    >>> from_vni("Tieàn")
    'Tiền'
    """
    return _VNI_PAIR.sub(lambda found: _VNI_LETTERS[found.group()], text)


@lru_cache(maxsize=65536)
def is_vietnamese(word: str) -> bool:
    """Whether `word` is one Vietnamese syllable as it may be written: letters, at most one tone, which a final stop
    restricts, and at most one hat or breve, which on an ``a`` is never at the end.

    >>> is_vietnamese("tiền"), is_vietnamese("tiÒn"), is_vietnamese("cá"), is_vietnamese("các"), is_vietnamese("càc")
    (True, False, True, True, False)
    """
    if not _ALPHABET.issuperset(word):
        return False
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [mark for mark in apart if mark in _TONES]
    plain = unicodedata.normalize("NFC", "".join(letter for letter in apart if letter not in _TONES))
    if len(tones) > 1 or sum(letter in _HATS for letter in plain) > 1 or plain[-1:] in ("ă", "â"):
        return False
    if fold_text(word) not in SYLLABLES:
        return False
    return not plain.endswith(_STOPPED) or set(tones) <= _STOPPED_TONES


@dataclass(frozen=True, slots=True)
class LegacyLetters:
    """An encoding of old fonts as it was told in a text."""

    name: str
    convert: Callable[[str], str]
    sign: re.Pattern[str]
    """What the encoding writes all the time and no Unicode text does: a test that costs little."""

    def is_legacy(self, word: str) -> bool:
        """Whether `word` is Vietnamese by this encoding, and not as it stands."""
        return not is_vietnamese(word) and is_vietnamese(self.convert(word))

    def read(self, text: str) -> str:
        """`text` as Unicode where it is in this encoding: by line, and in a line of both by word."""
        return text if text.isascii() else "\n".join(map(self._read_line, text.split("\n")))

    def _read_line(self, line: str) -> str:
        words = _beyond_ascii(line)
        legacy = sum(map(self.is_legacy, words))
        unicode = sum(is_vietnamese(word) and not is_vietnamese(self.convert(word)) for word in words)
        if not words or (unicode and not legacy):
            return line
        is_all_legacy = legacy > 0 and unicode == 0

        def in_unicode(found: re.Match[str]) -> str:
            word = found.group()
            if word.isascii():
                return word
            converted = self.convert(word)
            if is_vietnamese(word) and is_vietnamese(converted):
                return converted if legacy > unicode else word
            is_right = is_vietnamese(converted) or (is_all_legacy and _ALPHABET.issuperset(converted))
            return converted if is_right else word

        return _TOKEN.sub(in_unicode, line)


_TODAYS_LETTER: Final = re.compile("[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0-\u01b0\u1ea0-\u1ef9]")
_TCVN3_SIGN: Final = re.compile(
    "[a-zA-Z][\u00a8-\u00ae\u00b5-\u00be\u00c6-\u00df\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00fc\u00fe\u03bc]"
)
_VNI_SIGN: Final = re.compile("[aeouyAEOUYôöÔÖ][øûïåäëüØÛÏÅÄËÜ]|[ñÑ][aeouyôöAEOUYÔÖ]")
TCVN3: Final = LegacyLetters("TCVN3", from_tcvn3, _TCVN3_SIGN)
VNI: Final = LegacyLetters("VNI", from_vni, _VNI_SIGN)


def recognise(text: str) -> LegacyLetters | None:
    """The encoding that `text`, or enough of its lines, is in; None for all other text.

    >>> recognise("Vay tiÒn nhanh, nî xÊu vÉn hç trî") is TCVN3, recognise("La città è più bella") is None
    (True, True)
    """
    if text.isascii():
        return None
    lines = list(_lines(text[:LONGEST_PROBE]))
    if not lines:
        return None
    proofs = {letters.name: _proofs(lines, letters) for letters in (TCVN3, VNI)}
    best = max((TCVN3, VNI), key=lambda letters: proofs[letters.name])
    return best if proofs[best.name] >= MIN_WORDS else None


def _proofs(lines: list[str], letters: LegacyLetters) -> int:
    """How many different legacy words stand in lines of which nearly all words read as Vietnamese by `letters`."""
    if len(list(islice(letters.sign.finditer("\n".join(lines)), MIN_WORDS_OF_LINE))) < MIN_WORDS_OF_LINE:
        return 0
    told: set[str] = set()
    for line in lines:
        words = [word for word in _beyond_ascii(line) if len(word) > 1]
        legacy = [word.lower() for word in words if letters.is_legacy(word)]
        if len(set(legacy)) < MIN_WORDS_OF_LINE or len(legacy) * 2 < len(words):
            continue
        if sum(is_vietnamese(letters.convert(word)) for word in words) >= SHARE_OF_LINE * len(words):
            told.update(legacy)
    kinds = {letter for word in told for letter in word if not letter.isascii()}
    return len(told) if len(kinds) >= MIN_KINDS_OF_LETTER else 0


def _lines(text: str) -> Iterator[str]:
    """Lines that may be in an old encoding: those of Unicode hold letters that no such encoding has a place for."""
    return (line for line in text.split("\n") if not line.isascii() and _TODAYS_LETTER.search(line) is None)


def _beyond_ascii(line: str) -> list[str]:
    return [word for word in _TOKEN.findall(line) if not word.isascii()]
