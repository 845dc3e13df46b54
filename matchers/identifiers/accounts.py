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

_Named = tuple[int, int, Bank]
_ACCOUNT: Final = re.compile(
    r"(?:(?<![0-9A-Za-z.,/+])|(?<=\+)(?=84[ .]?[0-9]))[0-9]{2,19}(?:[ .-][0-9]{2,8}){0,6}(?![0-9A-Za-z]|[.,][0-9])"
)
_CUE: Final = re.compile(
    r"\b(?:s?tk|so tai khoan|tai khoan|so tk|chuyen khoan|chuyen tien|nop tien|nap tien|ck|account|acc|a/c|bank)\b"
)
_NOT_ACCOUNT: Final = re.compile(
    r"(?:sdt|so dien thoai|dien thoai|hotline|zalo|viber|whatsapp|lh|lien he|goi|cmnd|cmt|cccd|can cuoc|mst|ma so thue"
    r"|tel|dd|tong dai|cskh|ho tro|ma don(?: hang)?|ma giao dich|ma van don|so tien|gia|luc|ngay|gd|otp)[ :.+-]{0,4}$"
)
_CODE: Final = re.compile(
    r"\b(?:ma (?:giao dich|don(?: hang)?|van don|tham chieu|hop dong|ho so|khach hang|otp)|ref|so tien)\b"
    r"[^0-9.;\n]{0,30}$"
)
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}[ .-](?:0[1-9]|1[0-2])[ .-][0-3][0-9]|[0-3][0-9][ .-](?:0[1-9]|1[0-2])[ .-]20[0-9]{2}"
)
_MASKED: Final = re.compile(r"[.*xX\u2026]{2}|\u2026")
_HOTLINE: Final = re.compile(r"1[89]00(?:[0-9]{4}|[0-9]{6})")
# What may stand between a bank's name and a number that is an account there by that alone.
_LINK: Final = re.compile(r"(?:[ :.,()/|+-]|(?<![a-z])(?:so|sdt|stk|tk|vi|la|qua|cua|ngan hang)(?![a-z])){0,12}")
_AT_BANK: Final = re.compile(r"[ ,:(-]{0,4}(?:mo )?(?:tai|o|thuoc)(?![a-z])")
_BREAK: Final = re.compile(r"[.;\n]")
_BREAK_COSTS: Final = 20  # characters: a full stop parts a number from a bank as far as so many letters
_REACH: Final = 60  # characters between an account number and the bank's name beside it
_FEWEST_DIGITS: Final = 6
_MOST_DIGITS: Final = 19  # VietQR, data object 38-01-01


def find_accounts(
    text: str, start: int, end: int, brands: BrandIndex, taken: Collection[tuple[int, int]]
) -> Iterator[Sighting]:
    """Accounts between `start` and `end` of `text`. `taken` are places of phones: an account only where it says so."""
    names = None
    for match in _ACCOUNT.finditer(text, start, end):
        digits = re.sub(r"[^0-9]", "", match.group())
        if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or _is_something_else(text, match, digits):
            continue
        before = fold_text(text[max(0, match.start() - _REACH) : match.start()])
        if _NOT_ACCOUNT.search(before) or _CODE.search(before):
            continue
        names = bank_names(brands) if names is None else names
        after = fold_text(text[match.end() : match.end() + _REACH])
        banks_before, banks_after = names.find(before), names.find(after)
        beside = banks_before[-1][2] if banks_before and _LINK.fullmatch(before, banks_before[-1][1]) else None
        is_phone = (match.start(), match.end()) in taken
        if _CUE.search(before) is None and (beside is None or (is_phone and not beside.is_wallet)):
            continue
        bank = _nearest(before, after, banks_before, banks_after)
        if bank is not None:
            yield Sighting(account_at(bank, digits), match.start(), match.end(), match.group())


def _is_something_else(text: str, match: re.Match[str], digits: str) -> bool:
    """Whether it is a moment, the open part of a masked number, or a hotline."""
    return (
        _DATE.search(match.group()) is not None
        or _MASKED.match(text, match.end()) is not None
        or _HOTLINE.fullmatch(digits) is not None
    )


def _nearest(before: str, after: str, banks_before: list[_Named], banks_after: list[_Named]) -> Bank | None:
    """The bank that the number between `before` and `after` belongs to: that after "tại", else the nearer one."""
    if not banks_before or (banks_after and _AT_BANK.match(after)):
        return banks_after[0][2] if banks_after else None
    if not banks_after:
        return banks_before[-1][2]
    gaps = (before[banks_before[-1][1] :], after[: banks_after[0][0]])
    is_before_farther = _distance(gaps[0]) >= _distance(gaps[1])
    return banks_after[0][2] if is_before_farther else banks_before[-1][2]


def _distance(gap: str) -> int:
    return len(gap) + _BREAK_COSTS * (_BREAK.search(gap) is not None)


def account_at(bank: Bank, number: str) -> Identifier:
    """The account `number` at a bank; at an e-wallet, the wallet, whose number is a phone's as it is dialled at home.

    >>> account_at(Bank("momo", "MoMo", is_wallet=True), "+84912345678")
    Identifier(kind='wallet', value='MOMO:0912345678')
    """
    if not bank.is_wallet:
        return Identifier("bank_account", bank.account(number))
    phone = vietnamese_phone(number)
    return Identifier("wallet", bank.account(number if phone is None else f"0{phone[3:]}"))
