"""Payment codes made for tests, as EMVCo's merchant-presented form and NAPAS' use of it have them."""

from __future__ import annotations

import binascii


def data_object(name: str, value: str) -> str:
    """One data object: its name, its length in characters, its value."""
    return f"{name}{len(value):02}{value}" if value else ""


def sealed(body: str) -> str:
    """A payload with its checksum."""
    covered = f"{body}6304"
    return f"{covered}{binascii.crc_hqx(covered.encode('utf-8'), 0xFFFF):04X}"


def vietqr(
    bank_bin: str = "970436",
    account: str = "0071000999888",
    *,
    service: str = "QRIBFTTA",
    amount: str = "",
    purpose: str = "",
    merchant_name: str = "",
    bill: str = "",
    method: str = "11",
    currency: str = "704",
    template: str = "38",
) -> str:
    """A VietQR payload."""
    receiver = data_object("00", bank_bin) + data_object("01", account)
    service_account = data_object("00", "A000000727") + data_object("01", receiver) + data_object("02", service)
    additional = data_object("01", bill) + data_object("08", purpose)
    return sealed(
        data_object("00", "01")
        + data_object("01", method)
        + data_object(template, service_account)
        + data_object("53", currency)
        + data_object("54", amount)
        + data_object("58", "VN")
        + data_object("59", merchant_name)
        + data_object("62", additional)
    )


def vnpay(merchant: str) -> str:
    """A VNPAY-QR payload of a shop."""
    account = data_object("00", "A000000775") + data_object("01", merchant)
    return sealed(
        data_object("00", "01")
        + data_object("01", "11")
        + data_object("26", account)
        + data_object("53", "704")
        + data_object("58", "VN")
        + data_object("59", "QUAN COM")
    )
