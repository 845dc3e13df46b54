"""Codes in pictures: where they stand, and what plain reading does not see."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageFilter

from matchers.pictures.codes import MOST_CODES, read_codes
from tests.matchers.pictures.drawing import qr_code

PAYLOAD = "https://nhan-qua-tri-an.example/m?id=21"


def on_poster(code: Image.Image, ground: str = "#e8e4d8") -> Image.Image:
    poster = Image.new("RGB", (640, 480), ground)
    poster.paste(code, (300, 120))
    return poster


def test_a_code_is_read_with_its_place() -> None:
    code = qr_code(PAYLOAD)
    (found,) = read_codes(on_poster(code))
    assert (found.payload, found.symbology) == (PAYLOAD, "QRCode")
    left, top, right, bottom = found.box
    quiet = 4 * 6
    assert (left, top) == pytest.approx((300 + quiet, 120 + quiet), abs=4)
    assert (right, bottom) == pytest.approx((300 + code.width - quiet, 120 + code.height - quiet), abs=4)


@pytest.mark.parametrize("scale", [2, 6])
def test_colours_of_one_brightness_are_told_apart(scale: int) -> None:
    found = read_codes(on_poster(qr_code(PAYLOAD, scale, "#d02020", "#0a7a3a"), "#0a7a3a"))
    assert [code.payload for code in found] == [PAYLOAD]


def test_faint_inverted_and_blurred_codes_are_read() -> None:
    faint = on_poster(qr_code(PAYLOAD, 5, "#cfcfcf", "#e0e0e0"), "#e0e0e0")
    inverted = on_poster(ImageChops.invert(qr_code(PAYLOAD)), "#000000")
    blurred = on_poster(qr_code(PAYLOAD)).filter(ImageFilter.GaussianBlur(3))
    for picture in (faint, inverted, blurred):
        assert [code.payload for code in read_codes(picture)] == [PAYLOAD]


def test_a_place_found_in_a_larger_look_is_told_in_the_picture_s_own_pixels() -> None:
    code = qr_code(PAYLOAD, 2, "#d02020", "#0a7a3a")
    (found,) = read_codes(on_poster(code, "#0a7a3a"))
    assert 296 <= found.box[0] < found.box[2] <= 300 + code.width + 4


def test_codes_in_a_picture_too_large_to_look_at_are_found_in_a_smaller_one() -> None:
    poster = Image.new("RGB", (4000, 3000), "#ffffff")
    poster.paste(qr_code(PAYLOAD, 20), (2500, 1500))
    (found,) = read_codes(poster)
    assert found.payload == PAYLOAD
    assert found.box[0] > 2500 and found.box[1] > 1500


def test_a_sheet_full_of_codes_is_cut_off() -> None:
    sheet = Image.new("RGB", (1200, 900), "#ffffff")
    for number in range(MOST_CODES + 2):
        sheet.paste(qr_code(f"https://a.example/{number}", 3), (20 + 280 * (number % 4), 20 + 280 * (number // 4)))
    assert len(read_codes(sheet)) == MOST_CODES


def test_noise_and_an_even_ground_hold_no_code() -> None:
    assert read_codes(Image.effect_noise((300, 300), 120).convert("RGB")) == ()
    assert read_codes(Image.new("RGB", (1, 1), "#123456")) == ()
