"""A picture read whole: formats and bounds checked, nothing hostile raises, roles read as far as they say something."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from matchers.page import PictureRole
from matchers.pictures.image_file import MAX_PIXELS, open_picture
from matchers.pictures.picture_reading import SMALLEST_LOGO_WITH_WORDS, read_picture
from tests.matchers.pictures.drawing import advertisement, brand_logo, encoded, qr_code, tesseract

PAYLOAD = "https://nhan-qua.example/m"


@pytest.mark.tesseract
def test_an_advertisement_gives_lines_codes_and_a_fingerprint() -> None:
    picture = Image.new("RGB", (760, 520), "#fff2a8")
    picture.paste(advertisement("Quét mã để nhận quà", ground="#fff2a8"), (0, 0))
    picture.paste(qr_code(PAYLOAD), (400, 200))
    data = encoded(picture, "JPEG")
    seen = read_picture(data, "https://a.example/ad.jpg", PictureRole.CREATIVE, tesseract=tesseract())
    assert seen is not None
    assert seen.sha256 == hashlib.sha256(data).hexdigest()
    assert (seen.width, seen.height, seen.role) == (760, 520, PictureRole.CREATIVE)
    assert "Quét mã để nhận quà" in seen.text
    assert [code.payload for code in seen.codes] == [PAYLOAD]
    assert seen.outlines == ()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_format_is_read_without_tesseract_too(kind: str) -> None:
    seen = read_picture(encoded(qr_code(PAYLOAD), kind), "", PictureRole.POST, tesseract=None)
    assert seen is not None
    assert seen.lines == ()
    assert [code.payload for code in seen.codes] == [PAYLOAD]


def test_of_a_moving_picture_the_first_frame_counts() -> None:
    out = io.BytesIO()
    qr_code(PAYLOAD).save(out, "GIF", save_all=True, append_images=[qr_code("https://other.example/abc")])
    seen = read_picture(out.getvalue(), "", PictureRole.CREATIVE, tesseract=None)
    assert seen is not None and [code.payload for code in seen.codes] == [PAYLOAD]


def test_a_favicon_has_an_outline_and_is_not_searched_for_words() -> None:
    icon = encoded(brand_logo(64), "ICO")
    seen = read_picture(icon, "https://a.example/favicon.ico", PictureRole.FAVICON, tesseract=None)
    assert seen is not None and seen.outlines
    small = qr_code("1", 2)
    assert small.width < SMALLEST_LOGO_WITH_WORDS[0]
    as_icon = read_picture(encoded(small), "", PictureRole.FAVICON, tesseract=None)
    as_post = read_picture(encoded(small), "", PictureRole.POST, tesseract=None)
    assert as_icon is not None and as_post is not None
    assert (len(as_icon.codes), len(as_post.codes)) == (0, 1)


def test_clear_letters_are_seen_on_the_ground_that_shows_them() -> None:
    code = qr_code(PAYLOAD, 6).convert("L")
    for ink in (0, 255):
        clear = Image.new("LA", code.size, (ink, 0))
        clear.putalpha(code.point([255 - level for level in range(256)]))
        seen = read_picture(encoded(clear), "", PictureRole.POST, tesseract=None)
        assert seen is not None and [found.payload for found in seen.codes] == [PAYLOAD]


def test_a_photograph_lying_on_its_side_is_set_upright() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40), "#336699").save(out, "JPEG", exif=exif)
    opened = open_picture(out.getvalue())
    assert opened is not None and opened.size == (40, 80)


def _png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")


def _icon_holding(png: bytes) -> bytes:
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(png), 22) + png


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\xff" * 40,
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        _png(int(MAX_PIXELS**0.5) + 1, int(MAX_PIXELS**0.5) + 1),
        _png(60_000, 60_000),
        _icon_holding(_png(9000, 2000)),
        encoded(brand_logo(), "PNG")[:-200],
    ],
    ids=["nothing", "svg", "broken-gif", "postscript", "bomb", "huge-bomb", "bomb-in-icon", "cut-off"],
)
def test_what_is_no_picture_or_a_bomb_is_none(hostile: bytes) -> None:
    assert read_picture(hostile, "", PictureRole.POST, tesseract=None) is None


WHOLE = {kind: encoded(brand_logo(32).convert("RGB"), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "ICO")}


@given(st.sampled_from(sorted(WHOLE)), st.binary(max_size=40), st.integers(0, 400), st.booleans())
def test_damaged_files_never_raise(kind: str, rubbish: bytes, place: int, is_overwritten: bool) -> None:
    whole = WHOLE[kind]
    rest = whole[place + len(rubbish) :] if is_overwritten else whole[place:]
    read_picture(whole[:place] + rubbish + rest, "", PictureRole.FAVICON, tesseract=None)
