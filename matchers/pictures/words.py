"""Words that Tesseract saw, made into lines: what is noise left out, what several looks saw told once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from matchers.page import Box, PictureLine

LEAST_WORD: Final = 0.15
"""Confidence below which a word is noise."""
LEAST_LINE: Final = 0.5
"""Confidence, by letters, below which a line is noise."""
MOST_LINES: Final = 300
_WORD_LEVEL: Final = "5"
_LEAST_LETTERS: Final = 2
_SAME_PLACE: Final = 0.3  # share of a line's area that another one covers, from which they are the same words
_SAME_ROW: Final = 0.5  # share of the lower word's height
_GAP: Final = 1.6  # heights between two words of one line
_WORTH: Final = 0.5  # confidence from which a word speaks for its line, when two looks differ


@dataclass(frozen=True, slots=True)
class SeenWord:
    """A word with its box in the picture and Tesseract's confidence, 0 to 1."""

    text: str
    box: Box
    confidence: float
    line: tuple[str, ...] = ()


def parse_tsv(tsv: str) -> Iterator[SeenWord]:
    """The words of Tesseract's table; rows that it broke off are left out."""
    for row in csv.reader(tsv.splitlines()[1:], delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != 12 or row[0] != _WORD_LEVEL:
            continue
        text = row[11].strip()
        try:
            left, top, width, height = map(int, row[6:10])
            confidence = float(row[10]) / 100
        except ValueError:
            continue
        if text and confidence >= LEAST_WORD and width > 0 and height > 0:
            box = left, top, left + width, top + height
            yield SeenWord(text, box, min(confidence, 1.0), tuple(row[1:5]))


def lines_of(words: Iterable[SeenWord]) -> list[PictureLine]:
    """Lines of the words that one look saw: as Tesseract grouped them, and groups beside one another joined."""
    grouped: dict[tuple[str, ...], list[SeenWord]] = {}
    for word in words:
        grouped.setdefault(word.line, []).append(word)
    lines = [_line(group) for group in grouped.values()]
    return _joined(line for line in lines if _says_something(line))


def _line(words: list[SeenWord]) -> PictureLine:
    weight = sum(len(word.text) for word in words)
    confidence = sum(len(word.text) * word.confidence for word in words) / weight
    return PictureLine(" ".join(word.text for word in words), _around(word.box for word in words), confidence)


def _says_something(line: PictureLine) -> bool:
    letters = sum(map(str.isalnum, line.text))
    return letters >= _LEAST_LETTERS and letters * 2 > len(line.text.replace(" ", "")) and line.confidence >= LEAST_LINE


def _around(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _joined(lines: Iterable[PictureLine]) -> list[PictureLine]:
    """Pieces of a line, which reading of sparse text takes apart, put together from left to right."""
    whole: list[PictureLine] = []
    for piece in sorted(lines, key=lambda line: line.box[0]):
        for place, line in enumerate(whole):
            if _is_next(line.box, piece.box):
                length, more = len(line.text), len(piece.text)
                confidence = (line.confidence * length + piece.confidence * more) / (length + more)
                whole[place] = PictureLine(f"{line.text} {piece.text}", _around((line.box, piece.box)), confidence)
                break
        else:
            whole.append(piece)
    return whole


def _is_next(line: Box, piece: Box) -> bool:
    low = min(line[3] - line[1], piece[3] - piece[1])
    high = max(line[3] - line[1], piece[3] - piece[1])
    shared = min(line[3], piece[3]) - max(line[1], piece[1])
    return shared > _SAME_ROW * high and -low < piece[0] - line[2] < _GAP * low


def told_once(looks: Iterable[list[PictureLine]]) -> list[PictureLine]:
    """The lines of all looks, from top to bottom; what several of them saw as the one that says most, most surely."""
    kept: list[PictureLine] = []
    for lines in sorted(looks, key=lambda lines: -sum(map(worth, lines))):
        for line in sorted(lines, key=worth, reverse=True):
            rivals = [other for other in kept if _covers(other.box, line.box)]
            if sum(map(worth, rivals)) < worth(line):
                kept = [other for other in kept if other not in rivals] + [line]
    return sorted(kept, key=lambda line: (line.box[1], line.box[0]))[:MOST_LINES]


def worth(line: PictureLine) -> float:
    """How much a line says and how surely; below nothing for what is likely noise."""
    return len(line.text) * (line.confidence - _WORTH)


def _covers(one: Box, other: Box) -> bool:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height > _SAME_PLACE * smaller
