"""Pictures made ready for reading: letters dark on white, large enough and level, whatever the colours were."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from matchers.page import Box

SPARSE: Final = "11"
"""Tesseract's page segmentation for as much text as possible in no order: advertisements have no columns."""
BLOCK: Final = "6"
"""Its page segmentation for one block of text: finds lines in buttons and frames that sparse text passes over."""
READABLE_SIDE: Final = 1500
"""Pixels that the longer side of a small picture is brought to: Tesseract reads best with capitals of 20 to 35."""
_MOST_LARGER: Final = 4.0
_MOST_PIXELS: Final = 4_000_000  # of a prepared picture; what is below in a tall one is left out
_GROUND_CELL: Final = 12  # pixels a side of the cells that the ground is told from
_GROUND_REACH: Final = 5  # cells across in which letters are fewer than ground
_BRIGHT: Final = 170  # level of the darkest colour from which letters over photographs are white (to 255)
_INK_SIDE: Final = 300  # pixels to which a picture is shrunk to see what was left unread
_IS_INK: Final = [255 * (level > 80) for level in range(256)]
_LOST: Final = 1  # per cent of pixels that may be lost at an end when contrast is raised
_STEEPEST: Final = 10.0  # degrees that a slope is looked for, either way
_STEPS: Final = (2.0, 0.5)  # degrees: a rough look, then a fine one around the best
_SLOPE_SIDE: Final = 400
_LEVEL: Final = 0.75  # degrees up to which turning costs more sharpness than it gains
_CLEARER: Final = 1.15  # times as distinct rows as without turning, before a slope is believed


@dataclass(frozen=True, slots=True)
class Look:
    """A grey picture to read, dark letters on white, and how Tesseract is to part it (`SPARSE` or `BLOCK`)."""

    picture: Image.Image
    segmentation: str


class Prepared:
    """A picture seen in several ways, all of one frame: larger by `scale`, then turned by `angle` degrees."""

    def __init__(self, picture: Image.Image) -> None:
        self._part = picture.crop((0, 0, picture.width, min(picture.height, max(1, _MOST_PIXELS // picture.width))))
        longest = max(self._part.size)
        most = (_MOST_PIXELS / (self._part.width * self._part.height)) ** 0.5
        self.scale = min(_MOST_LARGER, max(1.0, READABLE_SIDE / longest), most)
        self._letters = letters_from_ground(self._part)
        self.angle = slope(self._letters)
        self._first = self._shown(self._letters)

    def looks(self) -> Iterator[Look]:
        """Ways to see the picture, the one that shows most first; each is made only when it is asked for.

        What differs from the ground around it, as sparse text and as one block; then what is white and what is black,
        as letters over photographs are; then plain brightness.
        """
        yield Look(self._first, SPARSE)
        yield Look(self._first, BLOCK)
        yield Look(self._shown(_bright(_darkest(self._part))), SPARSE)
        yield Look(self._shown(_bright(ImageOps.invert(_brightest(self._part)))), SPARSE)
        yield Look(self._shown(ImageOps.autocontrast(self._part.convert("L"), cutoff=_LOST)), SPARSE)

    def unread(self, boxes: Iterable[Box]) -> float:
        """Share of what stands out from the ground that lies outside `boxes` of the frame, 0 to 1."""
        shrunk = min(1.0, _INK_SIDE / max(self._first.size))
        ink = _resized(ImageOps.invert(self._first), shrunk).point(_IS_INK)
        total = ink.histogram()[-1]
        canvas = ImageDraw.Draw(ink)
        for left, top, right, bottom in boxes:
            canvas.rectangle((left * shrunk - 1, top * shrunk - 1, right * shrunk + 1, bottom * shrunk + 1), fill=0)
        return ink.histogram()[-1] / total if total else 0.0

    def original(self, box: Box) -> Box:
        """A place of the frame in the original's pixels: the upright box around it."""
        turn = math.radians(self.angle)
        cosine, sine = math.cos(turn), math.sin(turn)
        width, height = self._part.size
        middle_x, middle_y = self._first.width / 2, self._first.height / 2
        corners = [
            (
                ((x - middle_x) * cosine - (y - middle_y) * sine) / self.scale + width / 2,
                ((x - middle_x) * sine + (y - middle_y) * cosine) / self.scale + height / 2,
            )
            for x in (box[0], box[2])
            for y in (box[1], box[3])
        ]
        across, down = [x for x, _ in corners], [y for _, y in corners]
        left, top = _within(min(across), width - 1), _within(min(down), height - 1)
        return left, top, max(left + 1, _within(max(across), width)), max(top + 1, _within(max(down), height))

    def _shown(self, grey: Image.Image) -> Image.Image:
        larger = _resized(grey, self.scale)
        return larger.rotate(self.angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255) if self.angle else larger


def _within(place: float, most: int) -> int:
    return max(0, min(round(place), most))


def _resized(grey: Image.Image, scale: float) -> Image.Image:
    wanted = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
    if wanted == grey.size:
        return grey
    return grey.resize(wanted, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)


def letters_from_ground(picture: Image.Image) -> Image.Image:
    """How far each pixel is from the colour of the ground around it, in its most telling colour: dark on white.

    Light letters on a dark band, red ones on green and both over a slow change of colour come out alike. The ground
    is the median of cells, which letters, being thin, do not reach.
    """
    cells = max(3, picture.width // _GROUND_CELL), max(3, picture.height // _GROUND_CELL)
    ground = picture.resize(cells, Image.Resampling.BOX).filter(ImageFilter.MedianFilter(_GROUND_REACH))
    away = ImageChops.difference(picture, ground.resize(picture.size, Image.Resampling.BICUBIC))
    return ImageOps.invert(ImageOps.autocontrast(_brightest(away), cutoff=(0, _LOST)))


def _brightest(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _darkest(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return ImageChops.darker(ImageChops.darker(red, green), blue)


def _bright(grey: Image.Image) -> Image.Image:
    """What is near white as black, all else as white."""
    return grey.point([255 - max(0, level - _BRIGHT) * 255 // (255 - _BRIGHT) for level in range(256)])


def slope(letters: Image.Image) -> float:
    """Degrees by which dark letters on white must be turned to stand level, 0.0 where that is not plain.

    Level lines of words give rows that differ most from their neighbours (projection profile; Postl 1986).
    """
    small = _resized(ImageOps.invert(letters), min(1.0, _SLOPE_SIDE / max(letters.size)))
    level = best_rows = _rows(small, 0.0)
    best = 0.0
    reach = _STEEPEST
    for step in _STEPS:
        middle = best
        turns = round(reach / step)
        for turn in range(-turns, turns + 1):
            angle = middle + turn * step
            rows = _rows(small, angle)
            if rows > best_rows:
                best, best_rows = angle, rows
        reach = step
    return best if abs(best) > _LEVEL and best_rows > level * _CLEARER else 0.0


def _rows(small: Image.Image, angle: float) -> float:
    turned = small.rotate(angle, Image.Resampling.BILINEAR) if angle else small
    rows = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
    return sum((one - other) ** 2 for one, other in pairwise(rows))
