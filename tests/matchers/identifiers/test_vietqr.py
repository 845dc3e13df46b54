"""VietQR payloads: what valid ones say, and that no other raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.identifiers.vietqr import VietQR, parse_vietqr, vnpay_merchant
from tests.matchers.identifiers.payloads import data_object, sealed, vietqr, vnpay

VALID = vietqr(amount="150000", purpose="Dong phi ho so 12", merchant_name="NGUYEN VAN A", bill="HD01", method="12")
_PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=25).map(str.strip)


def test_a_transfer_is_read_whole() -> None:
    assert parse_vietqr(VALID) == VietQR(
        bank_bin="970436",
        bank="vietcombank",
        account="0071000999888",
        amount=150_000,
        purpose="Dong phi ho so 12",
        reference="HD01",
        merchant_name="NGUYEN VAN A",
        is_dynamic=True,
    )


def test_a_card_a_shop_and_an_unknown_bank() -> None:
    card = parse_vietqr(vietqr(account="9704361234567890", service="QRIBFTTC"))
    assert card is not None
    assert (card.is_card, card.is_merchant) == (True, False)
    shop = parse_vietqr(vietqr(service="QRPUSH", account="SHOP01"))
    assert shop is not None
    assert (shop.is_card, shop.is_merchant) == (False, True)
    unknown = parse_vietqr(vietqr(bank_bin="999999"))
    assert unknown is not None
    assert (unknown.bank_bin, unknown.bank) == ("999999", "")


def test_other_templates_and_a_name_counted_in_bytes() -> None:
    assert parse_vietqr(vietqr(template="27")) == parse_vietqr(vietqr())
    name = "NGUYỄN VĂN Ả"
    written = vietqr(merchant_name="X" * len(name.encode())).removesuffix("")[:-8]
    in_bytes = sealed(written.replace("X" * len(name.encode()), name))
    found = parse_vietqr(in_bytes)
    assert found is not None
    assert found.merchant_name == name


@given(
    bank_bin=st.sampled_from(["970436", "970415", "970422", "546034", "971025", "000000"]),
    account=st.from_regex(r"[0-9A-Za-z]{1,19}", fullmatch=True),
    amount=st.integers(0, 10**12),
    purpose=_PRINTABLE,
    merchant_name=_PRINTABLE,
    service=st.sampled_from(["QRIBFTTA", "QRIBFTTC", "QRPUSH", "QRCASH"]),
    method=st.sampled_from(["11", "12"]),
)
def test_every_valid_payload_is_read_as_it_was_made(
    bank_bin: str, account: str, amount: int, purpose: str, merchant_name: str, service: str, method: str
) -> None:
    made = vietqr(
        bank_bin,
        account,
        service=service,
        amount=str(amount) if amount else "",
        purpose=purpose,
        merchant_name=merchant_name,
        method=method,
    )
    found = parse_vietqr(made)
    assert found is not None
    assert (found.bank_bin, found.account, found.amount) == (bank_bin, account, amount or None)
    assert (found.purpose, found.merchant_name) == (purpose, merchant_name)
    assert (found.is_card, found.is_dynamic) == (service == "QRIBFTTC", method == "12")


@given(place=st.integers(0, len(VALID) - 1), other=st.characters(min_codepoint=32, max_codepoint=126))
def test_one_changed_character_is_noticed(place: int, other: str) -> None:
    damaged = VALID[:place] + other + VALID[place + 1 :]
    assert damaged.upper() == VALID.upper() or parse_vietqr(damaged) is None


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    assert parse_vietqr(text) is None
    assert vnpay_merchant(text) is None


@given(st.text(alphabet="0123456789A", max_size=200))
def test_no_sealed_row_of_figures_raises(body: str) -> None:
    parse_vietqr(sealed(f"000201{body}"))
    vnpay_merchant(sealed(f"000201{body}"))


_OBJECTS = st.tuples(st.sampled_from(["26", "38", "51", "53", "54", "59", "62"]), st.text(max_size=60))


@given(st.lists(_OBJECTS, max_size=8))
def test_no_sealed_row_of_objects_raises(objects: list[tuple[str, str]]) -> None:
    body = "".join(data_object(name, value) for name, value in objects)
    payload = sealed(f"000201{body}".encode("utf-8", "replace").decode())
    parse_vietqr(payload)
    vnpay_merchant(payload)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "000201",
        VALID[:-1],
        VALID + "0",
        VALID[4:],
        sealed("000201"),
        sealed("00020138"),
        sealed("0002013899A000000727"),
        sealed("000201" + data_object("38", "0010A000000727")),
        vietqr(currency="840"),
        vietqr(bank_bin="97043"),
        vietqr(account=""),
        vietqr(account="00 71-000"),
        vnpay("0102030405"),
        "00020101" + "9" * 10_000_000,
    ],
    ids=lambda payload: payload[:24],
)
def test_what_is_no_transfer_is_none(payload: str) -> None:
    assert parse_vietqr(payload) is None


def test_an_odd_amount_is_left_to_the_payer() -> None:
    for amount in ("0", "-5", "1e9", "abc"):
        found = parse_vietqr(vietqr(amount=amount))
        assert found is not None
        assert found.amount is None
    found = parse_vietqr(vietqr(amount="25000.00"))
    assert found is not None
    assert found.amount == 25_000


def test_a_shop_of_vnpay() -> None:
    assert vnpay_merchant(vnpay("0102030405")) == "0102030405"
    assert vnpay_merchant(vnpay("a b")) is None
    assert vnpay_merchant(vietqr()) is None


def test_lower_case_checksum_is_one_too() -> None:
    payload = vietqr(account="1")
    assert payload[-4:].lower() != payload[-4:]
    assert parse_vietqr(payload[:-4] + payload[-4:].lower()) == parse_vietqr(payload)
