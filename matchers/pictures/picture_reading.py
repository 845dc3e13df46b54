"""A picture read whole: checked, hashed, fingerprinted, its codes and its text told."""

from __future__ import annotations

import hashlib
from typing import Final

from PIL import Image

from matchers.page import Picture, PictureRole
from matchers.pictures.codes import read_codes
from matchers.pictures.fingerprint import screen_fingerprint
from matchers.pictures.image_file import flat_picture, open_picture
from matchers.pictures.ocr import Tesseract, read_lines
from matchers.pictures.outline import outlines_of

SMALLEST_LOGO_WITH_WORDS: Final = (96, 24)
"""Width and height below which a favicon or a logo is not searched for words and codes: it holds none to be read."""
SMALLEST_WITH_WORDS: Final = (40, 12)
"""The same for every other picture: a line of six letters."""
_ICONS: Final = frozenset((PictureRole.FAVICON, PictureRole.LOGO))


def read_picture(data: bytes, url: str, role: PictureRole, *, tesseract: Tesseract | None) -> Picture | None:
    """What a picture file from outside shows, or None where it is none that can be read (see `image_file.FORMATS`).

    `url` is where it was found ("" for a screenshot). Without `tesseract` the picture has no lines. Favicons and
    logos below `SMALLEST_LOGO_WITH_WORDS` get neither lines nor codes. Never raises, whatever the bytes; takes at
    most the time limit of `tesseract` and about two seconds.
    """
    picture = open_picture(data)
    if picture is None:
        return None
    flat = flat_picture(picture)
    is_worth_reading = _may_hold_words(flat, role)
    return Picture(
        url=url,
        role=role,
        sha256=hashlib.sha256(data).hexdigest(),
        width=picture.width,
        height=picture.height,
        fingerprint=screen_fingerprint(flat),
        lines=read_lines(flat, tesseract) if is_worth_reading and tesseract is not None else (),
        codes=read_codes(flat) if is_worth_reading else (),
        outlines=tuple(map(str, outlines_of(picture))) if role in _ICONS else (),
    )


def _may_hold_words(picture: Image.Image, role: PictureRole) -> bool:
    width, height = SMALLEST_LOGO_WITH_WORDS if role in _ICONS else SMALLEST_WITH_WORDS
    return picture.width >= width and picture.height >= height
