"""Telephone numbers in every spelling: parted, disguised, old, abroad, hotlines.

Every number is checked with `phonenumbers`, mobile numbers of eleven figures are read as what they became on
15 September 2018 (decision 798/QĐ-BTTTT: 0162 to 0169 became 032 to 039, and so on).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import phonenumbers

from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier
from matchers.text.normalise import fold_text

SEPARATORS: Final = (
    " .\\-()>_*~|\u00a0\u00b7\u00d7\u2000-\u2bff\u3000-\u303f\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
"""What stands between the figures of one number, as inside of a character class: signs, spaces, emoji, key caps."""

_PHONE: Final = re.compile(
    rf"(?<![0-9A-Za-z@=+])(?:\+?\(?84\)?|\(?00[ .]?84\)?|0|O|o|\(0)"
    rf"(?:[{SEPARATORS}]{{0,3}}[0-9OoIl]){{8,11}}(?![0-9A-Za-z@])"
)
_FOREIGN: Final = re.compile(r"(?<![0-9A-Za-z])(?:\+|00)[1-9](?:[ .\-()]{0,2}[0-9]){7,13}(?![0-9A-Za-z])")
_HOTLINE: Final = re.compile(r"(?<![0-9A-Za-z.,/+\-])1[89]00(?:[ .\-]{0,2}[0-9]){4,6}(?![0-9A-Za-z]|[.,\-][0-9])")
_LETTERS: Final = str.maketrans("OoIl", "0011")
_NO_FIGURE: Final = re.compile(r"[^0-9+]")
_RENUMBERED: Final = {
    **{f"16{figure}": f"3{figure}" for figure in "23456789"},
    **{"120": "70", "121": "79", "122": "77", "126": "76", "128": "78"},
    **{"123": "83", "124": "84", "125": "85", "127": "81", "129": "82"},
    **{"186": "56", "188": "58", "199": "59"},
}
"""National prefixes of mobile numbers before 15 September 2018, to what they became."""
_OLD_DIGITS: Final = 10
_VIETNAM: Final = 84
_HOTLINES: Final = ("+841800", "+841900")

_DATE: Final = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[ .\-](?:0?[1-9]|1[0-2])[ .\-](?:19|20)[0-9]{2}(?![0-9])")
_MONEY_AFTER: Final = re.compile(
    r"\s{0,2}(?:đ|₫|vnđ|vnd|usd|đồng(?!\s+(?:chí|hồ|nai|tháp))|dong|triệu|tỷ|tỉ)(?!\w)", re.I
)
_NO_PHONE_BEFORE: Final = re.compile(
    r"\b(?:ma (?:(?:van )?don(?: hang)?|giao dich|ho so|khach hang|hop dong|otp|san pham|so thue|so doanh nghiep)"
    r"|don hang"
    r"|m\.?s\.?t|order|invoice|hoa don|so du|cccd|cmnd|cmt|can cuoc|chung minh(?: thu)?|zoom(?: meeting)?(?: id)?"
    r"|meeting(?: id)?|isbn|imei|serial)(?: (?:so|la))?[ :#.-]{0,6}$"
)
_HOTLINE_CUE: Final = re.compile(
    r"\b(?:tong ?dai|hotline|goi|lien he|dien thoai|s?dt|lh|tel|call|cskh|cham soc|ho tro|ht)\b.{0,24}$"
)
_REACH: Final = 32  # characters before a number in which a word may say what it is
_SHORT_HOTLINE: Final = 8  # figures: as many as two years have, so that it needs a word beside it

_DIGIT_WORDS: Final = {
    word: digit
    for digit, words in {
        "0": "không khong hông zero",
        "1": "một mot mốt",
        "2": "hai",
        "3": "ba",
        "4": "bốn bon tư tu",
        "5": "năm nam lăm lam",
        "6": "sáu sau",
        "7": "bảy bay bẩy",
        "8": "tám tam",
        "9": "chín chin",
        "-": "linh lẻ",
    }.items()
    for word in words.split()
}
_SAID: Final = r"(?:kh[oô]ng|m[ộo]t|hai|ba|b[ốo]n|t[ưu]|n[ăa]m|s[áa]u|b[ảaẩ]y|t[áa]m|ch[íi]n|linh|lẻ)(?!\w)"
# Each opens with plain letters, which makes the search for it cheap.
_SPOKEN_STARTS: Final = (
    re.compile(rf"kh[oô]ng(?=[ .,\-_/]{{1,3}}(?:[0-9]|{_SAID}))"),
    re.compile(rf"0(?=[0-9 .,\-_]{{1,12}}{_SAID})"),
    re.compile(r"o(?= ?ch[íi]n )"),
)
_SPOKEN: Final = re.compile(
    r"[ .,\-_/]{0,3}([0-9]|" + "|".join(sorted(_DIGIT_WORDS, key=len, reverse=True)) + r")(?![^\W\d_])"
)
_MOST_SPOKEN: Final = 16  # words and figures of one number, "linh" included
_FEWEST_DIGITS: Final = 10  # of a number with its nought


@lru_cache(maxsize=4096)
def phone_in_e164(written: str) -> str | None:
    """A telephone number in E.164, or None where it is not one; Vietnamese unless it starts with another country's.

    >>> phone_in_e164("O9.88 123 456"), phone_in_e164("84912345678"), phone_in_e164("0168 812 3456")
    ('+84988123456', '+84912345678', '+84388123456')
    >>> phone_in_e164("123"), phone_in_e164("+855 96 123 4567")
    (None, '+855961234567')
    """
    digits = _NO_FIGURE.sub("", written.translate(_LETTERS))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("84") and len(digits) in (11, 12):
        digits = "+" + digits
    if digits.startswith("840"):
        digits = "+84" + digits[3:]
    if digits.startswith("+840"):
        digits = "+84" + digits[4:]
    digits = _renumbered(digits)
    try:
        number = phonenumbers.parse(digits, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _renumbered(digits: str) -> str:
    national = digits[3:] if digits.startswith("+84") else digits[1:] if digits.startswith("0") else ""
    if len(national) != _OLD_DIGITS or national[:3] not in _RENUMBERED:
        return digits
    return f"+84{_RENUMBERED[national[:3]]}{national[3:]}"


def vietnamese_phone(written: str) -> str | None:
    """As `phone_in_e164`, of Vietnamese numbers alone."""
    value = phone_in_e164(written)
    return value if value is not None and value.startswith(f"+{_VIETNAM}") else None


def is_hotline(value: str) -> bool:
    """Whether a number in E.164 is a company's 1800 or 1900 number, and nobody's own.

    >>> is_hotline("+8419001234"), is_hotline("+84988123456")
    (True, False)
    """
    return value.startswith(_HOTLINES)


def find_phones(text: str, start: int, end: int) -> Iterator[Sighting]:
    """Numbers written in figures between `start` and `end` of `text`."""
    last = -1
    for match in _PHONE.finditer(text, start, end):
        if not _may_follow(text, match.start(), last):
            continue
        value = vietnamese_phone(match.group())
        if value is None or is_hotline(value) or _is_something_else(text, match.start(), match.end()):
            continue
        last = match.end()
        yield Sighting(Identifier("phone", value), match.start(), match.end(), match.group())
    if text.find("+", start, end) >= 0 or text.find("00", start, end) >= 0:
        yield from _foreign(text, start, end)
    if text.find("1800", start, end) >= 0 or text.find("1900", start, end) >= 0:
        yield from _hotlines(text, start, end)


def _may_follow(text: str, start: int, last: int) -> bool:
    """Whether a number may stand here: not inside of another figure, date, path or address."""
    before = text[start - 1 : start]
    if before not in ("/", "-") or not before:
        return True
    return last == start - 1 or (text[start - 2 : start - 1].isalpha() and "." not in _word_before(text, start - 1))


def _word_before(text: str, end: int) -> str:
    return text[max(end - _REACH, 0) : end].rpartition(" ")[2]


def _is_something_else(text: str, start: int, end: int) -> bool:
    """Whether it is a date, a price, or a code by the words before it."""
    return (
        _DATE.match(text, start) is not None
        or _MONEY_AFTER.match(text, end) is not None
        or _NO_PHONE_BEFORE.search(_said_before(text, start)) is not None
    )


def _said_before(text: str, start: int) -> str:
    return fold_text(text[max(start - _REACH, 0) : start])


def _foreign(text: str, start: int, end: int) -> Iterator[Sighting]:
    for match in _FOREIGN.finditer(text, start, end):
        value = phone_in_e164(match.group())
        if value is not None and not value.startswith(f"+{_VIETNAM}"):
            yield Sighting(Identifier("phone", value), match.start(), match.end(), match.group())


def _hotlines(text: str, start: int, end: int) -> Iterator[Sighting]:
    for match in _HOTLINE.finditer(text, start, end):
        value = vietnamese_phone(match.group())
        if value is None or _is_something_else(text, match.start(), match.end()):
            continue
        is_short = len(value) - len("+84") <= _SHORT_HOTLINE
        if is_short and not _HOTLINE_CUE.search(_said_before(text, match.start())):
            continue
        yield Sighting(Identifier("phone", value), match.start(), match.end(), match.group())


def find_spoken_phones(text: str, lowered: str) -> Iterator[Sighting]:
    """Numbers written as words, or half so: "không chín tám tám…", "0 chín 8 tám…". `lowered` is `text` in lower case.

    "linh" and "lẻ" stand for a nought, or for nothing, whichever makes it a number.
    """
    for pattern in _SPOKEN_STARTS:
        last = 0
        for begin in pattern.finditer(lowered):
            if begin.start() < last or lowered[begin.start() - 1 : begin.start()].isalnum():
                continue
            found = _spoken(lowered, begin.end(), int(begin.group()[0] == "k"))
            if found is not None:
                value, last = found
                yield Sighting(Identifier("phone", value), begin.start(), last, text[begin.start() : last])


def _spoken(lowered: str, start: int, words: int) -> tuple[str, int] | None:
    """The number whose nought ends at `start`, and its end; None where it is none. `words` counts those up to there."""
    digits, places = ["0"], [start]
    while len(digits) < _MOST_SPOKEN and (match := _SPOKEN.match(lowered, places[-1])):
        said = match.group(1)
        words += not said.isdigit()
        digits.append(said if said.isdigit() else _DIGIT_WORDS[said])
        places.append(match.end())
    if not words:
        return None
    for size in range(len(digits), _FEWEST_DIGITS - 1, -1):
        spoken = "".join(digits[:size])
        for reading in dict.fromkeys((spoken.replace("-", "0"), spoken.replace("-", ""))):
            value = vietnamese_phone(reading)
            if value is not None:
                return value, places[size - 1]
    return None
