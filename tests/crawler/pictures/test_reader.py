"""The picture reader: each picture is read once ever; without Tesseract the rest works and says so once."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from crawler.pictures.reader import PictureReader, reader_version
from crawler.settings import Settings
from matchers.page import Picture, PictureRole
from matchers.pictures.ocr import Tesseract
from tests.matchers.pictures import drawing


def read(settings: Settings, *pictures: tuple[bytes, PictureRole]) -> tuple[list[Picture | None], dict[str, int]]:
    async def work() -> tuple[list[Picture | None], dict[str, int]]:
        reader = PictureReader(settings)
        found = await asyncio.gather(
            *(reader.read(data, f"https://a.test/{number}", role) for number, (data, role) in enumerate(pictures))
        )
        await reader.close()
        return list(found), dict(reader.sources)

    return asyncio.run(work())


@pytest.mark.tesseract
def test_a_picture_is_read_once_over_all_crawls(tmp_path: Path) -> None:
    drawing.tesseract()
    settings = Settings(data_dir=tmp_path)
    creative = drawing.encoded(drawing.advertisement("Vay tiền nhanh", "Gọi 0912 000 111"))
    found, sources = read(settings, *[(creative, PictureRole.CREATIVE)] * 3)
    assert sources == {"reader": 1}
    assert [one.url for one in found if one is not None] == [f"https://a.test/{number}" for number in range(3)]
    (first, *_) = found
    assert first is not None
    assert "0912 000 111" in first.text

    again, sources = read(settings, (creative, PictureRole.POST))
    assert sources == {"shelf": 1}
    assert again[0] is not None
    assert (again[0].lines, again[0].role) == (first.lines, PictureRole.POST)

    # An icon tells more of itself than a creative: it is another reading.
    icon, sources = read(settings, (creative, PictureRole.LOGO))
    assert sources == {"reader": 1}
    assert icon[0] is not None
    assert icon[0].outlines


def test_without_tesseract_codes_are_read_and_what_is_missing_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data_dir=tmp_path, pictures={"tesseract": str(tmp_path / "none")})
    code = drawing.encoded(drawing.qr_code("https://vay.test/a"))
    other = drawing.encoded(drawing.qr_code("https://vay.test/b"))
    with caplog.at_level(logging.WARNING):
        found, _ = read(settings, (code, PictureRole.CREATIVE), (other, PictureRole.CREATIVE))
    assert [one.codes[0].payload for one in found if one is not None] == ["https://vay.test/a", "https://vay.test/b"]
    told = [record for record in caplog.records if record.message == "tesseract_missing"]
    assert len(told) == 1
    assert "apt-get install tesseract-ocr tesseract-ocr-vie" in str(vars(told[0])["detail"])


def test_readers_that_may_read_otherwise_are_told_apart() -> None:
    vietnamese = Tesseract("/usr/bin/tesseract", "5.3.0", frozenset(("vie", "eng")))
    english = Tesseract("/usr/bin/tesseract", "5.3.0", frozenset(("eng",)))
    newer = Tesseract("/usr/bin/tesseract", "5.4.0", frozenset(("vie", "eng")))
    assert len({reader_version(one) for one in (None, vietnamese, english, newer)}) == 4
