"""Bank accounts and e-wallets near a name, and what stands there without being one."""

from __future__ import annotations

import pytest

from tests.matchers.identifiers.material import found


def accounts(text: str) -> set[tuple[str, str]]:
    return {one for one in found(text) if one[0] in ("bank_account", "wallet")}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("STK 0123 4567 8901 Vietcombank Nguyễn Văn A", "bank_account", "VIETCOMBANK:012345678901"),
        ("chuyển khoản Techcombank 19031234567890", "bank_account", "TECHCOMBANK:19031234567890"),
        ("Số tài khoản: 102030405060 - VietinBank", "bank_account", "VIETINBANK:102030405060"),
        ("Số TK 0011.00.1932418, ngân hàng Ngoại Thương", "bank_account", "VIETCOMBANK:0011001932418"),
        ("ngân hàng Á Châu: 123456789", "bank_account", "ACB:123456789"),
        ("NH TMCP Quân Đội, stk: 0988123456 Nguyen Van A", "bank_account", "MBBANK:0988123456"),
        ("Ngân hàng TMCP Lộc Phát\nSố tài khoản: 001122334455", "bank_account", "LPBANK:001122334455"),
        ("Chủ TK: TRAN VAN B\nSTK: 9876543210\nNgân hàng: OCB", "bank_account", "OCB:9876543210"),
        ("Vikki Bank - stk 1234567890", "bank_account", "VIKKIBANK:1234567890"),
        ("Timo: 9021234567890", "bank_account", "TIMO:9021234567890"),
        ("nạp qua acb 12345678", "bank_account", "ACB:12345678"),
        ("STK MoMo 0912345678", "wallet", "MOMO:0912345678"),
        ("Momo: 0912.345.678", "wallet", "MOMO:0912345678"),
        ("ví ZaloPay +84 912 345 678", "wallet", "ZALOPAY:0912345678"),
        ("Viettel Money 0912345678", "wallet", "VIETTELMONEY:0912345678"),
    ],
)
def test_an_account_in_its_spellings(text: str, kind: str, value: str) -> None:
    assert accounts(text) == {(kind, value)}


def test_each_number_of_a_list_goes_to_its_own_bank() -> None:
    listed = "Số tài khoản: - 111135888888 tại Vietinbank. - 9998887776665 tại Vietcombank. - 8631088888 tại BIDV"
    assert accounts(listed) == {
        ("bank_account", "VIETINBANK:111135888888"),
        ("bank_account", "VIETCOMBANK:9998887776665"),
        ("bank_account", "BIDV:8631088888"),
    }
    named_first = "Tài khoản: Vietcombank: 0071000999888; ACB: 123456789; MB: 0988123456789"
    assert accounts(named_first) == {
        ("bank_account", "VIETCOMBANK:0071000999888"),
        ("bank_account", "ACB:123456789"),
        ("bank_account", "MBBANK:0988123456789"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "mã đơn hàng 102030405060",
        "mã giao dịch Vietcombank: 102030405060",
        "TK ViettelPay 9704...1278 GD +10,000 VND luc 2023-02-07 19:38:53",
        "TK BIDV cua ban luc 03-01-2023 10:51:52",
        "thẻ VCB Visa 452404...6779 dùng tại quán",
        "Vietcombank hỗ trợ 1900 5454 13",
        "chuyển khoản 1.000.000.000 đồng vào VCB",
        "VietinBank lãi 6,5%/năm, vốn 53.700 tỷ đồng năm 2023",
        "tổng đài ACB 1900545486",
        "BIDV có 1.000 điểm giao dịch, gọi 0988123456",
        "lời khai về tài khoản của ngân hàng, CCCD 079095012345",
    ],
)
def test_other_figures_near_a_bank_are_no_accounts(text: str) -> None:
    assert not accounts(text)
