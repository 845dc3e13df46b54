"""The picture shelf: what is put there is found, bounded, and a broken file costs no more than readings."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from matchers.page import Picture, PictureCode, PictureLine, PictureRole
from search.picture_shelf import PNG_START, PictureShelf

PICTURE = Picture(
    "https://bao.test/qc.jpg",
    PictureRole.CREATIVE,
    "a" * 64,
    300,
    250,
    1 << 63,
    (PictureLine("Vay tiền nhanh", (1, 2, 3, 4), 0.9),),
    (PictureCode("https://vay.top", (5, 6, 7, 8)),),
    ("nét",),
)


def numbered(number: int) -> Picture:
    return replace(PICTURE, sha256=f"{number:064}")


def test_a_reading_is_found_by_hash_and_reader(tmp_path: Path) -> None:
    shelf = PictureShelf(tmp_path / "new" / "pictures.db", 10_000_000)
    shelf.keep(PICTURE, "5.3 vie", PNG_START + b"small")
    shelf.close()
    again = PictureShelf(shelf.path, 10_000_000)
    assert again.reading(PICTURE.sha256, "5.3 vie") == PICTURE
    assert again.reading(PICTURE.sha256, "5.4 vie") is None
    assert again.reading("b" * 64, "5.3 vie") is None
    assert again.copy(PICTURE.sha256) == PNG_START + b"small"
    assert again.copy("b" * 64) is None
    assert again.holds([PICTURE.sha256, "b" * 64]) == {PICTURE.sha256}
    with pytest.raises(ValueError, match="no PNG"):
        again.keep(PICTURE, "5.3 vie", b"<svg onload=alert(1)>")
    again.close()


def test_what_was_not_asked_for_longest_goes_first_and_what_is_a_hits_last(tmp_path: Path) -> None:
    shelf = PictureShelf(tmp_path / "pictures.db", 1_000_000)
    copy = PNG_START + b"x" * 100_000
    for number in range(8):
        shelf.keep(numbered(number), "r", copy)
    shelf.keep_for_hit([numbered(0).sha256])
    assert shelf.reading(numbered(1).sha256, "r") is not None  # asked for, so the oldest is now 2
    for number in range(8, 12):
        shelf.keep(numbered(number), "r", copy)
    use = shelf.use()
    assert use.bytes <= use.max_bytes
    held = shelf.holds([numbered(number).sha256 for number in range(12)])
    assert {numbered(number).sha256 for number in (0, 1, 11)} <= held
    assert not {numbered(number).sha256 for number in (2, 3)} & held
    for number in range(100, 400):
        shelf.keep(numbered(number), "r", copy)
    assert shelf.use().bytes <= 1_000_000
    assert shelf.path.stat().st_size < 3_000_000
    assert numbered(0).sha256 in shelf.holds([numbered(0).sha256])
    shelf.close()


def test_a_broken_file_is_told_once_and_costs_no_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pictures.db"
    path.write_bytes(b"this is no database" * 1000)
    shelf = PictureShelf(path, 1_000_000)
    with caplog.at_level(logging.WARNING):
        shelf.keep(PICTURE, "r", PNG_START)
        assert shelf.reading(PICTURE.sha256, "r") is None
        assert shelf.copy(PICTURE.sha256) is None
        assert shelf.holds([PICTURE.sha256]) == frozenset()
        assert shelf.use().readings == 0
    assert [record.message for record in caplog.records] == ["picture_shelf_unusable"]
    path.unlink()
    shelf.keep(PICTURE, "r", PNG_START)
    assert shelf.reading(PICTURE.sha256, "r") == PICTURE
    shelf.close()


def test_a_reading_of_another_version_is_none(tmp_path: Path) -> None:
    shelf = PictureShelf(tmp_path / "pictures.db", 1_000_000)
    shelf.keep(PICTURE, "r")
    with sqlite3.connect(shelf.path) as database:
        database.execute("""update readings set reading = '{"addr": 1}'""")
    assert shelf.reading(PICTURE.sha256, "r") is None
    shelf.close()
