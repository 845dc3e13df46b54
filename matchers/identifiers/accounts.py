"""Bank accounts and e-wallets: figures near the name of a bank, and a word or a place that says what they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from matchers.hosts.brands import BrandIndex
from matchers.identifiers.banks import Bank, bank_names
from matchers.identifiers.phones import vietnamese_phone
from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier
from matchers.text.normalise import fold_text

_ACCOUNT: Final = re.compile(r"(?<![0-9A-Za-z.,/+])[0-9]{2,19}(?:[ .-][0-9]{2,8}){0,6}(?![0-9A-Za-z]|[.,][0-9])")
_CUE: Final = re.compile(
    r"\b(?:s?tk|so tai khoan|tai khoan|so tk|chuyen khoan|chuyen tien|nop tien|nap tien|ck|account|acc|a/c|bank)\b"
)
_NOT_ACCOUNT: Final = re.compile(
    r"(?:sdt|so dien thoai|dien thoai|hotline|zalo|viber|whatsapp|lh|lien he|goi|cmnd|cmt|cccd|can cuoc|mst|ma so thue"
    r"|tel|dd|tong dai|ma don(?: hang)?|ma giao dich|ma van don|so tien|gia)[ :.]{0,4}$"
)
_REACH: Final = 60  # characters between an account number and the bank's name beside it
_BESIDE: Final = 12  # characters within which a bank's name before a number is enough
_FEWEST_DIGITS: Final = 6
_MOST_DIGITS: Final = 19  # VietQR, data object 38-01-01


def find_accounts(
    text: str, start: int, end: int, brands: BrandIndex, taken: Collection[tuple[int, int]]
) -> Iterator[Sighting]:
    """Accounts between `start` and `end` of `text`. `taken` are places of phones: an account only where it says so."""
    names = None
    for match in _ACCOUNT.finditer(text, start, end):
        digits = re.sub(r"[^0-9]", "", match.group())
        if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
            continue
        before = fold_text(text[max(0, match.start() - _REACH) : match.start()])
        if _NOT_ACCOUNT.search(before):
            continue
        names = bank_names(brands) if names is None else names
        after = fold_text(text[match.end() : match.end() + _REACH])
        banks_before, banks_after = names.find(before), names.find(after)
        has_cue = _CUE.search(before) is not None
        beside = banks_before[-1][2] if banks_before and len(before) - banks_before[-1][1] <= _BESIDE else None
        is_phone = (match.start(), match.end()) in taken
        if not has_cue and (beside is None or (is_phone and not beside.is_wallet)):
            continue
        bank = _nearest(before, banks_before, banks_after)
        if bank is not None:
            yield Sighting(account_at(bank, digits), match.start(), match.end(), match.group())


def _nearest(
    before: str, banks_before: list[tuple[int, int, Bank]], banks_after: list[tuple[int, int, Bank]]
) -> Bank | None:
    if banks_after and (not banks_before or banks_after[0][0] <= len(before) - banks_before[-1][1]):
        return banks_after[0][2]
    return banks_before[-1][2] if banks_before else None


def account_at(bank: Bank, number: str) -> Identifier:
    """The account `number` at a bank; at an e-wallet, the wallet, whose number is a phone's as it is dialled at home.

    >>> account_at(Bank("momo", "MoMo", is_wallet=True), "+84912345678")
    Identifier(kind='wallet', value='MOMO:0912345678')
    """
    if not bank.is_wallet:
        return Identifier("bank_account", bank.account(number))
    phone = vietnamese_phone(number)
    return Identifier("wallet", bank.account(number if phone is None else f"0{phone[3:]}"))
