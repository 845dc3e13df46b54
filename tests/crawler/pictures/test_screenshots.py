"""Screenshots with a real Chromium and a real Tesseract: what a page shows in pictures alone counts for its hit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from crawler.capturing import take_captures
from crawler.settings import Settings
from matchers.match import Severity
from matchers.page import PictureRole
from search.hits import load_hit, record_hit
from search.picture_shelf import FILE_NAME, PictureShelf
from search.records import open_records
from tests.crawler.site import Site, article
from tests.matchers.pictures import drawing
from tests.search.material import page, verdict

TEXT = "Bà con xem hình dưới đây để biết cách nhận hỗ trợ của chúng tôi trong tháng này."


@pytest.mark.browser
@pytest.mark.tesseract
def test_a_number_in_a_picture_of_the_page_is_found_in_its_screenshot(web: Site, tmp_path: Path) -> None:
    drawing.tesseract()
    offer = drawing.advertisement("Vay nhanh trong ngày", "Gọi 0912 345 678", ground="#fff2a8", size=44)
    web.page("hinh.test", "/qc.png", drawing.encoded(offer), "image/png")
    shown = web.page("hinh.test", "/", article("Hỗ trợ", TEXT, "<img src=/qc.png>"))
    plain = web.page("chu.test", "/", article("Hỗ trợ", f"{TEXT} Mọi thắc mắc xin gửi thư về địa chỉ dưới đây nhé."))
    settings = Settings(
        data_dir=tmp_path / "data", allow_private_addresses=True, host_overrides={"*.test": "127.0.0.1"}
    )
    records = open_records(settings.records.url)
    hits = [
        record_hit(records, page(url, TEXT, title="Hỗ trợ"), verdict(), Severity.LOW, "desktop").hit_id
        for url in (shown, plain)
    ]
    assert asyncio.run(take_captures(settings, until_closed=False)) == 2
    with_picture, without = (load_hit(records, hit_id) for hit_id in hits)
    assert with_picture is not None
    assert without is not None
    (screenshot,) = with_picture.pictures
    assert screenshot.role is PictureRole.SCREENSHOT
    assert "0912 345 678" in screenshot.text
    assert [one.value for one in with_picture.identifiers] == ["+84912345678"]
    (match,) = [match for match in with_picture.matches if match.identifier is not None]
    assert match.span is not None
    assert (match.span.field, match.span.picture) == ("picture", screenshot.sha256)
    assert match.span.box is not None
    # The words of a page without pictures stand in its text: its screenshot is not searched for them.
    assert [one.lines for one in without.pictures] == [()]
    assert without.identifiers == ()
    shelf = PictureShelf(settings.data_dir / FILE_NAME, 10_000_000)
    assert shelf.holds([screenshot.sha256]) == {screenshot.sha256}
    shelf.close()
    records.close()
