"""Codes in pictures: QR codes and their kin read with zxing-cpp, with second looks where the first sees nothing.

zxing-cpp itself tries the picture turned, made smaller and inverted. What it does not do is done here, one after the
other until a code is read: colours taken apart (a red code on green has no contrast in brightness), contrast raised,
small codes made larger, blurred ones sharpened, one threshold for the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps
from zxingcpp import BarcodeFormat, Binarizer

from matchers.page import Box, PictureCode

MOST_CODES: Final = 10
"""Codes of one picture that are kept."""
LONGEST_PAYLOAD: Final = 4300
"""Characters of a payload that are kept: the largest QR code holds 4,296 letters."""
_FORMATS: Final = (
    BarcodeFormat.QRCode,
    BarcodeFormat.MicroQRCode,
    BarcodeFormat.RMQRCode,
    BarcodeFormat.DataMatrix,
    BarcodeFormat.Aztec,
    BarcodeFormat.PDF417,
    BarcodeFormat.Code128,
    BarcodeFormat.EAN13,
)
"""Codes that carry a link, a payment or an article, each with a checksum: those without see codes in any stripes."""
_MOST_PIXELS: Final = 4_000_000  # looked at in one go; larger pictures are made smaller first
_SMALL: Final = 1_500_000  # pixels up to which a picture is also looked at larger
_LARGER: Final = 3
_CLIPPED: Final = 1  # per cent of pixels at either end that may be lost to contrast


def read_codes(picture: Image.Image) -> tuple[PictureCode, ...]:
    """The codes in an RGB picture, from the top, with their boxes in its pixels. Takes a bounded number of looks."""
    for look, scale, binarizer in _looks(picture):
        found = _read(look, scale, binarizer)
        if found:
            return found
    return ()


def _looks(picture: Image.Image) -> Iterator[tuple[Image.Image, float, Binarizer]]:
    """Grey pictures to try, each with its size beside the original's and how its pixels become black and white."""
    scale = min(1.0, (_MOST_PIXELS / (picture.width * picture.height)) ** 0.5)
    plain = picture if scale == 1.0 else picture.resize(_sized(picture, scale), Image.Resampling.BOX)
    grey = plain.convert("L")
    yield grey, scale, Binarizer.LocalAverage
    strong = _most_varied(plain)
    yield strong, scale, Binarizer.LocalAverage
    if plain.width * plain.height <= _SMALL:
        larger = strong.resize(_sized(plain, _LARGER), Image.Resampling.BICUBIC)
        yield larger, scale * _LARGER, Binarizer.LocalAverage
        sharp = larger.filter(ImageFilter.UnsharpMask(radius=4 * _LARGER, percent=300, threshold=0))
        yield sharp, scale * _LARGER, Binarizer.LocalAverage
    yield strong, scale, Binarizer.GlobalHistogram


def _sized(picture: Image.Image, scale: float) -> tuple[int, int]:
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _most_varied(picture: Image.Image) -> Image.Image:
    """The colour, or difference of two colours, in which the picture varies most, with its contrast raised."""
    red, green, blue = picture.split()
    channels = [red, green, blue, *(ImageChops.subtract(*pair, 2, 128) for pair in ((red, green), (blue, green)))]
    return ImageOps.autocontrast(max(channels, key=_variance), cutoff=_CLIPPED)


def _variance(channel: Image.Image) -> float:
    counts = channel.histogram()
    total = sum(counts)
    mean = sum(level * count for level, count in enumerate(counts)) / total
    return sum(count * (level - mean) ** 2 for level, count in enumerate(counts)) / total


def _read(look: Image.Image, scale: float, binarizer: Binarizer) -> tuple[PictureCode, ...]:
    pixels = memoryview(look.tobytes()).cast("B", (look.height, look.width))
    codes = [
        PictureCode(code.text[:LONGEST_PAYLOAD], _box(code.position, scale), code.format.name)
        for code in zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormats(_FORMATS), binarizer=binarizer)
        if code.text.strip()
    ]
    distinct = {(code.payload, code.box): code for code in sorted(codes, key=lambda code: (code.box[1], code.box[0]))}
    return tuple(distinct.values())[:MOST_CODES]


def _box(place: zxingcpp.Position, scale: float) -> Box:
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    return (
        max(0, int(min(across) / scale)),
        max(0, int(min(down) / scale)),
        int(max(across) / scale) + 1,
        int(max(down) / scale) + 1,
    )
