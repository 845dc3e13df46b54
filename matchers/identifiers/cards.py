"""Bank cards: numbers with a Luhn check digit whose first figures are a bank's or a card network's.

A card belongs to a citizen as often as to a fraudster, and its number is money. It is never kept or shown whole: the
value is its first six and last four figures, as on a receipt. Nothing else is kept, not a hash either: with ten figures
known, a hundred thousand guesses would undo it. Two cards with one value are one in 100,000 of a bank's cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stdnum import luhn

from matchers.identifiers.banks import bank_of_bin
from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier

_FIGURES: Final = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ .\-]?[0-9]){12,18}(?![0-9A-Za-z])")
_GROUPED: Final = re.compile(
    r"[0-9]{4}([ .\-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?|[0-9]{4}([ \-])[0-9]{6}\2[0-9]{5}"
)
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_CUE_BEFORE: Final = re.compile(
    r"thẻ|so the\b|\bcard|visa|master|napas|jcb|amex|american express|unionpay|\batm\b|credit|debit|tín dụng", re.I
)
_CUE_AFTER: Final = re.compile(r"\b(?:cvv2?|cvc|exp|hết hạn|hiệu lực|valid)\b", re.I)
_ACCOUNT_CUE: Final = re.compile(r"\bstk\b|tài\s*khoản|tai khoan|account|\ba/c\b", re.I)
_REACH: Final = 40  # characters around a number in which a word may say that it is a card's
_SHOWN: Final = (6, 4)
_HIDDEN: Final = "x"
# The ranges of the networks' own cards (ISO/IEC 7812), as (first figures, lengths).
_NETWORKS: Final = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|36|38"), (14,)),
    (re.compile(r"62"), (16, 17, 18, 19)),
    (re.compile(r"6011|65"), (16,)),
)
_DOMESTIC: Final = "9704"
_DOMESTIC_LENGTHS: Final = (16, 19)


def masked_card(number: str) -> str:
    """The value of an identifier for a card: the first six and last four of its figures.

    >>> masked_card("9704 3600 0000 0000 008")
    '970436xxxxxxxxx0008'
    """
    digits = _NO_DIGIT.sub("", number)
    first, last = _SHOWN
    return digits[:first] + _HIDDEN * (len(digits) - first - last) + digits[-last:]


def is_card(digits: str) -> bool:
    """Whether `digits` can be a card's number: a known range, its length, and the check digit (Luhn).

    >>> is_card("4111111111111111"), is_card("4111111111111112"), is_card("9999999999999995")
    (True, False, False)
    """
    if digits.startswith(_DOMESTIC):
        is_known = len(digits) in _DOMESTIC_LENGTHS and bank_of_bin(digits) is not None
    else:
        is_known = any(len(digits) in lengths and first.match(digits) for first, lengths in _NETWORKS)
    return is_known and bool(luhn.is_valid(digits))


def find_cards(text: str, start: int, end: int) -> Iterator[Sighting]:
    """Cards between `start` and `end` of `text`: of a Vietnamese bank, written in groups, or beside a word for it."""
    for match in _FIGURES.finditer(text, start, end):
        digits = _NO_DIGIT.sub("", match.group())
        if is_card(digits) and _is_meant(text, match, digits):
            value = masked_card(digits)
            yield Sighting(Identifier("card", value), match.start(), match.end(), value)


def _is_meant(text: str, match: re.Match[str], digits: str) -> bool:
    before = text[max(match.start() - _REACH, 0) : match.start()]
    if _CUE_BEFORE.search(before) or _CUE_AFTER.search(text[match.end() : match.end() + _REACH]):
        return True
    if _ACCOUNT_CUE.search(before):
        return False
    return digits.startswith(_DOMESTIC) or _GROUPED.fullmatch(match.group()) is not None


def without_cards(text: str) -> str:
    """`text`, as long as it was, with an x for all but the first six and last four figures of every card it shows.

    What people are shown is this; the records and the evidence keep what the page said.

    >>> without_cards("thẻ 4111 1111 1111 1111 nhé")
    'thẻ 4111 11xx xxxx 1111 nhé'
    """
    parts: list[str] = []
    last = 0
    for card in find_cards(text, 0, len(text)):
        shown = iter(card.quote)
        written = text[card.start : card.end]
        parts += (text[last : card.start], *(next(shown) if one.isdigit() else one for one in written))
        last = card.end
    return "".join((*parts, text[last:])) if parts else text
