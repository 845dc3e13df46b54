"""Preparation: letters stand out from any ground, slopes are levelled, places lead back to the original."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from matchers.pictures.preparation import Prepared, letters_from_ground, slope


def barred(ground: str = "#ffffff", ink: str = "#000000", size: tuple[int, int] = (600, 400)) -> Image.Image:
    """Rows of bars, as lines of words are."""
    picture = Image.new("RGB", size, ground)
    for top in range(40, size[1] - 60, 50):
        for left in range(60, size[0] - 120, 30):
            ImageDraw.Draw(picture).rectangle((left, top, left + 18, top + 14), fill=ink)
    return picture


@pytest.mark.parametrize(
    ("ground", "ink"), [("#ffffff", "#000000"), ("#101820", "#ffffff"), ("#c02020", "#20a020"), ("#808080", "#8f8f40")]
)
def test_letters_are_dark_on_white_whatever_the_colours(ground: str, ink: str) -> None:
    grey = letters_from_ground(barred(ground, ink))
    assert grey.getpixel((68, 46)) < 100
    assert grey.getpixel((5, 5)) > 200


@pytest.mark.parametrize("angle", [-8.0, -3.0, 4.5, 7.0])
def test_a_slope_is_found_and_its_places_lead_back(angle: float) -> None:
    picture = barred().rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor="#ffffff")
    prepared = Prepared(picture)
    assert prepared.angle == pytest.approx(-angle, abs=0.6)
    shown = next(prepared.looks()).picture
    left, top, right, bottom = prepared.original((0, 0, *shown.size))
    assert (left, top, right, bottom) == (0, 0, *picture.size)
    middle = prepared.original(
        (shown.width // 2 - 2, shown.height // 2 - 2, shown.width // 2 + 2, shown.height // 2 + 2)
    )
    assert middle[0] <= picture.width / 2 <= middle[2]
    assert middle[1] <= picture.height / 2 <= middle[3]


def test_level_lines_and_noise_have_no_slope() -> None:
    assert slope(letters_from_ground(barred())) == 0.0
    assert slope(Image.effect_noise((300, 200), 90)) == 0.0


def test_small_pictures_are_made_larger_and_tall_ones_cut() -> None:
    assert Prepared(barred(size=(320, 180))).scale == 4.0
    tall = Prepared(barred(size=(1366, 9000)))
    shown = next(tall.looks()).picture
    assert shown.width * shown.height < 4_100_000
    assert tall.original((0, 0, *shown.size))[3] < 3000


def test_what_lies_outside_the_lines_is_told_as_unread() -> None:
    prepared = Prepared(barred())
    shown = next(prepared.looks()).picture
    assert prepared.unread([]) == 1.0
    assert prepared.unread([(0, 0, *shown.size)]) == 0.0
    assert 0.3 < prepared.unread([(0, 0, shown.width, shown.height // 2)]) < 0.7


def test_the_smallest_picture_can_be_looked_at() -> None:
    assert len(list(Prepared(Image.new("RGB", (1, 1), "#336699")).looks())) == 5
