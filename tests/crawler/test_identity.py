"""What a page says of itself: owner, author, own address, logos and icons, where its parts come from."""

from __future__ import annotations

import json

import pytest

from crawler.extraction import Document, read_document
from crawler.identity import MAX_ICONS, MAX_LOGOS, MAX_STRUCTURED_CHARACTERS
from matchers.page import PictureLink, PictureRole

URL = "https://trang.vn/muc/bai.html"


def document_of(head: str = "", body: str = "<p>Chữ") -> Document:
    return read_document(f"<html><head>{head}</head><body>{body}</body></html>", URL)


def structured(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'


@pytest.mark.parametrize(
    ("head", "body", "facts"),
    [
        ('<link rel="canonical" href="/bai.html">', "", {"canonical": "https://trang.vn/bai.html"}),
        ('<meta property="og:url" content="https://goc.vn/">', "", {"canonical": "https://goc.vn/"}),
        (
            '<meta property="og:url" content="https://b.vn/"><link rel=canonical href="https://a.vn/">',
            "",
            {"canonical": "https://a.vn/"},
        ),
        ("", "<h1>Ngân hàng <b>Sao Mai</b></h1><h1>Khác</h1>", {"heading": "Ngân hàng Sao Mai"}),
        ("", "<h1><img src='https://cdn.vn/a.png'></h1>", {"resource_hosts": "cdn.vn:1"}),
        (
            "<link rel=stylesheet href='//tinh.vn/a.css'><script src='https://tinh.vn/a.js'></script>",
            '<img src="http://anh.vn/1.png"><img src="/2.png"><a href="https://xa.vn/">',
            {"resource_hosts": "tinh.vn:2 anh.vn:1"},
        ),
        ('<meta property="article:publisher" content="Báo Sông Hồng">', "", {"publisher": "Báo Sông Hồng"}),
        (structured({"@type": "Organization", "name": "Sao Mai"}), "", {"organization": "Sao Mai"}),
        (
            structured({"@graph": [{"@type": ["WebSite"], "name": "Sao Mai"}, {"@type": "WebPage", "name": "Tin"}]}),
            "",
            {"organization": "Sao Mai"},
        ),
        (
            structured(
                {
                    "@type": "NewsArticle",
                    "author": [{"@type": "Person", "name": "Minh Anh"}],
                    "publisher": {"name": "Báo Sông Hồng"},
                    "datePublished": "2025-03-01",
                }
            ),
            "",
            {
                "article_type": "NewsArticle",
                "byline": "Minh Anh",
                "publisher": "Báo Sông Hồng",
                "published_at": "2025-03-01",
            },
        ),
        ('<script type="application/ld+json">{"@type": "NewsArticle"</script>', "", {}),
        (
            structured([1, None, "x", {"@type": 3}, {"@type": "NewsArticle", "author": []}]),
            "",
            {"article_type": "NewsArticle"},
        ),
    ],
)
def test_facts(head: str, body: str, facts: dict[str, str]) -> None:
    assert document_of(head, body).facts == facts


def test_metadata_is_believed_before_structured_data() -> None:
    head = '<meta name="author" content="Thu Hà">' + structured({"@type": "Article", "author": {"name": "Minh Anh"}})
    assert document_of(head).facts["byline"] == "Thu Hà"


@pytest.mark.parametrize(
    "block", ["[" * 100_000, json.dumps({"@type": "Organization", "name": "x" * MAX_STRUCTURED_CHARACTERS})]
)
def test_structured_data_without_bounds_says_nothing(block: str) -> None:
    document = document_of(f'<script type="application/ld+json">{block}</script>')
    assert not document.facts
    assert document.text == "Chữ"


def test_a_paid_post_says_so_in_its_structured_data() -> None:
    assert document_of(structured({"@type": "AdvertiserContentArticle"})).is_sponsored


def test_icons_and_logos_are_told_with_their_role() -> None:
    document = document_of(
        '<link rel="shortcut icon" href="/favicon.ico"><link rel="apple-touch-icon" href="https://cdn.vn/touch.png">'
        '<meta property="og:image" content="/bia.jpg">',
        '<header><img src="data:image/gif;base64,R0" data-src="//cdn.vn/dau.png" alt="Sao  Mai"></header>'
        '<img class="Site-Logo" src="a.png"><img alt="LOGO ngân hàng" src="/b.png"><img src="/san-pham.png">'
        '<img src="/img/logo.svg"><img src="/img/logo.svg"><img class=logo src="javascript:x">',
    )
    assert document.picture_links == (
        PictureLink("https://trang.vn/favicon.ico", PictureRole.FAVICON),
        PictureLink("https://cdn.vn/touch.png", PictureRole.FAVICON),
        PictureLink("https://trang.vn/bia.jpg", PictureRole.LOGO),
        PictureLink("https://cdn.vn/dau.png", PictureRole.LOGO, "Sao Mai"),
        PictureLink("https://trang.vn/muc/a.png", PictureRole.LOGO),
        PictureLink("https://trang.vn/b.png", PictureRole.LOGO, "LOGO ngân hàng"),
    )


def test_pictures_written_into_the_page_are_left_out() -> None:
    inline = "data:image/png;base64,iVBORw0KGgo="
    document = document_of(f"<link rel=icon href='{inline}'>", f"<img class=logo src='{inline}'>")
    assert document.picture_links == ()


def test_pictures_are_a_few_whatever_the_page() -> None:
    icons = "".join(f"<link rel=icon href=/{number}.ico>" for number in range(3_000))
    logos = "".join(f"<img class=logo src=/{number}.png>" for number in range(3_000))
    roles = [link.role for link in document_of(icons, logos).picture_links]
    assert roles.count(PictureRole.FAVICON) == MAX_ICONS
    assert roles.count(PictureRole.LOGO) == MAX_LOGOS
