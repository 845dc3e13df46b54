"""Identifiers: the phones, accounts, wallets and handles by which fraudsters are reached and paid, normalised.

The same number written in any way (``O9.88 123 456``, ``+84 988123456``) gives an equal `Identifier`, so that hits
join. Phones are checked with `phonenumbers` (region VN), Bitcoin and TRON addresses by their Base58Check checksum
(BIP 13 / BIP 173 for bech32), bank accounts count only near the name of a bank.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import phonenumbers

from matchers.hosts.brands import BrandIndex
from matchers.match import Identifier
from matchers.text.normalise import fold_text


@dataclass(frozen=True, slots=True)
class Sighting:
    """An identifier where it was seen: half-open offsets into the text, or None for a contact link."""

    identifier: Identifier
    start: int
    end: int
    quote: str
    is_contact: bool = False


# Digits may be parted by dots, spaces or hyphens and written with letters that look like them.
# Where figures stand close enough together to be a number; the finer patterns look only there.
_FIGURES: Final = re.compile(r"[0-9](?:[ .\-()>_]{0,3}[0-9OoIl]){5,}")
_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z@/=+-])(?:\+?\(?84\)?|0|O|o|\(0)(?:[ .\-()>_]{0,3}[0-9OoIl]){8,10}(?![0-9A-Za-z])"
)
_PHONE_LETTERS: Final = str.maketrans("OoIl", "0011")
_ACCOUNT: Final = re.compile(r"(?<![0-9A-Za-z.,/+])[0-9]{2,19}(?:[ .-][0-9]{2,8})*(?![0-9A-Za-z]|[.,][0-9])")
_ACCOUNT_CUE: Final = re.compile(r"\b(?:s?tk|so tai khoan|tai khoan|chuyen khoan|ck|account|acc|a/c)\b")
_NOT_ACCOUNT: Final = re.compile(r"(?:sdt|dien thoai|hotline|zalo|lh|lien he|cmnd|cccd|mst|ma so thue|tel|dd)[ :.]*$")
_ACCOUNT_REACH: Final = 60  # characters between an account number and the bank's name beside it

_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])", re.I | re.A)
_TELEGRAM: Final = re.compile(r"(?:t\.me|telegram\.me|telegram\.dog)/(?:s/|joinchat/|\+)?([A-Za-z0-9_+-]{4,40})", re.I)
_TELEGRAM_AT: Final = re.compile(r"(?:\btele(?:gram)?|\btg)\b\s*[:\-]?\s*@([A-Za-z][A-Za-z0-9_]{4,31})", re.I)
_ZALO_LINK: Final = re.compile(r"(?:zalo\.me|chat\.zalo\.me)/(?:g/)?([A-Za-z0-9]{6,20})", re.I)
_ZALO_GROUP: Final = re.compile(r"zalo\.me/g/([A-Za-z0-9]{6,12})", re.I)
_FACEBOOK: Final = re.compile(
    r"(?:(?:www|m|vi-vn|web)\.)?(?:facebook|fb)\.com/(?:groups/|people/[^/\s]+/|profile\.php\?id=)?([A-Za-z0-9.]{4,60})"
    r"|\bm\.me/([A-Za-z0-9.]{4,60})",
    re.I,
)
_FACEBOOK_PAGES: Final = frozenset(
    (
        "sharer",
        "sharer.php",
        "share",
        "share.php",
        "plugins",
        "dialog",
        "login",
        "login.php",
        "groups",
        "people",
        "watch",
    )
)
"""Paths of facebook.com that are nobody's name."""
_WALLET: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:T[1-9A-HJ-NP-Za-km-z]{33}|0x[0-9a-fA-F]{40}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[ac-hj-np-z02-9]{11,71})(?![0-9A-Za-z])"
)
_SHORTEST_WALLET: Final = 26
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def find_identifiers(text: str, brands: BrandIndex, contacts: Iterable[str] = ()) -> list[Sighting]:
    """Every identifier in `text` (offsets point into it) and in the link targets `contacts`. Never raises."""
    found: list[Sighting] = []
    for figures in _FIGURES.finditer(text):
        start, end = max(figures.start() - 2, 0), figures.end()
        phones = list(_phones(text, start, end))
        found.extend(phones)
        found.extend(_accounts(text, start, end, brands, {(sight.start, sight.end) for sight in phones}))
    if max(map(len, text.split()), default=0) >= _SHORTEST_WALLET:
        found.extend(_wallets(text))
    if "@" in text:
        found.extend(_spans(text, _EMAIL, "email", str.lower))
        found.extend(_spans(text, _TELEGRAM_AT, "telegram", str.lower))
    found.extend(_handles(text))
    for contact in contacts:
        found.extend(_contact(contact))
    return _distinct(found)


def _distinct(found: Iterable[Sighting]) -> list[Sighting]:
    seen: dict[Identifier, Sighting] = {}
    for sight in found:
        seen.setdefault(sight.identifier, sight)
    return list(seen.values())


def _spans(text: str, pattern: re.Pattern[str], kind: str, normal: object) -> Iterator[Sighting]:
    for match in pattern.finditer(text):
        value = match.group(match.lastindex or 0).lower().rstrip(".")
        yield Sighting(Identifier(kind, value), match.start(), match.end(), match.group())


@lru_cache(maxsize=4096)
def phone_in_e164(written: str) -> str | None:
    """A Vietnamese phone number in E.164, or None where it is not one.

    >>> phone_in_e164("O9.88 123 456"), phone_in_e164("84912345678"), phone_in_e164("123")
    ('+84988123456', '+84912345678', None)
    """
    digits = re.sub(r"[^0-9+]", "", written.translate(_PHONE_LETTERS))
    if digits.startswith("84") and len(digits) in (11, 12):
        digits = "+" + digits
    if digits.startswith("840"):
        digits = "+84" + digits[3:]
    if digits.startswith("+840"):
        digits = "+84" + digits[4:]
    try:
        number = phonenumbers.parse(digits, "VN")
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != 84 or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _phones(text: str, start: int, end: int) -> Iterator[Sighting]:
    for match in _PHONE.finditer(text, start, min(end + 1, len(text))):
        value = phone_in_e164(match.group())
        if value is not None:
            before = text[max(0, match.start() - 12) : match.start()].lower()
            kind = "zalo" if "zalo" in before else "phone"
            yield Sighting(Identifier("phone", value), match.start(), match.end(), match.group())
            if kind == "zalo":
                yield Sighting(Identifier("zalo", value), match.start(), match.end(), match.group())


def _bank_names(brands: BrandIndex) -> re.Pattern[str] | None:
    names = {label: brand.id for label, brand in brands.by_label.items() if brand.sector in ("bank", "e-wallet")}
    if not names:
        return None
    longest_first = sorted(names, key=lambda label: (-len(label), label))
    return re.compile(r"(?<![a-z0-9])(" + "|".join(map(re.escape, longest_first)) + r")(?![a-z0-9])")


_BANK_PATTERNS: Final[dict[int, tuple[BrandIndex, re.Pattern[str] | None]]] = {}


def _bank_pattern(brands: BrandIndex) -> re.Pattern[str] | None:
    kept = _BANK_PATTERNS.get(id(brands))
    if kept is None or kept[0] is not brands:
        _BANK_PATTERNS.clear()
        kept = _BANK_PATTERNS[id(brands)] = (brands, _bank_names(brands))
    return kept[1]


def _accounts(text: str, first: int, last: int, brands: BrandIndex, phones: set[tuple[int, int]]) -> Iterator[Sighting]:
    pattern = _bank_pattern(brands)
    if pattern is None:
        return
    for match in _ACCOUNT.finditer(text, first, min(last + 2, len(text))):
        digits = re.sub(r"[^0-9]", "", match.group())
        if not 6 <= len(digits) <= 19:
            continue
        start = max(0, match.start() - _ACCOUNT_REACH)
        before = fold_text(text[start : match.start()])
        after = fold_text(text[match.end() : match.end() + _ACCOUNT_REACH])
        cue = _ACCOUNT_CUE.search(before)
        if _NOT_ACCOUNT.search(before) or ((match.start(), match.end()) in phones and not cue):
            continue
        banks_before = list(pattern.finditer(before))
        bank_after = pattern.search(after)
        if not cue and not (banks_before and len(before) - banks_before[-1].end() <= 12):
            continue
        if bank_after and (not banks_before or bank_after.start() <= len(before) - banks_before[-1].end()):
            label = bank_after.group(1)
        elif banks_before:
            label = banks_before[-1].group(1)
        else:
            continue
        brand = brands.by_label[label]
        kind = "wallet" if brand.sector == "e-wallet" else "bank_account"
        value = f"{brand.id.upper()}:{digits}"
        yield Sighting(Identifier(kind, value), match.start(), match.end(), match.group())


def _wallets(text: str) -> Iterator[Sighting]:
    for match in _WALLET.finditer(text):
        written = match.group()
        if written.startswith("0x"):
            value = f"ETH:{written.lower()}"
        elif written.startswith("T"):
            if not is_base58check(written):
                continue
            value = f"TRON:{written}"
        elif written.startswith("bc1"):
            if not is_bech32(written):
                continue
            value = f"BTC:{written}"
        else:
            if not is_base58check(written):
                continue
            value = f"BTC:{written}"
        yield Sighting(Identifier("wallet", value), match.start(), match.end(), written)


def is_base58check(address: str) -> bool:
    """Whether the last four bytes are the double SHA-256 of the rest, as Bitcoin and TRON addresses have it."""
    number = 0
    for character in address:
        place = _BASE58.find(character)
        if place < 0:
            return False
        number = number * 58 + place
    zeros = len(address) - len(address.lstrip("1"))
    data = b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return len(data) == 25 and hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def is_bech32(address: str) -> bool:
    """Whether the checksum of a segwit address holds (BIP 173, and BIP 350 for later versions)."""
    human, _, rest = address.lower().rpartition("1")
    charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    values = [ord(letter) >> 5 for letter in human] + [0] + [ord(letter) & 31 for letter in human]
    for letter in rest:
        place = charset.find(letter)
        if place < 0:
            return False
        values.append(place)
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> bit) & 1 else 0
    return check in (1, 0x2BC830A3)


def _handles(text: str) -> Iterator[Sighting]:
    lowered = text.lower()
    if "t.me" in lowered or "telegram" in lowered:
        for match in _TELEGRAM.finditer(text):
            yield Sighting(Identifier("telegram", match.group(1).lower()), match.start(), match.end(), match.group())
    if "zalo.me" in lowered:
        yield from _zalo_links(text)
    if "facebook.com" in lowered or "fb.com" in lowered or "m.me/" in lowered:
        yield from _facebook(text)


def _zalo_links(text: str) -> Iterator[Sighting]:
    for match in _ZALO_LINK.finditer(text):
        handle = match.group(1)
        is_group = _ZALO_GROUP.search(match.group()) is not None
        value = f"g/{handle.lower()}" if is_group else phone_in_e164(handle) or handle.lower()
        yield Sighting(Identifier("zalo", value), match.start(), match.end(), match.group())
        if value.startswith("+"):
            yield Sighting(Identifier("phone", value), match.start(), match.end(), match.group())


def _facebook(text: str) -> Iterator[Sighting]:
    for match in _FACEBOOK.finditer(text):
        handle = (match.group(1) or match.group(2)).lower().rstrip(".")
        if handle not in _FACEBOOK_PAGES:
            yield Sighting(Identifier("facebook", handle), match.start(), match.end(), match.group())


def _contact(contact: str) -> Iterator[Sighting]:
    """Identifiers of one link target (tel:, mailto:, zalo.me, t.me and like)."""
    target = unquote(contact.strip())
    scheme, _, rest = target.partition(":")
    scheme = scheme.lower()
    sights: list[Sighting] = []
    if scheme in ("tel", "sms", "callto", "whatsapp"):
        value = phone_in_e164(rest.split("?")[0])
        if value is not None:
            sights.append(Sighting(Identifier("phone", value), 0, 0, contact))
    elif scheme == "mailto":
        for match in _EMAIL.finditer(rest):
            sights.append(Sighting(Identifier("email", match.group().lower()), 0, 0, contact))
    else:
        sights.extend(_handles(target))
    for sight in sights:
        yield Sighting(sight.identifier, 0, 0, contact, is_contact=True)
