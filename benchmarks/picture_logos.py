"""Logos that the benchmark of pictures draws: made-up brands, what sites do to their pictures, and strangers' icons."""

from __future__ import annotations

import io
import random
import string
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from benchmarks.picture_material import FONTS

_SIDE: Final = 256


def logo(seed: int) -> Image.Image:
    """A made-up logo on a clear ground: a disc, a tile or none, some shapes, often a letter."""
    draw = random.Random(seed)
    picture = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
    canvas = ImageDraw.Draw(picture)
    colour = _colour(draw)
    ink = (255, 255, 255)
    match draw.randrange(4):
        case 0:
            canvas.ellipse((0, 0, _SIDE - 1, _SIDE - 1), fill=colour)
        case 1:
            canvas.rounded_rectangle((0, 0, _SIDE - 1, _SIDE - 1), _SIDE // 5, fill=colour)
        case _:
            ink = colour
    for _ in range(draw.randint(1, 3)):
        _shape(canvas, draw, ink if draw.random() < 0.6 else _colour(draw))
    if draw.random() < 0.6:
        letter, face = draw.choice(string.ascii_uppercase), draw.choice(FONTS)
        font = ImageFont.truetype(face, round(_SIDE * 0.6))
        canvas.text((_SIDE / 2, _SIDE / 2), letter, fill=ink, font=font, anchor="mm")
    return picture


def _colour(draw: random.Random) -> tuple[int, int, int]:
    return draw.randrange(256), draw.randrange(256), draw.randrange(256)


def _shape(canvas: ImageDraw.ImageDraw, draw: random.Random, colour: tuple[int, int, int]) -> None:
    left, top = draw.randint(0, _SIDE // 2), draw.randint(0, _SIDE // 2)
    box = left, top, left + draw.randint(_SIDE // 5, _SIDE // 2), top + draw.randint(_SIDE // 5, _SIDE // 2)
    match draw.randrange(4):
        case 0:
            canvas.ellipse(box, fill=colour)
        case 1:
            canvas.rectangle(box, fill=colour)
        case 2:
            points = [(draw.randrange(_SIDE), draw.randrange(_SIDE)) for _ in range(3)]
            canvas.polygon(points, fill=colour)
        case _:
            canvas.arc(box, draw.randint(0, 180), draw.randint(200, 360), fill=colour, width=_SIDE // 10)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture on a white page."""
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def sized(picture: Image.Image, side: int) -> Image.Image:
    """The picture as an icon of a size."""
    smaller = picture.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    return smaller


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue()))


def _recoloured(picture: Image.Image) -> Image.Image:
    red, green, blue, alpha = picture.split()
    red, green = red.point([min(255, level + 25) for level in range(256)]), green.point(range(256))
    return Image.merge("RGBA", (red, green, ImageEnhance.Brightness(blue).enhance(0.9), alpha))


CHANGES: Final[dict[str, Callable[[Image.Image], Image.Image]]] = {
    "half": lambda picture: sized(picture, _SIDE // 2),
    "on_white": on_white,
    "padded": lambda picture: ImageOps.expand(on_white(picture), (7, 30, 41, 12), "white"),
    "jpeg": lambda picture: _jpeg(on_white(picture), 45),
    "recoloured": lambda picture: on_white(_recoloured(picture)),
    "icon_64": lambda picture: sized(picture, 64),
    "icon_48_on_white": lambda picture: sized(on_white(picture), 48),
    "icon_32": lambda picture: sized(picture, 32),
    "icon_32_jpeg": lambda picture: _jpeg(sized(on_white(picture), 32), 75),
    "icon_24": lambda picture: sized(picture, 24),
    "icon_16": lambda picture: sized(picture, 16),
    "icon_16_on_white": lambda picture: sized(on_white(picture), 16),
}
"""What sites do to a logo that they copy."""
