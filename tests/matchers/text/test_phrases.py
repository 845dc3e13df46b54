"""Phrases: found as written, in disguise and misspelt; not inside other words; marks and numbers compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.text.normalise import fold
from matchers.text.phrases import NEAR_CONFIDENCE, PhraseHit, PhraseIndex, number_in, parse_phrase
from matchers.text.words import Words


def found(index: PhraseIndex, words: Words) -> list[PhraseHit]:
    finds = index.find(words)
    return [hit for phrase in range(len(index.phrases)) for hit in finds.hits(phrase)]


def confidences(text: str, *phrases: str) -> list[float]:
    index = PhraseIndex([parse_phrase(phrase) for phrase in phrases])
    return [hit.confidence for hit in found(index, fold(text).words)]


@pytest.mark.parametrize(
    "text",
    [
        "Nợ xấu vẫn vay được nhé",
        "no xau van vay duoc",
        "NỢ-XẤU, VẪN VAY ĐƯỢC!",
        "n.ợ x.ấ.u v.ẫ.n v.a.y đ.ư.ợ.c",
        "n0 xau van vay du0c",
        "n\u200bợ x\u00adấu vẫn vay được",
        "nợ хấu vẫn vау đượс",
    ],
)
def test_disguises_are_as_sure_as_the_phrase_itself(text: str) -> None:
    assert confidences(text, "nợ xấu vẫn vay được") == [1.0]


@pytest.mark.parametrize(
    "text",
    [
        "nợ xấu vẫn vay dc",
        "nợ xấu vanvay được",
        "nơxau van vay duoc",
        "n0 x4u v4n v4y duoc",
        "nợxấuvẫnvayđược",
        "no xau v4n vay dc",
    ],
)
def test_other_spellings_of_its_letters_are_as_sure_as_the_phrase(text: str) -> None:
    assert confidences(text, "nợ xấu vẫn vay được") == [1.0]


@pytest.mark.parametrize(
    ("text", "phrase", "confidence"),
    [
        ("nợ xấu vẫn vvay được", "nợ xấu vẫn vay được", 1.0),
        ("nợ xấu vẫn vay đưcợ", "nợ xấu vẫn vay được", 1.0),
        ("nợ xxấu vẫn vvay được", "nợ xấu vẫn vay được", 1.0),
        ("nợ xxấu", "nợ xấu", NEAR_CONFIDENCE),
        ("nợ xxấu thôi", "nợ xấu thôi", 1.0),
        ("telegarm", "telegram", 1.0),
    ],
)
def test_a_slip_leaves_a_long_phrase_sure_and_a_short_one_less(text: str, phrase: str, confidence: float) -> None:
    assert confidences(text, phrase) == [confidence]


@pytest.mark.parametrize(
    "text", ["nhan tien ngay ch1 nhanh", "nhan tien ngay ch4 nhanh", "nhan tien ngay 101 nhanh", "nhan tien ngay ch0i"]
)
def test_figures_stand_for_the_letters_they_look_like_and_no_others(text: str) -> None:
    assert confidences(text, "ngay chỉ nhanh") == ([1.0] if "ch1" in text else [])


def test_two_odd_words_beside_each_other_help_one_another() -> None:
    assert confidences("ck trc giao sau", "chuyển khoản trước giao sau") == [1.0]
    assert confidences("gpp vvon", "góp vốn") == [NEAR_CONFIDENCE]


@pytest.mark.parametrize(
    "text", ["s.a.n.g c.a.m.p.u.c.h.i.a", "s a n g c a m p u c h i a", "sang C-a-m-p-u-c-h-i-a", "sangcampuchia"]
)
def test_foreign_words_of_phrases_may_be_spelled_out(text: str) -> None:
    assert confidences(text, "sang campuchia") == [1.0]


def test_syllables_that_a_foreign_word_parts_into_are_not_that_word() -> None:
    assert confidences("c.o.i.n", "coin") == [1.0]
    assert not confidences("trên giấy có in s.ố t.h.ẻ", "coin")


def test_words_are_whole_words() -> None:
    assert not confidences("vayne và mavay", "vay")
    assert confidences("vay", "vay") == [1.0]


def test_other_marks_are_another_word() -> None:
    assert not confidences("đổi lãi suất", "đội lái")
    assert confidences("doi lai", "đội lái") == [1.0]
    assert confidences("thủy ngân đỏ", "thuỷ ngân đỏ") == [1.0]


def test_one_word_left_bare_is_another_word_where_the_text_writes_marks() -> None:
    assert confidences("Bảo Minh đã chấp thuận bồi thường cho khách hàng", "mình") == []
    assert confidences("cho minh hoi so tai khoan voi", "mình") == [1.0]
    assert confidences("Anh Minh hẹn gặp ở cổng trường nhé", "Minh") == [1.0]


def test_a_number_in_a_phrase_stands_for_any() -> None:
    assert confidences("lãi 7,5%/tháng", "lãi 3%/tháng") == [1.0]
    assert confidences("vay 20.000.000 đồng", "vay 5 đồng") == [1.0]


@pytest.mark.parametrize(("rate", "is_found"), [("8,5", False), ("19.9", False), ("20", True), ("36", True)])
def test_a_bound_is_held(rate: str, is_found: bool) -> None:
    assert bool(confidences(f"lợi nhuận {rate}%/năm", "lợi nhuận >=20%/năm")) is is_found


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.000.000đ", 2e6), ("1,5%", 1.5), ("12.5", 12.5), ("x2", 2.0), ("1.234,5", 1234.5), ("ba", None)],
)
def test_numbers_are_read_in_both_notations(text: str, number: float | None) -> None:
    assert number_in(text) == number


def test_repairs_leave_ordinary_words_alone() -> None:
    text = "Ông Nguyễn Văn Kỳ, giám đốc Công ty Minh Khang, nói về vận tải tại Lâm Đồng."
    assert not confidences(text, "vay tiền", "lừa đảo", "văn phòng", "vay vốn ngân hàng", "tài khoản")


@given(st.text(), st.lists(st.text(alphabet="aăâbcdđeêghiklmnoôơ 0%", min_size=2, max_size=20), max_size=5))
def test_no_text_and_no_phrase_raises(text: str, phrases: list[str]) -> None:
    wanted = [parse_phrase(phrase) for phrase in phrases]
    index = PhraseIndex([phrase for phrase in wanted if phrase.pattern.strip()])
    words = fold(text).words
    for hit in found(index, words):
        start, end = words.span(hit.first, hit.last)
        assert 0 <= start < end <= len(text)
