"""`luoitroi doctor` on what reads words in pictures: a real Tesseract, one that lacks Vietnamese, and none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crawler.cli.doctor import Finding, examine
from crawler.settings import PictureSettings, Settings
from matchers.pictures.ocr import find_tesseract

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="Tesseract is not installed: apt-get install tesseract-ocr"
)


def told(folder: Path, tesseract: str = "tesseract") -> Finding:
    """What `doctor` says of Tesseract in an installation in `folder`."""
    settings = Settings(data_dir=folder, pictures=PictureSettings(tesseract=tesseract))
    return next(finding for finding in examine(settings) if finding.name == "tesseract")


@needs_tesseract
def test_a_tesseract_that_reads_vietnamese_is_told_with_its_place(tmp_path: Path) -> None:
    found = find_tesseract()
    assert found is not None
    if not found.reads_vietnamese:
        pytest.skip("Tesseract has no Vietnamese letters: apt-get install tesseract-ocr-vie")
    finding = told(tmp_path)
    assert (finding.state, finding.remedy) == ("ok", "")
    assert finding.detail == f"{found.version} at {found.path}, reads Vietnamese"


@needs_tesseract
@pytest.mark.parametrize(("language", "how"), [("eng", "read as English"), ("osd", "are not read")])
def test_a_tesseract_without_vietnamese_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, how: str
) -> None:
    (tmp_path / f"{language}.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    finding = told(tmp_path)
    assert finding.state == "warning"
    assert "without Vietnamese" in finding.detail and how in finding.detail
    assert finding.remedy == "apt-get install tesseract-ocr-vie"


def test_a_missing_tesseract_is_a_warning_that_says_what_is_lost_and_how_to_get_it(tmp_path: Path) -> None:
    finding = told(tmp_path, "/nowhere/tesseract")
    assert finding.state == "warning"
    assert (
        finding.detail == "no /nowhere/tesseract that answers: words in pictures are not read, codes and likeness are"
    )
    assert "apt-get install tesseract-ocr tesseract-ocr-vie" in finding.remedy
    assert "pictures.tesseract" in finding.remedy


def test_a_program_that_is_no_tesseract_is_none(tmp_path: Path) -> None:
    assert told(tmp_path, shutil.which("false") or "/bin/false").state == "warning"
