"""Telephone numbers in the spellings of the street, and what only looks like one."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matchers.identifiers.phones import is_hotline, phone_in_e164, vietnamese_phone
from tests.matchers.identifiers.material import found, values

ONE = "+84988123456"


@pytest.mark.parametrize(
    "written",
    [
        "0988123456",
        "0988.123.456",
        "098 812 3456",
        "0 9 8 8 1 2 3 4 5 6",
        "(0988) 123-456",
        "+84 988 123 456",
        "(+84)988-123-456",
        "0084 988 123 456",
        "+84 (0) 988 123 456",
        "84988123456",
        "O9.88 123 456",
        "o988.l23.456",
        "0988_123_456",
        "0988~123~456",
        "0988*123*456",
        "0988 – 123 – 456",
        "0988\u00a0123\u00a0456",
        "0988·123·456",
        "０９８８１２３４５６",
        "𝟎𝟗𝟖𝟖.𝟏𝟐𝟑.𝟒𝟓𝟔",
        "0️⃣9️⃣8️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣",
        "0️⃣9️⃣8️⃣8️⃣ 1️⃣2️⃣3️⃣ 4️⃣5️⃣6️⃣",
        "09🔥88🔥123🔥456",
        "0988⭐⭐123⭐⭐456",
        "09\u200b88\u200b12\u200b34\u200b56",
        "không chín tám tám một hai ba bốn năm sáu",
        "Không Chín Tám Tám - Một Hai Ba - Bốn Năm Sáu",
        "KHÔNG CHÍN TÁM TÁM MỘT HAI BA BỐN NĂM SÁU",
        "khong chin tam tam mot hai ba bon nam sau",
        "không, chín, tám, tám, một, hai, ba, tư, lăm, sáu",
        "0 chín 8 tám 1 hai 3 bốn 5 sáu",
        "09 tám tám một 2 3 bốn 5 sáu",
        "O chín tám tám 123456",
        "không chín tám tám linh một hai ba bốn năm sáu",
        "không 988 123 456",
    ],
)
def test_one_number_in_every_spelling(written: str) -> None:
    assert values("phone", f"LH {written} nhé") == {ONE}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("không chín linh ba một hai ba bốn năm sáu", "+84903123456"),
        ("không chín lẻ ba một hai ba bốn năm sáu", "+84903123456"),
        ("0168 812 3456", "+84388123456"),
        ("0120.812.3456", "+84708123456"),
        ("0123 812 3456", "+84838123456"),
        ("0199.812.3456", "+84598123456"),
        ("+84 168 812 3456", "+84388123456"),
        ("024 3825 4321", "+842438254321"),
        ("(028) 3825-4321", "+842838254321"),
        ("+84 24 3825 4321", "+842438254321"),
        ("+855 96 123 4567", "+855961234567"),
        ("0063 917 123 4567", "+639171234567"),
        ("+1 (202) 456-1111", "+12024561111"),
        ("tổng đài 1900 1234", "+8419001234"),
        ("hotline 1800.1090", "+8418001090"),
        ("gọi 1900 5454 13", "+841900545413"),
        ("CSKH: 18001091 (0đ)", "+8418001091"),
    ],
)
def test_old_fixed_foreign_and_hotline_numbers(written: str, value: str) -> None:
    assert values("phone", f"Xin {written} để biết thêm") == {value}


@pytest.mark.parametrize(
    "written",
    [
        "12345678",
        "1.000.000.000 đồng",
        "0988123456đ",
        "0988 123 456 VND",
        "0.912.345.678 đồng",
        "28/02/2024 10:22",
        "09-12-2024 15:30",
        "09.12.2024 15 giờ",
        "09 12 2024 15",
        "từ 1900-1954 đến 1800-1890",
        "giá 1900.000 hay 18001900",
        "CCCD 079095012345",
        "CCCD 079 095 012 345",
        "CMND: 098812345",
        "mã đơn hàng 0988123456",
        "Mã vận đơn: 0988123456",
        "order #0988123456",
        "ma giao dich 0988123456",
        "MST: 0316123456",
        "Mã số thuế: 0988123456",
        "Zoom ID: 098 8123 456",
        "v0988123456x",
        "a0988123456@b.vn",
        "https://x.vn/0988123456",
        "https://web.zoom.us/j/84853187652",
        "không năm nào có một hai ba bốn tin vui như năm sáu năm trước",
        "không ba không bốn",
    ],
)
def test_other_figures_and_words_are_no_phones(written: str) -> None:
    assert not values("phone", written)


def test_several_in_a_row_are_all_found() -> None:
    text = "SĐT: 0912.345.678 - 0912.345.679 / 0912345680, 0912 345 681; 0912-345-682|0912345683"
    assert values("phone", text) == {f"+849123456{number}" for number in range(78, 84)}


def test_a_comrade_is_no_money() -> None:
    assert values("phone", "0988123456 đồng chí Nam trực") == {ONE}


def test_a_messenger_named_beside_a_number_is_an_account_there() -> None:
    assert found("Zalo/Viber: 0988.123.456") == {("phone", ONE), ("zalo", ONE), ("viber", ONE)}
    assert found("ĐT 0988123456 (Zalo)") == {("phone", ONE), ("zalo", ONE)}
    assert found("WhatsApp +855 96 123 4567") == {("phone", "+855961234567"), ("whatsapp", "+855961234567")}
    both = found("Zalo 0988123456 Viber 0988123457")
    assert both == {("phone", ONE), ("zalo", ONE), ("phone", "+84988123457"), ("viber", "+84988123457")}
    assert found("hotline zalo 1900 1234") == {("phone", "+8419001234")}


def test_hotlines_are_kept_apart() -> None:
    assert is_hotline("+8419001234")
    assert is_hotline("+8418001090")
    assert not is_hotline(ONE)


def test_only_vietnamese_numbers_where_only_they_are_meant() -> None:
    assert vietnamese_phone("+855 96 123 4567") is None
    assert vietnamese_phone("0988123456") == ONE


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True), st.data())
def test_signs_between_figures_change_nothing(number: str, data: st.DataObject) -> None:
    plain = phone_in_e164(number)
    signs = data.draw(st.lists(st.sampled_from(["", " ", ".", "-", " - ", "🔥", "_", "·"]), min_size=9, max_size=9))
    written = number[0] + "".join(sign + figure for sign, figure in zip(signs, number[1:], strict=True))
    assume(plain is not None)
    assert plain in values("phone", f"gọi {written} ngay")


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True), st.randoms(use_true_random=False))
def test_figures_as_words_change_nothing(number: str, draw: random.Random) -> None:
    words = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
    assume(phone_in_e164(number) is not None)
    said = [words[0], words[int(number[1])], *(draw.choice((words[int(figure)], figure)) for figure in number[2:])]
    assert values("phone", " ".join(said)) == {f"+84{number[1:]}"}
