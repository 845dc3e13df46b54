"""Outlines of logos and icons: what stands out from their ground, whatever the size, the margin and the colours.

The 64-bit fingerprint of `matchers.pictures.fingerprint` tells screens; a logo is mostly one shape on an even
ground, and comes padded, recoloured, on white or on black, and in sixteen pixels. Here the ground is the colour of
its rim, the rim is trimmed off, and how far each part of the rest is from the ground's colour is kept in 256 cells of
16 levels (16 × 16, or 32 × 8 for names in a line), beside the colours of both. What is left after trimming may have
a ground of its own (a white letter on a red square on a white page): that is a second outline.

Two outlines are alike when their cells go together (Pearson correlation), the shapes are as wide, and the colours are
near: one letter on two grounds is two brands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import mul
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageStat

from matchers.page import Box

CELLS: Final = 256
"""Parts of an outline: as many across as down, or more across where it is wide."""
_LINE: Final = math.log(2)  # width by height from which a logo is a line of letters
NEAR_OUTLINE: Final = 0.06
"""Distance (1 - correlation) up to which two outlines are one design."""
PLAIN_OUTLINE: Final = 0.12
"""Distance to a disc, a bar, a ring and the like, up to which a shape is too plain to tell a brand by."""
_SAME_WIDTH: Final = 0.25  # of the natural logarithm of width by height: a quarter wider
_NEAR_COLOUR: Final = 56  # steps in the channel that differs most
_COLOURED: Final = 40  # steps between channels from which a ground is a colour of the logo, not of the page
_WORKING_SIDE: Final = 128
_TRIMMED: Final = 0.4  # of the strongest part's distance from the ground: where a soft edge is cut
_LEAST_INK: Final = 40  # steps of colour that the strongest part must be from the ground
_HEAD: Final = 7  # bytes before the cells: width by height, ink, ground
_LONGEST_SIDES: Final = 12  # times as long as high: beyond, it is a rule or a strip
_LEAST_SHAPE: Final = 4  # levels between the fullest and the emptiest cell
_LEAST_SIDE: Final = 16  # pixels of the working size that a shape needs to have something on it
_ASPECT_STEPS: Final = 32  # a byte holds an e-fold of width by height in so many steps


Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Outline:
    """The shape of a logo, with its colours.

    `cells` are 256 levels from 0 to 15, row by row, `wide` the logarithm of width by height, `ink` the mean colour of
    what stands out and `ground` the colour that it stands out from.
    """

    cells: bytes
    wide: float
    ink: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)

    @classmethod
    def parse(cls, written: str) -> Outline | None:
        """The outline that `written` holds, or None where it is none."""
        try:
            code = bytes.fromhex(written)
        except ValueError:
            return None
        if len(code) != _HEAD + CELLS // 2:
            return None
        cells = bytes(level for pair in code[_HEAD:] for level in (pair >> 4, pair & 15))
        wide, one, two, three, four, five, six = code[:_HEAD]
        return cls(cells, (wide - 128) / _ASPECT_STEPS, (one, two, three), (four, five, six))

    def __str__(self) -> str:
        wide = max(0, min(255, round(self.wide * _ASPECT_STEPS) + 128))
        pairs = zip(self.cells[::2], self.cells[1::2], strict=True)
        return bytes((wide, *self.ink, *self.ground, *(one << 4 | other for one, other in pairs))).hex()

    def distance(self, other: Outline) -> float:
        """0.0 for the same shape, 1.0 for nothing in common; 1.0 also where width or colours clearly differ."""
        if abs(self.wide - other.wide) > _SAME_WIDTH or not _is_near(self.ink, other.ink):
            return 1.0
        if _grid(self.wide) != _grid(other.wide):
            return 1.0
        if (_is_coloured(self.ground) or _is_coloured(other.ground)) and not _is_near(self.ground, other.ground):
            return 1.0
        return self.shape_distance(other)

    def shape_distance(self, other: Outline) -> float:
        """0.0 for the same shape in whatever width and colours, 1.0 for shapes with nothing in common."""
        return min(1.0, max(0.0, 1.0 - math.fsum(map(mul, self._centred, other._centred))))

    @property
    def is_plain(self) -> bool:
        """Whether the shape is a disc, a ring, a bar or the like, which any brand could have."""
        if max(self.cells) - min(self.cells) < _LEAST_SHAPE:
            return True
        return any(self.shape_distance(plain) <= PLAIN_OUTLINE for plain in _plain_shapes())

    @cached_property
    def _centred(self) -> tuple[float, ...]:
        mean = sum(self.cells) / len(self.cells)
        away = [level - mean for level in self.cells]
        norm = math.sqrt(sum(level * level for level in away)) or 1.0
        return tuple(level / norm for level in away)


def outlines_of(picture: Image.Image) -> tuple[Outline, ...]:
    """The outlines of a picture of any mode: as it shows on white and on black where it is see-through, each with its
    whole shape and with what stands on the shape's own ground. None where nothing stands out, or too plain a shape.
    """
    found = (each for flat in flattened(picture) for each in _outlines(flat))
    return tuple(dict.fromkeys(each for each in found if not each.is_plain))


def _is_near(one: Colour, other: Colour) -> bool:
    return max(abs(first - second) for first, second in zip(one, other, strict=True)) <= _NEAR_COLOUR


def _is_coloured(colour: Colour) -> bool:
    return max(colour) - min(colour) > _COLOURED


def flattened(picture: Image.Image) -> Iterator[Image.Image]:
    """The picture as RGB: as it is, or on white and on black where something shines through."""
    if picture.mode == "RGB":
        yield picture
        return
    layers = picture.convert("RGBA")
    if layers.getchannel("A").getextrema()[0] == 255:
        yield layers.convert("RGB")
        return
    for ground in ("white", "black"):
        yield Image.alpha_composite(Image.new("RGBA", layers.size, ground), layers).convert("RGB")


def _outlines(picture: Image.Image) -> Iterator[Outline]:
    """The outline of an RGB picture on the ground of its rim, and that of its shape on the shape's own."""
    if max(picture.size) > _LONGEST_SIDES * min(picture.size):
        return
    for _ in range(2):
        scale = _WORKING_SIDE / max(picture.size)
        wanted = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        whole = _outline(picture.resize(wanted, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC))
        if whole is None:
            return
        drawn, box = whole
        yield drawn
        if min(box[2] - box[0], box[3] - box[1]) < _LEAST_SIDE:
            return
        picture = _inside(picture, box, scale)
        if _is_near(_ground(picture), drawn.ground):
            return


def _inside(picture: Image.Image, box: Box, scale: float) -> Image.Image:
    """What a box of the working size holds, without the soft edge, which is neither ground nor shape."""
    left, top = (math.ceil(place / scale) + (place > 0) for place in box[:2])
    right, bottom = math.floor(box[2] / scale), math.floor(box[3] / scale)
    right, bottom = right - (right < picture.width), bottom - (bottom < picture.height)
    return picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))


def _outline(picture: Image.Image) -> tuple[Outline, Box] | None:
    """The outline on the ground of the rim, and the box of what stands out; None where nothing does."""
    ground = _ground(picture)
    away = ImageChops.difference(picture, Image.new("RGB", picture.size, ground))
    red, green, blue = away.split()
    ink = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    strongest = max(level for level, count in enumerate(ink.histogram()) if count)
    if strongest < _LEAST_INK:
        return None
    stands_out = ink.point([255 * (level > strongest * _TRIMMED) for level in range(256)])
    box = stands_out.getbbox()
    if box is None:
        return None
    wide = math.log((box[2] - box[0]) / (box[3] - box[1]))
    shape = ink.resize(_grid(wide), Image.Resampling.BOX, box=box).tobytes()
    most = max(shape) or 1
    red_mean, green_mean, blue_mean = map(round, ImageStat.Stat(picture, stands_out).mean)
    cells = bytes(level * 15 // most for level in shape)
    return Outline(cells, wide, (red_mean, green_mean, blue_mean), ground), box


def _grid(wide: float) -> tuple[int, int]:
    if abs(wide) < _LINE:
        return 16, 16
    return (32, 8) if wide > 0 else (8, 32)


def _ground(picture: Image.Image) -> Colour:
    """The colour that most of the rim has: the median of each channel along the four edges."""
    width, height = picture.size
    edges = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    pixels = b"".join(picture.crop(edge).tobytes() for edge in edges)
    red, green, blue = (sorted(pixels[channel::3])[len(pixels) // 6] for channel in range(3))
    return red, green, blue


@lru_cache(maxsize=1)
def _plain_shapes() -> tuple[Outline, ...]:
    """A disc, a ring, a frame, a bar, a cross, a triangle and a diamond, as outlines."""
    side = 128
    shapes: list[Outline] = []
    for number in range(8):
        picture = Image.new("RGB", (side + 2, side + 2), "white")
        canvas = ImageDraw.Draw(picture)
        frame = (1, 1, side, side)
        match number:
            case 0:
                canvas.ellipse(frame, fill="black")
            case 1:
                canvas.ellipse(frame, outline="black", width=side // 5)
            case 2:
                canvas.ellipse(frame, outline="black", width=side // 10)
            case 3:
                canvas.rectangle(frame, outline="black", width=side // 8)
            case 4:
                canvas.rounded_rectangle(frame, side // 4, fill="black")
            case 5:
                canvas.rectangle((1, 50, side, 78), fill="black")
                canvas.rectangle((50, 1, 78, side), fill="black")
            case 6:
                canvas.polygon(((side // 2, 1), (side, side), (1, side)), fill="black")
            case _:
                canvas.polygon(((side // 2, 1), (side, side // 2), (side // 2, side), (1, side // 2)), fill="black")
        shapes.extend(_outlines(picture))
    return tuple(shapes)
