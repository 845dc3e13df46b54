"""What QR codes and link targets say of who is behind them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.identifiers.codes import find_in_code, link_in_code
from tests.matchers.identifiers.material import BRANDS, values
from tests.matchers.identifiers.payloads import vietqr, vnpay

PHONE = ("phone", "+84988123456")


def told(payload: str) -> set[tuple[str, str]]:
    return {(sight.identifier.kind, sight.identifier.value) for sight in find_in_code(payload, BRANDS)}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (vietqr(), {("bank_account", "VIETCOMBANK:0071000999888")}),
        (vietqr("970422", "0988123456"), {("bank_account", "MBBANK:0988123456")}),
        (vietqr("546034", "0988123456"), {("bank_account", "CAKE:0988123456")}),
        (vietqr("971025", "0988123456"), {("wallet", "MOMO:0988123456")}),
        (vietqr("999999", "123"), {("bank_account", "999999:123")}),
        (vietqr(service="QRPUSH", account="SHOP01"), {("merchant", "VIETCOMBANK:SHOP01")}),
        (vietqr(purpose="LH 0988123456"), {("bank_account", "VIETCOMBANK:0071000999888"), PHONE}),
        (vnpay("0102030405"), {("merchant", "VNPAY:0102030405")}),
        (
            "2|99|0988123456|NGUYEN VAN A|a@b.vn|0|0|50000|x",
            {("wallet", "MOMO:0988123456"), PHONE, ("email", "a@b.vn")},
        ),
        ("https://nhantien.momo.vn/0988123456", {("wallet", "MOMO:0988123456")}),
        (
            "https://img.vietqr.io/image/970436-0071000999888-print.png?amount=1",
            {("bank_account", "VIETCOMBANK:0071000999888")},
        ),
        ("https://img.vietqr.io/image/mbbank-0988123456.jpg", {("bank_account", "MBBANK:0988123456")}),
        ("https://qr.sepay.vn/img?bank=ACB&acc=123456789&amount=5", {("bank_account", "ACB:123456789")}),
        ("https://dl.vietqr.io/pay?app=mb&ba=0071000999888@vcb", {("bank_account", "VIETCOMBANK:0071000999888")}),
        ("tel:+84%20988%20123%20456", {PHONE}),
        ("TEL:0988123456", {PHONE}),
        ("SMSTO:0988123456:vay 24h", {PHONE}),
        ("mailto:Vay@Nhanh.vn?subject=x", {("email", "vay@nhanh.vn")}),
        ("https://zalo.me/0988123456", {("zalo", "+84988123456"), PHONE}),
        ("https://zaloapp.com/qr/p/1a2b3c4d5e6f", {("zalo", "p/1a2b3c4d5e6f")}),
        ("https://zalo.me/g/abcdef123", {("zalo", "g/abcdef123")}),
        ("https://t.me/vaynhanh", {("telegram", "vaynhanh")}),
        ("tg://resolve?domain=vaynhanh", {("telegram", "vaynhanh")}),
        ("tg://join?invite=AbCdEfGhIjKlMnOp", {("telegram", "+AbCdEfGhIjKlMnOp")}),
        ("https://wa.me/84988123456", {("whatsapp", "+84988123456"), PHONE}),
        ("viber://chat?number=%2B84988123456", {("viber", "+84988123456"), PHONE}),
        ("bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2?amount=1", {("wallet", "BTC:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")}),
        ("BEGIN:VCARD\nFN:A\nTEL;CELL:0988123456\nEMAIL:a@b.vn\nEND:VCARD", {PHONE, ("email", "a@b.vn")}),
        ("MECARD:N:A;TEL:0988123456;EMAIL:a@b.vn;;", {PHONE, ("email", "a@b.vn")}),
        ("Zalo ０９８８.123.456", {("zalo", "+84988123456"), PHONE}),
        ("https://vay.top/dang-ky", set()),
        ("otpauth://totp/a@b.vn?secret=0988123456", set()),
        ("079095012345|098812345|Nguyễn Văn A|01011990|Nam|Hà Nội|01012021", set()),
        ("WIFI:S:Quan;T:WPA;P:0988123456abc;;", set()),
        ("", set()),
    ],
)
def test_each_kind_of_code(payload: str, expected: set[tuple[str, str]]) -> None:
    assert told(payload) == expected


def test_what_is_told_is_a_contact_and_quotes_the_code() -> None:
    (sight,) = find_in_code(f" {vietqr()}\n", BRANDS)
    assert (sight.start, sight.end, sight.is_contact) == (0, 0, True)
    assert sight.quote == vietqr()


def test_a_card_in_a_code_is_masked_in_value_and_quote() -> None:
    (sight,) = find_in_code(vietqr(account="9704361234567890", service="QRIBFTTC"), BRANDS)
    assert (sight.identifier.kind, sight.identifier.value) == ("card", "970436xxxxxx7890")
    assert "9704361234567890" not in repr(sight)
    assert "970436xxxxxx7890" in sight.quote


@pytest.mark.parametrize(
    ("payload", "link"),
    [
        ("https://vay.top/a?b=c", "https://vay.top/a?b=c"),
        ("HTTPS://VAY.TOP", "HTTPS://VAY.TOP"),
        ("  http://vay.top\n", "http://vay.top"),
        ("URLTO:https://vay.top", "https://vay.top"),
        ("MEBKM:TITLE:Vay;URL:https://vay.top;;", "https://vay.top"),
        ("www.vay.top/a", "http://www.vay.top/a"),
        ("javascript:alert(1)", ""),
        ("vay.top", ""),
        (vietqr(), ""),
    ],
)
def test_the_address_a_code_leads_to(payload: str, link: str) -> None:
    assert link_in_code(payload) == link


def test_contacts_of_a_page_are_read_alike() -> None:
    assert values("whatsapp", "", "https://wa.me/84988123456") == {"+84988123456"}
    assert values("bank_account", "", "https://img.vietqr.io/image/VCB-0071000999888-qr_only.png") == {
        "VIETCOMBANK:0071000999888"
    }


@given(st.text(max_size=200))
def test_no_payload_raises(payload: str) -> None:
    find_in_code(payload, BRANDS)
    link_in_code(payload)


@pytest.mark.parametrize("unit", ["0", "https://t.me/", "BEGIN:VCARD\n", "@gmail.com ", "2|99|0988123456|", "\ud800"])
def test_a_payload_of_any_size_is_read_at_once(unit: str) -> None:
    started = time.process_time()
    find_in_code(unit * 300_000, BRANDS)
    assert time.process_time() - started < 1
