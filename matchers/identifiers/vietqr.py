"""VietQR: what a payment code says. EMVCo's merchant-presented form, with the accounts of NAPAS and of VNPAY in it.

Sources: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, version 1.1, and NAPAS' "Format of
QR codes for the service NAPAS FastFund 24/7 by VietQR", version 1.5. A payload is a row of data objects: two figures
of name, two of length, the value. The last is a CRC-16/CCITT-FALSE over all before it.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matchers.identifiers.banks import bank_of_bin

MAX_PAYLOAD_CHARACTERS: Final = 7089
"""What the largest QR code holds (ISO/IEC 18004, version 40-L, figures)."""
_FIRST: Final = "000201"
_CRC_HEAD: Final = "6304"
_NAPAS: Final = "A000000727"
_VNPAY: Final = "A000000775"
_TO_ACCOUNT, _TO_CARD = "QRIBFTTA", "QRIBFTTC"
_DONG: Final = "704"
_ACCOUNT_TEMPLATES: Final = tuple(f"{number:02}" for number in range(26, 52))
_BIN: Final = re.compile(r"[0-9]{6}")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z]{1,19}")
_MERCHANT: Final = re.compile(r"[0-9A-Za-z._\-]{1,40}")
_AMOUNT: Final = re.compile(r"[0-9]{1,13}(?:\.[0-9]{0,2})?")


@dataclass(frozen=True, slots=True)
class VietQR:
    """A transfer that a VietQR code asks for.

    `bank_bin` is the six digits of the bank at NAPAS, `bank` its id in `banks.csv` ("" where it is not there).
    `account` is the account's number, the card's where `is_card`, or a shop's id where `is_merchant`. `amount` is in
    dong, None where the payer fills it in. `purpose` is the text of the transfer, `reference` the bill or reference.
    """

    bank_bin: str
    bank: str
    account: str
    is_card: bool = False
    is_merchant: bool = False
    amount: int | None = None
    purpose: str = ""
    reference: str = ""
    merchant_name: str = ""
    city: str = ""
    is_dynamic: bool = False
    """Made for one payment, not to be used again."""


def parse_vietqr(payload: str) -> VietQR | None:
    """The transfer that `payload` asks for, or None where it is no VietQR code or is damaged. Never raises."""
    objects = payment_objects(payload)
    if objects is None or objects.get("53", _DONG) != _DONG:
        return None
    template = next((objects[name] for name in _ACCOUNT_TEMPLATES if _guid(objects.get(name, "")) == _NAPAS), None)
    account = None if template is None else _objects(template)
    if account is None:
        return None
    service = account.get("02", _TO_ACCOUNT)
    receiver = _objects(account.get("01", ""))
    if receiver is None:
        return None
    bank_bin, number = receiver.get("00", ""), receiver.get("01", "").strip()
    if not _BIN.fullmatch(bank_bin) or not _ACCOUNT.fullmatch(number):
        return None
    bank = bank_of_bin(bank_bin)
    additional = _objects(objects.get("62", "")) or {}
    return VietQR(
        bank_bin=bank_bin,
        bank="" if bank is None else bank.id,
        account=number,
        is_card=service == _TO_CARD,
        is_merchant=service not in (_TO_ACCOUNT, _TO_CARD),
        amount=_amount(objects.get("54", "")),
        purpose=additional.get("08", "").strip(),
        reference=(additional.get("01") or additional.get("05") or "").strip(),
        merchant_name=objects.get("59", "").strip(),
        city=objects.get("60", "").strip(),
        is_dynamic=objects.get("01") == "12",
    )


def vnpay_merchant(payload: str) -> str | None:
    """The merchant of a VNPAY-QR code, or None where it is none."""
    objects = payment_objects(payload)
    if objects is None:
        return None
    for name in _ACCOUNT_TEMPLATES:
        if _guid(objects.get(name, "")) == _VNPAY:
            merchant = (_objects(objects[name]) or {}).get("01", "").strip()
            return merchant if _MERCHANT.fullmatch(merchant) else None
    return None


def payment_objects(payload: str) -> Mapping[str, str] | None:
    """The data objects of a payment code by name, or None where it is none, or its checksum or lengths are wrong.

    Lengths count characters; some programs count bytes of UTF-8 where a name has marks, and are understood as well.
    """
    payload = payload.strip()
    if not payload.startswith(_FIRST) or len(payload) > MAX_PAYLOAD_CHARACTERS or payload[-8:-4] != _CRC_HEAD:
        return None
    if payload[-4:].upper() != f"{_crc(payload[:-4]):04X}":
        return None
    objects = _objects(payload)
    if objects is None:
        in_bytes = _objects(payload.encode("utf-8", "replace").decode("latin-1"))
        objects = in_bytes and {
            name: value.encode("latin-1").decode("utf-8", "replace") for name, value in in_bytes.items()
        }
    return objects


def _crc(covered: str) -> int:
    return binascii.crc_hqx(covered.encode("utf-8", "replace"), 0xFFFF)


def _objects(row: str) -> dict[str, str] | None:
    """The data objects of `row`, the first of each name; None where a length does not fit, or there is nothing."""
    found: dict[str, str] = {}
    place = 0
    while place < len(row):
        head = row[place : place + 4]
        if len(head) < 4 or not (head.isascii() and head.isdigit()):
            return None
        place += 4 + int(head[2:])
        if place > len(row):
            return None
        found.setdefault(head[:2], row[place - int(head[2:]) : place])
    return found or None


def _guid(template: str) -> str:
    return (_objects(template) or {}).get("00", "").upper() if template else ""


def _amount(written: str) -> int | None:
    return int(float(written)) or None if _AMOUNT.fullmatch(written) else None
