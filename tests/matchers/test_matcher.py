"""The contract of every matcher, and what each of them adds."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from matchers.hosts.matcher import DomainMatcher
from matchers.match import Match
from matchers.matcher import MATCHERS, Matcher
from matchers.page import Form, Link, Page, PageKind, Picture, PictureCode, PictureLine, PictureRole
from matchers.reading import Reading
from tests.matchers.material import page, rules

PAGES = [
    page(),
    page("\ud800\x00" * 50, title="\udfff", url="\ud800"),
    page(kind=PageKind.HOST, url="http://vietcombank-xacthuc.top/"),
    page(
        "Vay tiền nhanh, nợ xấu vẫn vay được. Zalo 0988 123 456, STK 0123456789 Vietcombank. Xem vcb.vn-vay.top",
        title="Ngân hàng Sao Mai",
        contacts=("tel:0988123456", "javascript:;", ""),
        forms=(Form("/login", has_password=True, fields=("user", "pass")),),
        links=(Link("https://shopee-trungthuong.vip/x", "nhận quà"),),
        kind=PageKind.POST,
    ),
    page("Công an khuyến cáo người dân cảnh giác.", kind=PageKind.ARTICLE, facts={"byline": "Minh Anh"}),
    replace(
        page("Quét mã", kind=PageKind.POST),
        pictures=(
            Picture(
                "https://a.example/1.jpg",
                PictureRole.POST,
                "ab" * 32,
                400,
                300,
                lines=(PictureLine("Nợ xấu vẫn vay được, Zalo 0988 123 456", (0, 0, 300, 20), 0.9),),
                codes=(
                    PictureCode("https://vietcombank-xacthuc.top/x", (0, 50, 99, 149)),
                    PictureCode("\ud800", (0, 0, 1, 1)),
                ),
                outlines=("00", "zz"),
            ),
        ),
    ),
    page("Đăng nhập để tiếp tục", title="Vietcombank - Đăng nhập", forms=(Form("/", has_password=True),)),
]


@pytest.mark.parametrize("kind", MATCHERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("seen", PAGES, ids=range(len(PAGES)))
def test_every_matcher_keeps_the_contract(kind: type[Matcher], seen: Page) -> None:
    before = copy.copy(seen)
    matcher = kind()
    first = list(matcher.match(Reading(seen, rules())))
    again = list(matcher.match(Reading(seen, rules())))
    assert first == again, "a pure function of the page"
    assert seen == before
    for match in first:
        assert isinstance(match, Match)
        assert match.matcher == matcher.name
        assert "/" in match.rule
        assert match.reason_vi
        assert match.reason_en
        assert 0 <= match.confidence <= 1
        assert match.category is None or match.category in rules().categories
        if match.span is not None:
            if match.span.field == "picture" and match.span.start == match.span.end:
                assert match.span.box is not None, "a code or a picture as a whole"
                continue
            pictures = {picture.sha256: picture.text for picture in seen.pictures}
            field = {"title": seen.title, "text": seen.text, "url": seen.url}.get(
                match.span.field, pictures.get(match.span.picture, "")
            )
            assert 0 <= match.span.start < match.span.end <= len(field)
            assert field[match.span.start : match.span.end].lower() == match.quote.lower()


def test_names_are_distinct() -> None:
    names = [kind.name for kind in MATCHERS]
    assert len(names) == len(set(names))


def found(kind: type[Matcher], seen: Page) -> list[Match]:
    return list(kind().match(Reading(seen, rules())))


def test_a_host_in_the_text_is_quoted_as_written() -> None:
    seen = page("Mời vào hxxps:// VietComBank-XacThuc.top/login ngay", kind=PageKind.POST)
    (match,) = found(DomainMatcher, seen)
    assert match.quote == "VietComBank-XacThuc.top"
    assert match.facts["brand"] == "vietcombank"
    assert match.category == "fake_bank"


def test_links_of_a_post_are_looked_at_those_of_an_article_are_not() -> None:
    links = (Link("https://vietcombank-xacthuc.top/"),)
    assert found(DomainMatcher, page(links=links, kind=PageKind.POST))
    assert not found(DomainMatcher, page(links=links, kind=PageKind.ARTICLE))
