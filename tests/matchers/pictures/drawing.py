"""Pictures that the tests of pictures draw."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageDraw, ImageFont

from matchers.pictures.ocr import Tesseract, find_tesseract

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def tesseract() -> Tesseract:
    """The installed Tesseract; a test that needs one is skipped with the reason where there is none."""
    found = find_tesseract()
    if found is None or not found.reads_vietnamese:
        pytest.skip("Tesseract with Vietnamese is not installed: apt-get install tesseract-ocr tesseract-ocr-vie")
    if not FONT.exists():
        pytest.skip("the font DejaVu Sans is not installed: apt-get install fonts-dejavu-core")
    return found


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def advertisement(*lines: str, ground: str = "#ffffff", ink: str = "#111111", size: int = 28) -> Image.Image:
    """Lines of text below one another on an even ground."""
    picture = Image.new("RGB", (720, 60 + 2 * size * len(lines)), ground)
    font = ImageFont.truetype(FONT, size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((40, 30 + 2 * size * number), line, fill=ink, font=font)
    return picture


def qr_code(payload: str, scale: int = 6, dark: str = "#000000", light: str = "#ffffff") -> Image.Image:
    """A QR code with its quiet zone."""
    out = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(out, kind="png", scale=scale, dark=dark, light=light)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def brand_logo(size: int = 256, colour: str = "#c01030") -> Image.Image:
    """A made-up bank's logo on a clear ground: two leaves and a rising line."""
    picture = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    canvas = ImageDraw.Draw(picture)
    part = size // 8
    canvas.pieslice((0, part, 6 * part, 7 * part), 180, 300, fill=colour)
    canvas.pieslice((2 * part, 0, 8 * part, 6 * part), 20, 120, fill=colour)
    canvas.polygon(((0, 8 * part), (2 * part, 6 * part), (5 * part, 7 * part), (8 * part, 5 * part)), fill=colour)
    return picture
