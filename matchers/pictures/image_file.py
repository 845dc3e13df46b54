"""Picture files from outside, opened within bounds: what they claim to be is checked, bombs are not blown up."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

from PIL import Image, ImageOps

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "ICO")
"""Formats that are read; of moving pictures the first frame. SVG is a program more than a picture, and is not."""
MAX_BYTES: Final = 16 << 20
MAX_PIXELS: Final = 24_000_000
"""Room for the longest picture that a capture takes (1366 × 16000), and no more."""
_MAX_ICON_SIDE: Final = 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_BAD_PICTURE: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    MemoryError,
    NotImplementedError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for a picture that is none, is broken or is a bomb."""


def open_picture(data: bytes) -> Image.Image | None:
    """The decoded picture, upright, as RGB or RGBA; None for what is no such file, is broken or too large."""
    if not data or len(data) > MAX_BYTES:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if not 0 < opened.width * opened.height <= MAX_PIXELS:
                return None
            if opened.format == "ICO" and not _has_small_icons(data):
                return None
            opened.load()
            is_clear = opened.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in opened.info
            return ImageOps.exif_transpose(opened).convert("RGBA" if is_clear else "RGB")
    except _BAD_PICTURE:
        return None


def _has_small_icons(data: bytes) -> bool:
    """Whether each PNG inside an icon file is as small as icons are: the file's own table may say otherwise."""
    place = data.find(_PNG)
    while place >= 0:
        width, height = struct.unpack(">II", data[place + 16 : place + 24])
        if max(width, height) > _MAX_ICON_SIDE:
            return False
        place = data.find(_PNG, place + 1)
    return True


def flat_picture(picture: Image.Image) -> Image.Image:
    """An RGB or RGBA picture as RGB, on whichever of white and black more of it can be seen."""
    if picture.mode == "RGB":
        return picture
    grounds = [
        Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture).convert("RGB")
        for ground in ("white", "black")
    ]
    return max(grounds, key=lambda flat: len(flat.resize((64, 64)).convert("L").getcolors(64 * 64) or ()))
