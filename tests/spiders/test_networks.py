"""What is an advertisement and what is a page's own matter."""

from __future__ import annotations

import pytest
import soupsieve

from crawler.extraction import parse_for_selectors
from spiders.networks import FAMILIAR, NETWORKS, SLOTS, is_ad_frame, is_advertisement

PAGE = "https://tin.baoque.vn/bai.html"


@pytest.mark.parametrize(
    ("click_url", "in_slot", "holds_picture", "rel", "expected"),
    [
        ("https://baoque.vn/khac", True, False, "", True),
        ("https://vay.top/", False, True, "", True),
        ("https://vay.top/", False, False, "", False),
        ("https://vay.top/", False, False, "nofollow Sponsored", True),
        ("https://googleads.g.doubleclick.net/aclk?x=1", False, False, "", True),
        ("https://click.eclick.vn/x", False, False, "", True),
        ("https://anh.baoque.vn/khac", False, True, "", False),
        ("https://www.facebook.com/baoque", False, True, "", False),
        ("http://online.gov.vn/Home/WebDetails/1", False, True, "", False),
        ("https://baoque.vn/", False, True, "", False),
    ],
)
def test_links(click_url: str, in_slot: bool, holds_picture: bool, rel: str, expected: bool) -> None:
    assert is_advertisement(click_url, PAGE, in_slot=in_slot, holds_picture=holds_picture, rel=rel) is expected


@pytest.mark.parametrize(
    ("frame_url", "in_slot", "expected"),
    [
        ("https://ads.khac.top/f", False, True),
        ("https://tpc.googlesyndication.com/safeframe", False, True),
        ("https://www.youtube.com/embed/x", False, False),
        ("https://www.google.com/maps/embed", False, False),
        ("https://video.baoque.vn/x", False, False),
        ("https://video.baoque.vn/x", True, True),
        ("about:blank", False, False),
        ("about:srcdoc", True, True),
    ],
)
def test_frames(frame_url: str, in_slot: bool, expected: bool) -> None:
    assert is_ad_frame(frame_url, PAGE, in_slot=in_slot) is expected


@pytest.mark.parametrize(
    ("html", "is_slot"),
    [
        ("<ins class='adsbygoogle x'></ins>", True),
        ("<div id='div-gpt-ad-1'></div>", True),
        ("<div class='box quang-cao'></div>", True),
        ("<div id='admzone123'></div>", True),
        ("<div class='ads'></div>", True),
        ("<div class='top ads-right'></div>", True),
        ("<div class='home-advertising'></div>", True),
        ("<div class='uploads heads'></div>", False),
        ("<div class='badge shadow radius'></div>", False),
        ("<div id='header'></div>", False),
        ("<div class='download-box'></div>", False),
    ],
)
def test_slots(html: str, is_slot: bool) -> None:
    assert bool(parse_for_selectors(html).select(SLOTS)) is is_slot


def test_the_lists_do_not_speak_against_each_other() -> None:
    soupsieve.compile(SLOTS)
    assert not NETWORKS & FAMILIAR
    assert all(name == name.lower() and not name.startswith("www.") for name in NETWORKS | FAMILIAR)
