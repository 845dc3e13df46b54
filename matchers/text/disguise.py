"""Disguises within words undone on folded bytes: digits and signs for letters (``t1en``), split letters (``l.u.a``).

Passes that few texts need are spared by tests without a branch for each character: a search for one byte, or the
arithmetic of one number as long as the text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from typing import Final

from matchers.text.syllables import part

# Coarse classes, so that the check for a disguise is a search for one byte in most texts.
_SIGNS: Final = b"01345!|@$"
_LETTERS_OF_SIGNS: Final = bytes.maketrans(_SIGNS, b"oieasilas")


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
_SIGN_BETWEEN: Final = re.compile(rb"!(?<=a!)(?:[!0]?a|0(?![a90!]))")
_ZERO_BESIDE: Final = re.compile(rb"0(?:(?<=a0)|(?<![90]0)a)")
# One sign between letters, a zero after a letter, or a zero that opens a word; digits beside it mean a number, unless
# one of the two is none (``k!3m``, ``s@0``).
_DISGUISED: Final = re.compile(
    rb"(?<=[a-z])[1345!|@$](?=[a-z])|(?<=[a-z])0(?![0-9])|(?<![a-z0-9.,])0(?=[a-z]{2,}(?![0-9.]))"
    rb"|(?<=[a-z])(?:[!|@$][01345!|@$]|[01345][!|@$])(?=[a-z])|(?<=[a-z])[!|@$]0(?![a-z0-9.])"
)
_MAIL: Final = re.compile(rb"(?<![a-z0-9._%+-])[a-z0-9._%+-]{2,64}@[a-z0-9-]{1,63}\.[a-z]{2,}")
_UNITS: Final = frozenset(b"0d 0dong 0k 0vnd 0tr 0gb 0mb 0h 0p 0dg".split())


def read_signs(folded: bytes) -> bytes:
    """Digits and signs that spell words, read as letters; same length."""
    classes = folded.translate(_CLASSES)
    has_sign = b"!" in classes and _SIGN_BETWEEN.search(classes)
    if not has_sign and not (b"0" in classes and _ZERO_BESIDE.search(classes)):
        return folded
    result = bytearray(folded)
    mails = _MAIL.finditer(folded) if b"@" in folded else iter(())
    mail = next(mails, None)
    for match in _DISGUISED.finditer(folded):
        place = match.start()
        while mail is not None and mail.end() <= place:
            mail = next(mails, None)
        if mail is not None and mail.start() <= place:
            continue
        signs = match.group()
        if signs == b"0":
            stop = place + 1
            while stop < len(folded) and classes[stop] == ord("a"):
                stop += 1
            if folded[place:stop] in _UNITS:
                continue
        result[place : match.end()] = signs.translate(_LETTERS_OF_SIGNS)
    return bytes(result)


# --- split letters ---------------------------------------------------------------------------------------------

# Four single letters and more whatever parts them, or three parted by the same mark.
_SPLIT: Final = re.compile(
    rb"(?<![a-z0-9])(?:[a-z0-9](?:[^a-z0-9\n]{1,3}[a-z0-9]){3,60}|[a-z]([^a-z0-9\s])[a-z](?:\1[a-z])+)(?![a-z0-9])"
)


_LETTER_BITS: Final = bytes(chr(code).isascii() and chr(code).isalnum() for code in range(256))


def has_split(folded: bytes) -> bool:
    """Whether three single letters follow one another, each within three signs of the one before."""
    # The text as one number, 1 in the byte of each letter: shifted by a byte, each place meets its neighbour.
    letters = int.from_bytes(folded.translate(_LETTER_BITS), "little")
    single = letters & ~(letters << 8 | letters >> 8)
    pairs = single & (single >> 16 | single >> 24 | single >> 32)
    return bool(pairs and pairs & (pairs >> 16 | pairs >> 24 | pairs >> 32))


def join_split(folded: bytes, offsets: Sequence[int]) -> tuple[bytes, array[int]]:
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
    words: list[list[int]] = [[0]]
    for index, gap in enumerate(gaps):
        if _parts_words(gap, gaps[max(index - 1, 0) : index] + gaps[index + 1 : index + 2]):
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


def _parts_words(gap: bytes, beside: list[bytes]) -> bool:
    """Whether a gap between single letters parts words: it has a space, and one beside it is narrower or has none.

    ``l.u.a d.a.o``, ``c h u y e n   t i e n``, ``v a y  t.i.e.n``.
    """
    return b" " in gap and any(b" " not in other or len(other) < len(gap) for other in beside)
