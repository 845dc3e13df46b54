"""Reading text with a real Tesseract: Vietnamese words, their places, and what stops it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from matchers.pictures.ocr import Tesseract, find_tesseract, read_lines
from tests.matchers.pictures.drawing import FONT, advertisement, tesseract


@pytest.mark.tesseract
@pytest.mark.parametrize(
    ("ground", "ink"), [("#ffffff", "#111111"), ("#0b2a5b", "#ffffff"), ("#c8102e", "#ffe600"), ("#6d6d6d", "#1f1f1f")]
)
def test_an_advertisement_is_read_line_by_line(ground: str, ink: str) -> None:
    lines = read_lines(advertisement("Vay tiền nhanh", "Nợ xấu vẫn hỗ trợ", ground=ground, ink=ink), tesseract())
    assert [line.text for line in lines] == ["Vay tiền nhanh", "Nợ xấu vẫn hỗ trợ"]
    assert all(0.5 < line.confidence <= 1 for line in lines)
    first, second = (line.box for line in lines)
    assert first == pytest.approx((40, 34, 245, 66), abs=12)
    assert first[3] <= second[1]


@pytest.mark.tesseract
def test_a_sloping_advertisement_is_read_with_its_places() -> None:
    level = advertisement("Chúc mừng bạn đã trúng thưởng", "Bấm vào đường dẫn để nhận quà")
    picture = level.rotate(6, Image.Resampling.BICUBIC, expand=True, fillcolor="#ffffff")
    lines = read_lines(picture, tesseract())
    assert [line.text for line in lines] == ["Chúc mừng bạn đã trúng thưởng", "Bấm vào đường dẫn để nhận quà"]
    for left, top, right, bottom in (line.box for line in lines):
        assert 0 <= left < right <= picture.width and 0 <= top < bottom <= picture.height
        assert picture.crop((left, top, right, bottom)).convert("L").getextrema()[0] < 60


@pytest.mark.tesseract
def test_white_letters_over_a_photograph_are_read() -> None:
    colours = Image.radial_gradient("L").resize((24, 16)).resize((720, 300), Image.Resampling.BICUBIC).convert("RGB")
    picture = Image.blend(colours, Image.effect_noise((720, 300), 60).convert("RGB"), 0.4)
    font = ImageFont.truetype(FONT, 36)
    ImageDraw.Draw(picture).text(
        (40, 120), "Tuyển cộng tác viên tại nhà", fill="#ffffff", font=font, stroke_width=2, stroke_fill="#101010"
    )
    text = " ".join(line.text for line in read_lines(picture, tesseract()))
    assert "cộng tác viên tại nhà" in text


@pytest.mark.tesseract
def test_an_empty_picture_says_nothing() -> None:
    assert read_lines(Image.new("RGB", (400, 300), "#ffffff"), tesseract()) == ()


@pytest.mark.tesseract
def test_an_installed_tesseract_says_what_it_can() -> None:
    found = tesseract()
    assert found.version[0].isdigit()
    assert found.language == "vie"
    assert replace(found, languages=frozenset({"eng"})).language == "eng"


def script(path: Path, *lines: str) -> str:
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), "utf-8")
    path.chmod(0o755)
    return str(path)


def test_what_is_no_tesseract_is_none(tmp_path: Path) -> None:
    assert find_tesseract(str(tmp_path / "missing")) is None
    assert find_tesseract(script(tmp_path / "broken", "exit 3")) is None


def test_one_that_hangs_or_fails_ends_in_time_without_lines(tmp_path: Path) -> None:
    picture = advertisement("Vay tiền nhanh") if FONT.exists() else Image.new("RGB", (300, 100), "#ffffff")
    hanging = Tesseract(script(tmp_path / "hangs", "exec sleep 60"), "5", frozenset({"vie"}), time_limit_seconds=1.0)
    started = time.monotonic()
    assert read_lines(picture, hanging) == ()
    assert time.monotonic() - started < 5
    failing = Tesseract(script(tmp_path / "fails", "exit 1"), "5", frozenset({"vie"}))
    assert read_lines(picture, failing) == ()
