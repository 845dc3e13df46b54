"""Fingerprints of pictures: nothing hostile raises, nothing bare has one, small changes leave it as it is."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from matchers.pictures.fingerprint import MAX_PIXELS, NEAR_PICTURE_BITS, picture_fingerprint
from matchers.text.likeness import hamming_distance


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def drawn(blocks: list[tuple[int, int, int, int, int]], height: int = 900) -> bytes:
    """A white page with grey blocks on it: left, top, right, bottom, brightness."""
    picture = Image.new("L", (1366, height), 255)
    for left, top, right, bottom, grey in blocks:
        ImageDraw.Draw(picture).rectangle((left, top, right, bottom), fill=grey)
    return png(picture)


BANK = [(0, 0, 1366, 90, 60), (80, 140, 700, 520, 120), (860, 180, 1240, 560, 200), (0, 620, 1366, 768, 90)]


def test_a_page_has_a_fingerprint_and_its_length_does_not_change_it() -> None:
    assert picture_fingerprint(drawn(BANK)) != 0
    assert picture_fingerprint(drawn(BANK, 900)) == picture_fingerprint(drawn(BANK, 4000))


def test_few_words_exchanged_leave_it_and_another_page_has_another() -> None:
    words = [*BANK, (120, 560, 420, 580, 40)]
    mirrored = [(1366 - right, top, 1366 - left, bottom, grey) for left, top, right, bottom, grey in BANK]
    one, other, apart = map(picture_fingerprint, (drawn(BANK), drawn(words), drawn(mirrored)))
    assert hamming_distance(one, other) <= NEAR_PICTURE_BITS
    assert hamming_distance(one, apart) > 2 * NEAR_PICTURE_BITS


@pytest.mark.parametrize("blocks", [[], [(560, 300, 800, 320, 60)], [(0, 0, 1366, 60, 40)]])
def test_a_blank_page_and_a_line_of_text_have_none(blocks: list[tuple[int, int, int, int, int]]) -> None:
    assert picture_fingerprint(drawn(blocks)) == 0


def test_a_bomb_is_not_blown_up() -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    side = int(MAX_PIXELS**0.5) + 1
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    assert picture_fingerprint(bomb) == 0


@given(st.binary(max_size=300), st.integers(0, 400))
def test_what_is_no_picture_or_a_broken_one_has_none(rubbish: bytes, place: int) -> None:
    whole = drawn(BANK, 800)
    assert picture_fingerprint(rubbish) == 0
    assert 0 <= picture_fingerprint(whole[:place] + rubbish + whole[place:]) < 1 << 64
    assert 0 <= picture_fingerprint(whole[:place] + rubbish) < 1 << 64
