"""What a page's pictures say, laid out as text behind the page's own, with the way back to picture and box."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matchers.identifiers.codes import link_in_code
from matchers.match import Span
from matchers.page import Box, Picture, PictureCode, PictureLine

MOST_PICTURES: Final = 30
"""Pictures of one page whose words and codes are looked at."""
LONGEST_PICTURE_TEXT: Final = 20_000
"""Characters of all pictures of a page together that are looked at."""
_SURE: Final = 0.9  # confidence that Tesseract gives to lines without a slip; below it, doubt counts

PictureCodes = Sequence[tuple[Picture, PictureCode]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of a picture, or the link of one of its codes, from `start` to `end` of the page read whole."""

    start: int
    end: int
    picture: Picture
    code: PictureCode | None = None


class PictureText:
    """The words and links of pictures, in `text`; offsets count from the start of the page read whole."""

    def __init__(self, pictures: Sequence[Picture], after: int = 0) -> None:
        shown = pictures[:MOST_PICTURES]
        self.codes: PictureCodes = tuple((picture, code) for picture in shown for code in picture.codes)
        self._pieces: list[_Piece] = []
        texts: list[str] = []
        place = after
        for text, picture, code in _told(shown):
            left = LONGEST_PICTURE_TEXT - (place - after)
            kept = text[: max(left - 1, 0)]
            if not kept:
                break
            self._pieces.append(_Piece(place + 1, place + 1 + len(kept), picture, code))
            texts.append(f"\n{kept}")
            place += 1 + len(kept)
        self.text = "".join(texts)
        self._starts = [piece.start for piece in self._pieces]

    def span(self, start: int, end: int) -> Span:
        """A place in the pictures' text as a span of the picture: its characters and box, or the box of its code."""
        piece = self._piece(start)
        if piece.code is not None:
            return Span("picture", 0, 0, piece.picture.sha256, piece.code.box)
        start, end = max(start, piece.start) - piece.start, min(end, piece.end) - piece.start
        lines = [line for first, line in _lines(piece.picture) if first < end and start < first + len(line.text)]
        box = _around([line.box for line in lines]) if lines else None
        return Span("picture", start, end, piece.picture.sha256, box)

    def is_read(self, place: int) -> bool:
        """Whether a place holds words read from pixels, which may hold slips; the links of codes do not."""
        return bool(self._pieces) and place >= self._starts[0] and self._piece(place).code is None

    def sureness(self, span: Span) -> float:
        """How sure the words of a span are, 0 to 1: what Tesseract says of the least sure of their lines."""
        picture = next((piece.picture for piece in self._pieces if piece.picture.sha256 == span.picture), None)
        if picture is None or span.start >= span.end:
            return 1.0
        said = [
            line.confidence
            for first, line in _lines(picture)
            if first < span.end and span.start < first + len(line.text)
        ]
        return min(1.0, min(said, default=1.0) / _SURE)

    def _piece(self, place: int) -> _Piece:
        return self._pieces[max(bisect_right(self._starts, place) - 1, 0)]


def where(span: Span | None) -> tuple[str, str]:
    """What a reason adds after a quote, in Vietnamese and English: that it stands in a picture or in its code."""
    if span is None or span.field != "picture":
        return "", ""
    return (" (trong ảnh)", " (in a picture)") if span.start < span.end else (" (trong mã QR)", " (in a QR code)")


def _told(pictures: Sequence[Picture]) -> Iterator[tuple[str, Picture, PictureCode | None]]:
    """Links of all codes, then words of all pictures: links are few, and never cut off by words."""
    for picture in pictures:
        for code in picture.codes:
            link = link_in_code(code.payload)
            if link:
                yield link, picture, code
    for picture in pictures:
        if picture.lines:
            yield picture.text, picture, None


def _lines(picture: Picture) -> Iterator[tuple[int, PictureLine]]:
    """The lines of a picture with their first offset in its text."""
    place = 0
    for line in picture.lines:
        yield place, line
        place += len(line.text) + 1


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
