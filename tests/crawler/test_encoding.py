"""Charsets: declared, lied about, and left out; Vietnamese in its legacy one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from crawler.encoding import decode_html
from matchers.text.normalise import fold_text

SENTENCE = "Vay tiền nhanh, nợ xấu vẫn hỗ trợ; phí bảo hiểm khoản vay chuyển trước vào tài khoản người duyệt hồ sơ."
TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def windows_1258(text: str) -> bytes:
    """As the legacy editors wrote it: vowel letters whole, their tone a mark of its own."""
    letters: list[str] = []
    for letter in text:
        apart = unicodedata.normalize("NFD", letter)
        tones = [mark for mark in apart if mark in TONES]
        letters += [unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in TONES)), *tones]
    return "".join(letters).encode("cp1258")


def response(body: bytes, content_type: str = "text/html") -> HtmlResponse:
    return HtmlResponse("http://a.vn/", body=body, headers={"Content-Type": content_type})


def page(declared: str = "", sentence: str = SENTENCE) -> str:
    meta = f"<meta charset='{declared}'>" if declared else ""
    return f"<html><head>{meta}<title>Vay</title></head><body><p>{sentence}</p></body></html>"


@pytest.mark.parametrize("how", ["header", "meta"])
@pytest.mark.parametrize("name", ["windows-1258", "WINDOWS-1258", "cp1258"])
def test_windows_1258_declared(how: str, name: str) -> None:
    body = windows_1258(page(name if how == "meta" else ""))
    text, lie, _ = decode_html(response(body, f"text/html; charset={name}" if how == "header" else "text/html"))
    assert lie == ""
    assert fold_text(SENTENCE) in fold_text(text)
    assert "nợ xấu" in unicodedata.normalize("NFC", text)


def test_windows_1258_undeclared_is_recognised() -> None:
    text, lie, _ = decode_html(response(windows_1258(page())))
    assert lie == ""
    assert "nợ xấu vẫn hỗ trợ" in unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1252", "us-ascii"])
def test_windows_1258_declared_as_something_else_is_recognised_and_told(declared: str) -> None:
    text, lie, _ = decode_html(response(windows_1258(page(declared))))
    assert "nợ xấu vẫn hỗ trợ" in unicodedata.normalize("NFC", text)
    assert lie.endswith("but is windows-1258")


@pytest.mark.parametrize("declared", ["", "utf-8"])
def test_utf_8(declared: str) -> None:
    assert decode_html(response(page(declared).encode())) == (page(declared), "", "utf-8")


@pytest.mark.parametrize("declared", ["windows-1258", "iso-8859-1", "gb2312", "utf-16"])
def test_utf_8_under_a_wrong_name_is_recognised_and_told(declared: str) -> None:
    text, lie, _ = decode_html(response(page().encode(), f"text/html; charset={declared}"))
    assert text == page()
    assert "is UTF-8" in lie


def test_utf_8_with_a_few_stray_bytes_stays_utf_8() -> None:
    body = page("utf-8", SENTENCE * 3).encode() + b"<!-- \xe9\xff -->" + SENTENCE.encode()
    text, lie, _ = decode_html(response(body))
    assert text.count(SENTENCE) == 4
    assert "2 stray bytes" in lie


@pytest.mark.parametrize("cut", [1, 2])
def test_utf_8_cut_off_within_its_last_letter_is_no_lie(cut: int) -> None:
    text, lie, _ = decode_html(response((page("utf-8") + "ế").encode()[:-cut]))
    assert lie == ""
    assert SENTENCE in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_stands_above_what_is_declared(encoding: str) -> None:
    text, lie, _ = decode_html(response(page("windows-1258").encode(encoding), "text/html; charset=iso-8859-1"))
    assert (text, lie) == (page("windows-1258"), "")


def test_decomposed_letters_stay_as_the_site_wrote_them() -> None:
    apart = unicodedata.normalize("NFD", page("utf-8"))
    text, _, _ = decode_html(response(apart.encode()))
    assert text == apart
    assert fold_text(text) == fold_text(page("utf-8"))


@pytest.mark.parametrize("declared", ["", "iso-8859-1"])
def test_western_languages_are_not_taken_for_vietnamese(declared: str) -> None:
    words = "Però così la città più bella è là, ciò può darsi; l'été où j'étais naïf, señor, Þórður ætti að fara."
    body = page(declared, words).encode("cp1252")
    assert words in decode_html(response(body))[0]


def test_other_declared_charsets_are_believed() -> None:
    text, lie, _ = decode_html(response(page(sentence="投资理财").encode("gb18030"), "text/html; charset=gb18030"))
    assert "投资理财" in text
    assert lie == ""


@pytest.mark.parametrize("name", ["base64", "rot13", "idna", "undefined", "khong-co", "unicode_escape", "utf-7"])
def test_a_codec_that_makes_no_text_harms_nothing(name: str) -> None:
    for body in (page().encode("ascii", "ignore"), page().encode(), b"\xe9\\x<p>vay ti\xe8n"):
        text, _, _ = decode_html(response(body, f"text/html; charset={name}"))
        assert "<" in text


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "windows-1258", "utf-16", "iso-2022-jp", "idna", "hz"]))
def test_no_bytes_make_it_raise(body: bytes, name: str) -> None:
    text, lie, _ = decode_html(response(body, f"text/html; charset={name}" if name else "text/html"))
    assert isinstance(text, str)
    assert isinstance(lie, str)
