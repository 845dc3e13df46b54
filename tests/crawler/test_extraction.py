"""Extraction: the words of a page come whole and nothing else does, whatever the markup, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction import (
    MAX_LINKS,
    MAX_TEXT_CHARACTERS,
    absolute_url,
    read_document,
    select_links,
    select_text,
)
from matchers.text.normalise import fold_text

URL = "https://tin.vn/muc/bai.html"
BOUND_SECONDS = 6.0
"""For documents of the largest size a crawl lets through, on a machine that does other things as well."""


def text_of(body: str) -> str:
    return read_document(f"<html><body>{body}</body></html>", URL).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>l<b>ừ</b>a đ<i>ả</i>o</p>", "lừa đảo"),
        ("<p>v<span>a</span><span>y</span> t<font color=red>iền</font></p>", "vay tiền"),
        ("<p>vay<!-- x -->tiền</p>", "vaytiền"),
        ("<p>nợ<wbr>xấu</p>", "nợxấu"),
        ("<p>Một</p><p>Hai</p>", "Một\nHai"),
        ("<div>Một<div>Hai</div>Ba</div>", "Một\nHai\nBa"),
        ("Một<br>Hai<br/>Ba<BR >Bốn", "Một\nHai\nBa\nBốn"),
        ("<ul><li>Một<li>Hai</ul>", "Một\nHai"),
        ("<table><tr><td>STK</td><td>0123456789</td></tr><tr><td>Chủ</td></tr></table>", "STK\n0123456789\nChủ"),
        ("<dl><dt>Lãi<dd>30%</dl>", "Lãi\n30%"),
        ("<marquee>Trúng thưởng</marquee>xem", "Trúng thưởng\nxem"),
        ("<p>  nhiều \n\t khoảng&nbsp;trắng </p>", "nhiều khoảng trắng"),
        ("<p>A &amp; B &lt;C&gt; &#272;&#7841;t</p>", "A & B <C> Đạt"),
        ("<a href=/x>Vay</a><a href=/y>Ngay</a>", "VayNgay"),
        ("<label>Mật khẩu</label><button>Gửi</button>", "Mật khẩu\nGửi"),
    ],
)
def test_blocks_part_lines_and_inline_tags_part_nothing(body: str, text: str) -> None:
    assert text_of(body) == text


@pytest.mark.parametrize(
    "body",
    [
        "<p>Mở<p>chưa đóng<div>nhầm</p></div></b>",
        "<table><p>Mở</p>chưa đóng<tr><td>nhầm",
        "Mở<p>chưa đóng</i></p><<p>nhầm",
        "<p class='a\"b' <x>Mở<p>chưa đóng<p/ >nhầm</",
    ],
)
def test_broken_markup_keeps_its_words(body: str) -> None:
    words = fold_text(text_of(body))
    assert all(word in words for word in ("mo", "chua dong", "nham"))


def test_what_is_not_shown_is_not_read() -> None:
    text = text_of(
        "<script>var a='kịch bản'</script><style>.a{content:'kiểu'}</style><template><p>khuôn</p></template>"
        "<noscript>không kịch bản</noscript><svg><title>hình</title><text>vẽ</text></svg>"
        "<iframe>khung</iframe><object>vật</object><select><option>lựa</select><p>thật</p>"
    )
    assert text == "thật"


@pytest.mark.parametrize(
    "hidden",
    [
        "<span hidden>x</span>",
        "<span style='display:none'>x</span>",
        "<i style='color:red; DISPLAY: NONE'>x</i>",
        "<b style='font-size: 0px'>x</b>",
        "<font style='visibility:hidden'>x</font>",
    ],
)
def test_hidden_letters_within_words_are_taken_out(hidden: str) -> None:
    assert text_of(f"<p>nợ x{hidden}ấu v{hidden}ẫn vay</p>") == "nợ xấu vẫn vay"


def test_a_hidden_block_is_read_since_a_script_may_show_it() -> None:
    assert "Bạn đã trúng thưởng" in text_of("<div style='display:none'><h2>Bạn đã trúng thưởng</h2></div>")


def test_words_of_pictures_and_fields_stand_in_the_text_of_a_landing_page() -> None:
    text = text_of(
        "<img src=a.png alt='Vay tiền nhanh'><form><input placeholder='Số thẻ'><input type=password name=p>"
        "<input type=submit value='Nhận tiền ngay'></form>"
    )
    assert text == "Vay tiền nhanh\nSố thẻ\nNhận tiền ngay"


ARTICLE = "<p>Một đoạn của bài báo, dài vừa phải, nói về mùa màng ở quê nhà năm nay.</p>" * 20


def read_article(html: str) -> str:
    return read_document(html, URL, main_text_only=True).text


def test_the_article_is_read_without_what_stands_around_it() -> None:
    text = read_article(
        f"<nav>Trang chủ</nav><header>Đầu</header><article>{ARTICLE}<aside>Liên quan</aside></article>"
        "<footer>Tòa soạn</footer>"
    )
    assert text.count("mùa màng") == 20
    assert not any(word in text for word in ("Trang chủ", "Đầu", "Liên quan", "Tòa soạn"))


def test_a_teaser_is_not_taken_for_the_article() -> None:
    teaser = "<article>" + "Tin khác trong ngày, bấm vào xem thêm. " * 8 + "</article>"
    text = read_article(f"<div>{ARTICLE}</div>{teaser}")
    assert text.count("mùa màng") == 20


def test_a_short_article_that_is_the_page_is_believed() -> None:
    body = "Một mẩu tin ngắn nhưng đủ ý, kể chuyện họp xóm tối qua. " * 6
    assert "Quảng cáo" not in read_article(f"<div>Quảng cáo</div><article>{body}</article>")


def test_links_are_absolute_and_once_each() -> None:
    document = read_document(
        "<a href='/a'>A</a><a href='b?x=1#y'>B <b>b</b></a><a href='//khac.vn/c'>C</a><a href='https://khac.vn/d'>D</a>"
        "<a href='/a#2'>A lại</a><a href='#top'>lên</a><a href='javascript:void(0)'>js</a><a href='  /e  '>E</a>"
        "<a href='http://[sai/'>sai</a><a>không</a><a href=''>rỗng</a>",
        URL,
    )
    assert [(link.url, link.text) for link in document.links] == [
        ("https://tin.vn/a", "A"),
        ("https://tin.vn/muc/b?x=1", "B b"),
        ("https://khac.vn/c", "C"),
        ("https://khac.vn/d", "D"),
        ("https://tin.vn/e", "E"),
        (URL, "rỗng"),
    ]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://khac.vn/thu/muc/", ["https://khac.vn/thu/muc/a", "https://khac.vn/b"]),
        ("/goc/", ["https://tin.vn/goc/a", "https://tin.vn/b"]),
        ("//khac.vn", ["https://khac.vn/a", "https://khac.vn/b"]),
        ("http://[sai", ["https://tin.vn/muc/a", "https://tin.vn/b"]),
    ],
)
def test_relative_links_stand_on_the_base_the_page_names(base: str, expected: list[str]) -> None:
    body = "<h2><a href='a'>A</a><a href='/b'>B</a></h2><form action=g></form>"
    html = f"<html><head><base href='{base}'></head><body>{body}</body></html>"
    document = read_document(html, URL)
    assert [link.url for link in document.links] == expected
    assert select_links(html, URL, "h2 a") == expected
    assert document.forms[0].action == expected[0][:-1] + "g"


def test_contacts_are_kept_as_written() -> None:
    document = read_document(
        "<a href='tel:+84 912 345 678'>Gọi</a><a href='mailto:a@b.vn'>Thư</a><a href='https://zalo.me/0912345678'>Zalo</a>"
        "<a href='//t.me/kenh'>T</a><a href='HTTPS://WWW.FACEBOOK.COM/trang'>F</a><a href='tg://resolve?domain=x'>tg</a>"
        "<a href='https://khongphai-zalo.me/1'>x</a>",
        URL,
    )
    assert document.contacts == (
        "tel:+84 912 345 678",
        "mailto:a@b.vn",
        "https://zalo.me/0912345678",
        "//t.me/kenh",
        "HTTPS://WWW.FACEBOOK.COM/trang",
        "tg://resolve?domain=x",
    )


def test_forms_tell_where_they_go_and_what_they_ask() -> None:
    document = read_document(
        "<form action='/dang-nhap'><input name=User><input type=PASSWORD name=pass><input name=OTP></form>"
        "<form></form>",
        URL,
    )
    assert document.forms[0].action == "https://tin.vn/dang-nhap"
    assert document.forms[0].has_password
    assert document.forms[0].fields == ("user", "pass", "otp")
    assert (document.forms[1].action, document.forms[1].has_password) == (URL, False)


def test_what_a_page_says_of_itself() -> None:
    document = read_document(
        "<html lang='vi'><head><title> Tên \n bài </title><meta property='og:site_name' content='Báo Quê'>"
        "<meta property='article:published_time' content='2026-01-02T03:04:05+07:00'><meta name=author content='An'>"
        "<meta property='article:section' content='Kinh tế'></head><body>x",
        URL,
    )
    assert (document.title, document.language) == ("Tên bài", "vi")
    assert document.facts == {
        "site_name": "Báo Quê",
        "published_at": "2026-01-02T03:04:05+07:00",
        "byline": "An",
        "section": "Kinh tế",
    }
    assert not document.is_sponsored


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<body><h1>Đầu <b>đề</b></h1>", "Đầu đề"),
        ("<head><meta property='og:title' content='Tên kia'><title></title></head><h1>Đầu</h1>", "Tên kia"),
        ("<p>không", ""),
    ],
)
def test_a_page_without_title_is_called_by_its_heading(html: str, title: str) -> None:
    assert read_document(html, URL).title == title


@pytest.mark.parametrize(
    "mark",
    [
        "<div class='sponsored'>",
        "<span class='tai-tro'>",
        "<meta property='article:section' content='Thông tin doanh nghiệp'>",
        "<div data-sponsored>",
    ],
)
def test_paid_posts_that_say_so_are_known(mark: str) -> None:
    assert read_document(f"<html>{mark}<p>x", URL).is_sponsored


def test_language_is_guessed_where_none_is_named() -> None:
    assert read_document("<p>Người dân xã nọ thu hoạch lúa", URL).language == "vi"
    assert read_document("<p>People of that village", URL).language == ""


def test_operators_selectors() -> None:
    html = "<div class=a>Một <b>hai</b></div><div class=a><a href=/x>ba</a></div><a class=b href=y>bốn</a>"
    assert select_text(html, ".a") == "Một hai\nba"
    assert select_text(html, ".khong") == ""
    assert select_links(html, URL, ".a, .b") == ["https://tin.vn/x", "https://tin.vn/muc/y"]


def test_inline_tags_part_no_words_for_operators_selectors_either() -> None:
    assert select_text("<div class=a><p>l<b>ừ</b>a đ<i>ả</i>o</p><p>Hai</p></div>", ".a") == "lừa đảo\nHai"


HOSTILE = {
    "a hundred thousand links": "<title>T</title>" + "".join(f"<a href='/{i}'>l{i}</a>" for i in range(100_000)),
    "ten megabytes of text": "<p>" + "lừa đảo " * 900_000,
    "ten megabytes of paragraphs": "<p>lừa đảo" * 300_000,
    "a million nested blocks": "<div>" * 1_000_000 + "x",
    "nested formatting": "".join(f"<b a={i}>" for i in range(5_000)) + "<p>x" * 5_000,
    "nested articles": "<article>" * 2_900 + "x" * 1_000_000,
    "nested navigation": "<nav>" * 2_900 + "x",
    "nested links": "".join(f"<a href='/{i}'><table><td>" for i in range(990)) + "x" * 1_000_000,
    "nested forms": "".join("<form><table><td>" for _ in range(900)) + "<input name=a>" * 200,
    "open angles": "<" * 1_000_000,
    "open tags": "<a" * 1_000_000,
    "open comments": "<!--" * 1_000_000,
    "open scripts": "<script>" * 1_000_000,
    "one endless attribute": "<a " + "href=" * 1_000_000,
    "endless title": "<title>" + "a" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_read_in_bounded_time(name: str) -> None:
    started = time.perf_counter()
    document = read_document(HOSTILE[name], URL, main_text_only=name in ("nested articles", "nested navigation"))
    assert time.perf_counter() - started < BOUND_SECONDS
    assert len(document.text) <= MAX_TEXT_CHARACTERS
    assert len(document.links) <= MAX_LINKS
    assert len(document.title) <= 1000


def test_a_large_document_is_read_as_a_small_one_is() -> None:
    few = (
        "<html><head><title>Vay &amp; trả</title><style>p{}</style></head><body><!-- <p>ghi chú -->"
        "<p>l<b>ừ</b>a đảo</p><script>if (a<b) x('<p>');</script><a href='/vay?a=1&amp;b=2'>Vay <i>ngay</i></a><br>"
        '<a href="https://zalo.me/0912345678">Zalo</a><div>Hết</div></body></html>'
    )
    small = read_document(few, URL)
    large = read_document(few.replace("Hết", "Hết" + "<p>" * 50_000), URL)
    assert (large.title, large.text, large.links, large.contacts) == (
        small.title,
        small.text,
        small.links,
        small.contacts,
    )
    assert small.text == "lừa đảo\nVay ngay\nZalo\nHết"


PIECES = (
    "<p> </p> <b> </b> <a\thref='/x'> <a\thref='tel:1'> <a\thref='http://[x'> </a> <table> <td> </table> <svg> <title> "
    "<script> </script> <!-- --> <nav> <article> </article> <form> <input\ttype=password> <base\thref=' <span\thidden> "
    "<img\talt=x> <meta\tname=author\tcontent='a'> <template> <select> <br> < > ' \" & &#xD800; \x00 \ud800 \f"
)
MARKUP = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(PIECES.split(" ")),
    ),
    max_size=60,
).map("".join)


@given(MARKUP, st.one_of(st.just(URL), st.text(max_size=20)), st.booleans())
def test_no_markup_makes_it_raise(html: str, url: str, main_text_only: bool) -> None:
    document = read_document(html, url, main_text_only=main_text_only)
    assert "\f" not in document.text + document.title
    assert not any(line != " ".join(line.split()) for line in document.text.split("\n"))


@given(MARKUP)
def test_no_markup_makes_the_flat_reading_raise(html: str) -> None:
    document = read_document(html + "<x>" * 4_000, URL)
    assert "\f" not in document.text


@given(st.text(), st.text())
def test_no_address_makes_it_raise(base: str, href: str) -> None:
    assert "#" not in absolute_url(base, href)
