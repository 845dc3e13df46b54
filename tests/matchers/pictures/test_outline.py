"""Outlines: one logo in many sizes, margins and colours is one; others are others; plain shapes say nothing."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from matchers.pictures.outline import CELLS, NEAR_OUTLINE, Outline, outlines_of
from tests.matchers.pictures.drawing import brand_logo


def distance(one: Image.Image, other: Image.Image) -> float:
    pairs = [(first, second) for first in outlines_of(one) for second in outlines_of(other)]
    return min((first.distance(second) for first, second in pairs), default=1.0)


def on(ground: str, logo: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", logo.size, ground), logo).convert("RGB")


def jpeg(picture: Image.Image) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=45)
    return Image.open(io.BytesIO(out.getvalue()))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half": lambda logo: logo.resize((128, 128), Image.Resampling.LANCZOS),
    "on white": lambda logo: on("white", logo),
    "on black": lambda logo: on("black", logo),
    "padded": lambda logo: ImageOps.expand(on("white", logo), (60, 10, 25, 40), "white"),
    "jpeg": lambda logo: jpeg(on("white", logo)),
    "another shade": lambda _: brand_logo(colour="#a02040"),
    "64": lambda logo: logo.resize((64, 64), Image.Resampling.LANCZOS),
    "48 on white": lambda logo: on("white", logo.resize((48, 48), Image.Resampling.LANCZOS)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_logo_is_the_same(change: Callable[[Image.Image], Image.Image]) -> None:
    assert distance(brand_logo(), change(brand_logo())) <= NEAR_OUTLINE


def test_another_shape_and_another_colour_are_others() -> None:
    logo = brand_logo()
    assert distance(logo, ImageOps.flip(logo)) > NEAR_OUTLINE
    assert distance(logo, brand_logo(colour="#1030c0")) > NEAR_OUTLINE
    assert distance(logo, logo.resize((256, 128))) > NEAR_OUTLINE


def test_one_sign_on_two_grounds_is_two_brands() -> None:
    red, blue = on("#c01030", brand_logo(colour="#ffffff")), on("#1030c0", brand_logo(colour="#ffffff"))
    assert distance(red, ImageOps.expand(red, 30, "white")) <= NEAR_OUTLINE
    assert distance(red, blue) > NEAR_OUTLINE


def plain(draw: Callable[[ImageDraw.ImageDraw], object]) -> Image.Image:
    picture = Image.new("RGB", (100, 100), "white")
    draw(ImageDraw.Draw(picture))
    return picture


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas: None,
        lambda canvas: canvas.rectangle((20, 30, 80, 70), fill="red"),
        lambda canvas: canvas.ellipse((10, 10, 90, 90), fill="green"),
        lambda canvas: canvas.ellipse((10, 10, 90, 90), outline="blue", width=14),
        lambda canvas: canvas.polygon(((50, 5), (95, 95), (5, 95)), fill="black"),
    ],
)
def test_plain_shapes_have_no_outline(draw: Callable[[ImageDraw.ImageDraw], object]) -> None:
    assert outlines_of(plain(draw)) == ()


def test_strips_and_dots_have_none() -> None:
    assert outlines_of(Image.effect_noise((400, 3), 90)) == ()
    assert outlines_of(Image.new("RGBA", (1, 1))) == ()


def icon(seed: int) -> Image.Image:
    """A made-up icon: some shapes in two colours."""
    draw = random.Random(seed)
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    canvas = ImageDraw.Draw(picture)
    colours = [(draw.randrange(256), draw.randrange(256), draw.randrange(256)) for _ in range(2)]
    for number in range(draw.randint(3, 5)):
        left, top = draw.randint(0, 40), draw.randint(0, 40)
        box = (left, top, left + draw.randint(8, 24), top + draw.randint(8, 24))
        match draw.randrange(3):
            case 0:
                canvas.ellipse(box, fill=colours[number % 2])
            case 1:
                canvas.rectangle(box, fill=colours[number % 2])
            case _:
                points = [(draw.randrange(64), draw.randrange(64)) for _ in range(3)]
                canvas.polygon(points, fill=colours[number % 2])
    return picture


def test_of_thousands_of_pairs_of_strangers_hardly_one_is_alike() -> None:
    known = [outline for seed in range(60) for outline in outlines_of(icon(seed))]
    strangers = [outlines_of(icon(seed)) for seed in range(1000, 1120)]
    alike = sum(
        any(seen.distance(outline) <= NEAR_OUTLINE for seen in outlines for outline in known) for outlines in strangers
    )
    assert alike <= 1


def test_written_and_read_again_it_is_the_same() -> None:
    for outline in outlines_of(brand_logo()):
        again = Outline.parse(str(outline))
        assert again is not None
        assert (again.cells, again.ink, again.ground) == (outline.cells, outline.ink, outline.ground)
        assert math.isclose(again.wide, outline.wide, abs_tol=0.02)
        assert again.distance(outline) == pytest.approx(0, abs=1e-9)


@given(st.text(max_size=20) | st.binary(max_size=140).map(bytes.hex))
def test_nothing_written_raises(written: str) -> None:
    parsed = Outline.parse(written)
    assert parsed is None or len(parsed.cells) == CELLS
