"""All kinds together: places in the text, contacts, order, and hostile texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.identifiers.finder import find_identifiers
from matchers.identifiers.kinds import KINDS
from matchers.match import Identifier
from tests.matchers.identifiers.material import BRANDS, found

_MEGABYTE = 1_000_000
_HOSTILE = (
    "0",
    "09",
    "0 ",
    "0988123456 ",
    "+84",
    "1900 ",
    "4111 1111 1111 1111 ",
    "STK 123456 VCB ",
    "stk ",
    "12-34-",
    "12 12.",
    "0x",
    "T1",
    "bc1q",
    "a.",
    "a@",
    "a@a.",
    "(at)",
    "a (at) a.",
    "không chín ",
    "0 chín ",
    "t.me/",
    "facebook.com/profile.php?a=b&",
    "fb.com/p/a-a-a-",
    "zalo.me/",
    "zalo ",
    "line id ",
    "wechat: a",
    "mst ",
    "giấy phép số 12/",
    "12/A",
    "/",
    "İ",
    "\ud800",
    "1\u20e3",
)


def test_the_same_one_is_told_once_where_it_was_first_seen() -> None:
    text = "Gọi 0988.123.456, nhắc lại: +84 988 123 456"
    (sight,) = find_identifiers(text, BRANDS, ("tel:0988123456",))
    assert sight.identifier == Identifier("phone", "+84988123456")
    assert (sight.start, sight.is_contact) == (4, False)


def test_places_hold_what_was_written() -> None:
    text = (
        "Gọi 0988.123.456 hoặc zalo.me/84918759421, STK 0071000999888 VCB, mail a@b.vn, tele @vaynhanh, "
        "MST 0100112437, "
        "ví TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t, không chín tám tám một hai ba bốn năm bảy, giấy phép 12/GP-NHNN"
    )
    sights = find_identifiers(text, BRANDS)
    assert {sight.identifier.kind for sight in sights} == {
        *("phone", "zalo", "bank_account", "email", "telegram", "tax_code", "wallet", "licence"),
    }
    assert all(text[sight.start : sight.end] == sight.quote for sight in sights)


def test_a_letter_that_grows_in_lower_case_moves_nothing() -> None:
    text = "İİİ zalo: 0988123456 giấy phép 12/GP-NHNN"
    sights = find_identifiers(text, BRANDS)
    assert all(text[sight.start : sight.end] == sight.quote for sight in sights)
    assert {sight.identifier.kind for sight in sights} == {"phone", "zalo", "licence"}


def test_contacts_of_the_page_count() -> None:
    contacts = ("tel:+84%20901234567", "mailto:x@y.vn?subject=a", "https://zalo.me/0901234568", "javascript:void(0)")
    assert found("", *contacts) == {
        ("phone", "+84901234567"),
        ("email", "x@y.vn"),
        ("zalo", "+84901234568"),
        ("phone", "+84901234568"),
    }


def test_an_honest_text_holds_none() -> None:
    text = (
        "Ngày 12/03/2024, tỉnh giải ngân 1.250 tỷ đồng, đạt 48% kế hoạch năm 2024-2025. Lãi suất 6,5%/năm. "
        "Vietcombank có 600 điểm giao dịch. Theo Nghị định 13/2023/NĐ-CP, giấy phép lái xe hạng B2 có hạn 10 năm. "
        "Thẻ nhớ 128 GB, giá 1.290.000đ, mã SP 8934567890123. Không năm nào có hai ba bốn cơn bão như năm nay."
    )
    assert not found(text)


@given(st.text(alphabet="0123456789OoIl +().-@/:tTzalomeb1cxyVCBđ%\n\ufe0f\u20e3", max_size=200))
def test_no_text_raises(text: str) -> None:
    for sight in find_identifiers(text, BRANDS, (text,)):
        assert sight.identifier.kind in KINDS
        assert 0 <= sight.start <= sight.end <= len(text)


@pytest.mark.parametrize("unit", _HOSTILE, ids=ascii)
def test_a_megabyte_of_anything_is_read_in_seconds(unit: str) -> None:
    text = (unit * (_MEGABYTE // len(unit)))[: _MEGABYTE - 1] + "x"
    started = time.process_time()
    find_identifiers(text, BRANDS)
    assert time.process_time() - started < 5


def test_ten_megabytes_of_figures_cost_ten_times_one() -> None:
    costs = []
    for size in (_MEGABYTE, 10 * _MEGABYTE):
        started = time.process_time()
        assert find_identifiers("0" * size, BRANDS) == []
        costs.append(time.process_time() - started)
    assert costs[1] < 20 * costs[0] + 0.1
