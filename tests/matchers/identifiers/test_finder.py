"""Identifiers in every spelling, normalised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.hosts.brands import BUILT_IN_BRANDS, BrandIndex, read_brands
from matchers.identifiers.coins import is_base58check, is_bech32
from matchers.identifiers.finder import find_identifiers
from matchers.identifiers.phones import phone_in_e164
from matchers.match import Identifier

BRANDS = BrandIndex(tuple(read_brands(BUILT_IN_BRANDS)[0]))


def found(text: str, *contacts: str) -> set[tuple[str, str]]:
    return {(sight.identifier.kind, sight.identifier.value) for sight in find_identifiers(text, BRANDS, contacts)}


@pytest.mark.parametrize(
    "written",
    [
        "0988123456",
        "0988.123.456",
        "+84 988 123 456",
        "84988123456",
        "O9.88 123 456",
        "(+84)988-123-456",
        "0 9 8 8 1 2 3 4 5 6",
    ],
)
def test_one_phone_in_every_spelling(written: str) -> None:
    assert ("phone", "+84988123456") in found(f"LH {written} nhé")


@pytest.mark.parametrize(
    "written", ["12345678", "1.000.000.000 đồng", "28/02/2024 10:22", "CCCD 079095012345", "v0988123456x"]
)
def test_other_figures_are_no_phones(written: str) -> None:
    assert not [kind for kind, _ in found(written) if kind == "phone"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("STK 0123 4567 8901 Vietcombank Nguyễn Văn A", "bank_account", "VIETCOMBANK:012345678901"),
        ("chuyển khoản Techcombank 19031234567890", "bank_account", "TECHCOMBANK:19031234567890"),
        ("Số tài khoản: 102030405060 - VietinBank", "bank_account", "VIETINBANK:102030405060"),
        ("STK MoMo 0912345678", "wallet", "MOMO:0912345678"),
        ("ví TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "wallet", "TRON:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        ("btc 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "wallet", "BTC:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        (
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "wallet",
            "BTC:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        ),
        (
            "0xdAC17F958D2ee523a2206206994597C13D831ec7",
            "wallet",
            "ETH:0xdac17f958d2ee523a2206206994597c13d831ec7",
        ),
        ("zalo.me/84918759421", "zalo", "+84918759421"),
        ("Zalo: 0708922540", "zalo", "+84708922540"),
        ("vào nhóm https://zalo.me/g/abcdef123", "zalo", "g/abcdef123"),
        ("t.me/VayNhanh24h", "telegram", "vaynhanh24h"),
        ("tele: @HoTroVay", "telegram", "hotrovay"),
        ("https://www.facebook.com/vay.nhanh.uytin", "facebook", "vay.nhanh.uytin"),
        ("m.me/vaynhanh", "facebook", "vaynhanh"),
        ("Gửi về Ho.So@Gmail.com.", "email", "ho.so@gmail.com"),
    ],
)
def test_each_kind(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


def test_checksums_are_held() -> None:
    assert not is_base58check("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u")
    assert not is_bech32("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx")
    assert not found("ví TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u")


def test_an_account_needs_a_bank_beside_it() -> None:
    assert not [kind for kind, _ in found("mã đơn hàng 102030405060") if kind == "bank_account"]


def test_contacts_of_the_page_count() -> None:
    kinds = found("", "tel:+84%20901234567", "mailto:x@y.vn?subject=a", "https://zalo.me/0901234568")
    assert kinds == {
        ("phone", "+84901234567"),
        ("email", "x@y.vn"),
        ("zalo", "+84901234568"),
        ("phone", "+84901234568"),
    }


def test_shared_links_of_facebook_are_nobodys() -> None:
    assert not found("https://www.facebook.com/sharer/sharer.php?u=x")


def test_spans_hold_what_was_written() -> None:
    text = "Gọi ngay 0988.123.456 hoặc zalo.me/84918759421"
    for sight in find_identifiers(text, BRANDS):
        assert text[sight.start : sight.end].strip() == sight.quote.strip()
        assert sight.identifier == Identifier(sight.identifier.kind, sight.identifier.value)


@given(st.text(alphabet="0123456789OoIl +().-@/:tTzalomeb1cxyVCB", max_size=200))
def test_no_text_raises(text: str) -> None:
    find_identifiers(text, BRANDS, (text,))


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True))
def test_dots_and_country_code_change_nothing(number: str) -> None:
    plain = phone_in_e164(number)
    assert phone_in_e164(f"{number[:4]}.{number[4:7]}.{number[7:]}") == plain
    assert phone_in_e164(f"+84 {number[1:]}") == plain
